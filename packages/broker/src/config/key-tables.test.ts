import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { brokerKeys } from './broker-keys.ts'
import { clientMetricsKeys } from './client-metrics-keys.ts'
import { documentationOf, documentedNames } from './documentation.ts'
import { groupKeys } from './group-keys.ts'
import type { ConfigKey, ConfigTable, ResourceKey } from './key.ts'
import { millraceKeys } from './millrace-keys.ts'
import { topicKeys } from './topic-keys.ts'

interface KafkaKey {
  readonly name: string
  readonly type: string
  readonly default: unknown
  readonly valid?: string
  readonly importance: string
  readonly update?: string
  readonly internal?: true
  readonly required?: true
  readonly dynamicOnly?: true
  readonly listenerScoped?: true
  readonly broker?: readonly string[]
}

const kafka = (file: string): KafkaKey[] =>
  JSON.parse(readFileSync(new URL(`../../test/vectors/config/${file}-keys.json`, import.meta.url), 'utf8'))

/** System folders are named in Kafka's list, and are Linux's here; 2^63-1 is text there. */
function shownDefault(key: ConfigKey): unknown {
  const { default: value, isRequired } = key
  if (isRequired) return '(required)'
  if (typeof value === 'bigint') return value > BigInt(Number.MAX_SAFE_INTEGER) ? String(value) : Number(value)
  if (key.name === 'log.dir') return ['<tmp>/kafka-logs']
  return key.name === 'sasl.kerberos.kinit.cmd' ? '<usr>/bin/kinit' : value
}

function asKafka(key: ConfigKey & Partial<ResourceKey>): KafkaKey {
  const sources = key.brokerSources?.map(({ name, factor }) => (factor === 1 ? name : `${name}*${factor}`)) ?? []
  return {
    name: key.name,
    type: key.type,
    default: shownDefault(key),
    ...(key.isRequired ? { required: true as const } : {}),
    ...(key.valid === undefined || key.valid.text === '' ? {} : { valid: key.valid.text }),
    importance: key.importance,
    ...(key.update === undefined ? {} : { update: key.update }),
    ...(key.isInternal ? { internal: true as const } : {}),
    ...(key.isDynamicOnly ? { dynamicOnly: true as const } : {}),
    ...(key.isListenerScoped ? { listenerScoped: true as const } : {}),
    ...(sources.length === 0 ? {} : { broker: sources }),
  }
}

/** Checks that no text can fail: it is never null. */
function withoutNullChecks({ valid, ...rest }: KafkaKey): KafkaKey {
  if (valid === undefined || valid === 'non-null string') return rest
  return { ...rest, valid: valid.replace(', may be null', '') }
}

describe.each<[string, ConfigTable, number]>([
  ['broker', brokerKeys, 363],
  ['topic', topicKeys, 34],
  ['group', groupKeys, 17],
  ['client-metrics', clientMetricsKeys, 3],
])('the %s keys', (file, table, count) => {
  it('are those of Apache Kafka 4.3.1: names, types, defaults, ranges, how they change', () => {
    expect(Array.from(table.values(), asKafka)).toEqual(kafka(file).map(withoutNullChecks))
    expect(table.size).toBe(count)
  })

  it('say what they do, or why they do nothing', () => {
    for (const key of table.values()) expect(documentationOf(key), key.name).not.toBe('')
  })
})

describe('documentation', () => {
  it('is about keys that exist', () => {
    const known = new Set([...brokerKeys.keys(), ...topicKeys.keys(), ...millraceKeys.keys()])
    expect(documentedNames.filter((name) => !known.has(name))).toEqual([])
  })
})

describe('broker keys behind topic and group keys', () => {
  it('exist', () => {
    const sources = [...topicKeys.values(), ...groupKeys.values()].flatMap((key) => key.brokerSources)
    expect(sources.filter(({ name }) => !brokerKeys.has(name))).toEqual([])
  })
})

describe("Millrace's own keys", () => {
  it('begin with millrace., so that they never meet one of Kafka', () => {
    for (const name of millraceKeys.keys()) {
      expect(name).toMatch(/^millrace\./)
      expect(brokerKeys.has(name)).toBe(false)
    }
  })
})
