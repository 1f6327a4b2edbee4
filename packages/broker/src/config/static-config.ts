/** Reads the properties of a node: every key known, every value valid and supported, the rules between keys kept. */
import { brokerKeys } from './broker-keys.ts'
import { ConfigValues } from './config-values.ts'
import { constraints } from './constraint.ts'
import type { ConfigKey, ConfigValue } from './key.ts'
import { type KeyProblem, type ListenerSetup, listenerKeyNames, resolveListeners } from './listener.ts'
import { type Durability, millraceKeys } from './millrace-keys.ts'
import { ConfigError, type ConfigProblem } from './problem.ts'
import { singleNodeDefaults } from './single-node-defaults.ts'
import { judgeSupport } from './support.ts'
import { explainUnknownKey } from './unknown-key.ts'
import { formatValue, parseValue } from './value.ts'

export interface StaticConfig {
  readonly values: ConfigValues
  readonly setup: ListenerSetup
  readonly durability: Durability
  readonly notices: readonly string[]
  /** What was set, as written: what Kafka calls static broker configs. */
  readonly texts: ReadonlyMap<string, string>
}

/** Throws {@link ConfigError} with all problems. */
export function readStaticConfig(
  properties: ReadonlyMap<string, string>,
  lines: ReadonlyMap<string, number>,
): StaticConfig {
  const reader = new Reader()
  for (const [name, text] of properties) reader.read(name, text)
  reader.requireAll()
  const values = new ConfigValues(brokerKeys, reader.values)
  const setup = reader.checkTogether(values)
  if (reader.problems.length > 0 || setup === undefined) {
    throw new ConfigError(reader.problems.map((problem) => withPlace(problem, properties, lines)))
  }
  return {
    values,
    setup,
    durability: (reader.own.get('millrace.durability') ?? 'fsync') as Durability,
    notices: reader.notices,
    texts: reader.texts,
  }
}

class Reader {
  readonly values = new Map<string, ConfigValue>()
  readonly own = new Map<string, ConfigValue>()
  readonly texts = new Map<string, string>()
  readonly notices: string[] = []
  readonly problems: KeyProblem[] = []

  /** Takes one property, or a problem with it. */
  read(name: string, text: string): void {
    const own = millraceKeys.get(name)
    if (own !== undefined) {
      this.#take(own, text, this.own)
      return
    }
    const key = brokerKeys.get(name)
    if (key === undefined) {
      this.#reject(name, explainUnknownKey(name))
    } else if (key.isDynamicOnly) {
      this.#reject(name, `${name} can not be set in the file, only while the broker runs`)
    } else {
      this.texts.set(name, text)
      this.#take(key, text, this.values)
    }
  }

  #take(key: ConfigKey, text: string, target: Map<string, ConfigValue>): void {
    const parsed = parseValue(key, text)
    if (parsed.kind === 'problem') {
      this.#reject(key.name, parsed.message)
      return
    }
    const verdict = judgeSupport(key, parsed.value)
    if (verdict.kind === 'refused') {
      this.#reject(key.name, `${verdict.message}; its default is ${shownDefault(key)}`)
      return
    }
    // What a single node needs to say to Apache Kafka is no wish that goes unheard here.
    const isExpected = singleNodeDefaults.some(({ name, value }) => name === key.name && value === text)
    if (verdict.kind === 'notice' && !isExpected) this.notices.push(verdict.message)
    target.set(key.name, parsed.value)
  }

  requireAll(): void {
    for (const key of brokerKeys.values()) {
      if (!key.isRequired || this.texts.has(key.name)) continue
      this.#reject(key.name, `${key.name} must be set: it has no default`)
    }
    // As in Kafka, the older name always tells the same number.
    const nodeId = this.texts.get('node.id')
    if (nodeId !== undefined && !this.texts.has('broker.id') && this.values.has('node.id')) {
      this.texts.set('broker.id', nodeId)
      this.values.set('broker.id', this.values.get('node.id') as ConfigValue)
    }
  }

  /** Rules between keys. A rule about a key that has a problem already is not asked. */
  checkTogether(values: ConfigValues): ListenerSetup | undefined {
    const spoiled = new Set(this.problems.map(({ key }) => key))
    const isSound = (keys: readonly string[]) => keys.every((key) => !spoiled.has(key))
    for (const constraint of constraints) {
      const problem = isSound(constraint.keys) ? constraint.check(values) : undefined
      if (problem !== undefined) this.problems.push(problem)
    }
    if (!isSound(listenerKeyNames)) return undefined
    const { setup, problems } = resolveListeners(values)
    this.problems.push(...problems)
    return setup
  }

  #reject(key: string, message: string): void {
    this.problems.push({ key, message })
  }
}

const shownDefault = (key: ConfigKey): string => {
  const text = formatValue(key.type, key.default)
  if (text === null) return 'no value'
  return text === '' ? 'empty' : text
}

function withPlace(
  { key, message }: KeyProblem,
  properties: ReadonlyMap<string, string>,
  lines: ReadonlyMap<string, number>,
): ConfigProblem {
  const line = lines.get(key)
  const value = isSecret(key) ? undefined : properties.get(key)
  return { key, value, message, ...(line === undefined ? {} : { line }) }
}

/** Values of keys that nobody knows may be secrets too; their message does not show them, and here they stay out as well. */
const isSecret = (name: string): boolean =>
  !millraceKeys.has(name) && (brokerKeys.get(name)?.type ?? 'password') === 'password'
