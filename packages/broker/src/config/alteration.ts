/**
 * Changes of dynamic configs: what a resource's configs become, or why they may not. Pure; the configs before are an argument.
 * Rules and texts: reference section 2.16. Where Apache Kafka takes a broker key that it does not know, Millrace refuses it.
 */
import { type ConfigChange, configOperation, configResourceType } from '@millrace/metadata'
import { ErrorCode } from '@millrace/protocol'
import { brokerRefusal } from './broker-alteration.ts'
import type { BrokerConfig } from './broker-config.ts'
import { brokerKeys } from './broker-keys.ts'
import { clientMetricsKeys } from './client-metrics-keys.ts'
import { groupConfigProblem } from './group-config.ts'
import { groupKeys } from './group-keys.ts'
import type { ConfigKey, ConfigTable } from './key.ts'
import { resolveResource } from './resource-values.ts'
import { judgeSupport } from './support.ts'
import { topicKeys } from './topic-keys.ts'
import { formatValue, parseValue } from './value.ts'

/** Longest text of one value. */
const valueLengthMax = 32_767

/** The message is null only where Apache Kafka gives none. */
export interface ConfigRefusal<Message extends string | null = string | null> {
  readonly kind: 'refused'
  readonly errorCode: number
  readonly message: Message
}

/** `notices` says which of the new values have no effect, and why: to be logged. */
export type ConfigDecision<Message extends string | null = string | null> =
  | { readonly kind: 'accepted'; readonly configs: ReadonlyMap<string, string>; readonly notices: readonly string[] }
  | ConfigRefusal<Message>

/** What a change is judged by. */
export interface AlterationContext {
  /** The node as it runs, with the dynamic configs that it has. */
  readonly broker: BrokerConfig
  /** Whether the cluster keeps eligible leader replicas. */
  readonly isElrEnabled: boolean
}

export interface ConfigResourceName {
  readonly type: number
  /** Empty for the whole cluster, with the broker type. */
  readonly name: string
}

/** A resource's configs after a change, and which of them differ from before. */
export interface Altered {
  readonly before: ReadonlyMap<string, string>
  readonly after: ReadonlyMap<string, string>
  /** Set to something else; not those removed. */
  readonly changed: readonly string[]
}

function refused<Message extends string | null>(errorCode: number, message: Message): ConfigRefusal<Message> {
  return { kind: 'refused', errorCode, message }
}

/** IncrementalAlterConfigs of one resource. */
export function alterResource(
  resource: ConfigResourceName,
  before: ReadonlyMap<string, string>,
  changes: readonly ConfigChange[],
  context: AlterationContext,
): ConfigDecision {
  const table = tableFor(resource.type)
  if (table === undefined) return unknownType(resource.type)
  const refusal = changesRefusal(changes)
  if (refusal !== undefined) return refusal
  const after = new Map(before)
  for (const change of changes) {
    const problem = applyChange(after, change, table.get(change.name))
    if (problem !== undefined) return problem
  }
  return judge(resource, alteredOf(before, after), table, context)
}

/** The configs of a topic that is to be created. */
export function topicCreation(
  entries: ReadonlyMap<string, string>,
  context: AlterationContext,
): ConfigDecision<string> {
  const altered = alteredOf(new Map(), entries)
  return judge({ type: configResourceType.topic, name: 'new' }, altered, topicKeys, context)
}

function tableFor(type: number): ConfigTable | undefined {
  switch (type) {
    case configResourceType.topic:
      return topicKeys
    case configResourceType.broker:
      return brokerKeys
    case configResourceType.group:
      return groupKeys
    case configResourceType.clientMetrics:
      return clientMetricsKeys
    default:
      return undefined
  }
}

function unknownType(type: number): ConfigRefusal {
  return type === configResourceType.brokerLogger
    ? refused(ErrorCode.INVALID_REQUEST, 'Changing the levels of loggers is not supported yet')
    : refused(ErrorCode.INVALID_REQUEST, `Unknown resource type ${type}`)
}

/** What is wrong with the request itself. */
function changesRefusal(changes: readonly ConfigChange[]): ConfigRefusal | undefined {
  const nulls = changes.filter(({ value, operation }) => value === null && operation !== configOperation.delete)
  if (nulls.length > 0) {
    const names = nulls.map(({ name }) => name).join(', ')
    return refused(ErrorCode.INVALID_REQUEST, `Null value not supported for : ${names}`)
  }
  if (new Set(changes.map(({ name }) => name)).size !== changes.length) {
    return refused(ErrorCode.INVALID_REQUEST, 'Error due to duplicate config keys')
  }
  const operations: readonly number[] = Object.values(configOperation)
  if (changes.some(({ operation }) => !operations.includes(operation)))
    return refused(ErrorCode.UNKNOWN_SERVER_ERROR, null)
  return undefined
}

function applyChange(
  configs: Map<string, string>,
  { name, operation, value }: ConfigChange,
  key: ConfigKey | undefined,
): ConfigRefusal | undefined {
  if (operation === configOperation.delete) {
    configs.delete(name)
    return undefined
  }
  let next = value ?? ''
  if (operation !== configOperation.set) {
    const verb = operation === configOperation.append ? 'APPEND to' : 'SUBTRACT from'
    if (key !== undefined && key.type !== 'list') {
      return refused(ErrorCode.INVALID_CONFIG, `Can't ${verb} key ${name} because its type is not LIST.`)
    }
    const current = elements(configs.get(name) ?? (key === undefined ? '' : formatValue(key.type, key.default)) ?? '')
    const operands = elements(next)
    const result =
      operation === configOperation.append
        ? new Set([...current, ...operands])
        : current.filter((element) => !operands.includes(element))
    next = [...result].join(',')
  }
  if (next.length > valueLengthMax) {
    return refused(ErrorCode.INVALID_CONFIG, `The value of ${name} is longer than ${valueLengthMax} characters`)
  }
  configs.set(name, next)
  return undefined
}

const elements = (text: string): string[] =>
  text
    .split(',')
    .map((element) => element.trim())
    .filter((element) => element !== '')

function alteredOf(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Altered {
  const changed = [...after].filter(([name, value]) => before.get(name) !== value).map(([name]) => name)
  return { before, after, changed }
}

function judge(
  resource: ConfigResourceName,
  altered: Altered,
  table: ConfigTable,
  context: AlterationContext,
): ConfigDecision<string> {
  const refusal =
    resource.type === configResourceType.broker
      ? brokerRefusal(resource.name, altered, context)
      : resourceRefusal(resource, altered, table, context)
  if (refusal !== undefined) return refused(refusal.errorCode, refusal.message)
  const notices: string[] = []
  for (const name of altered.changed) {
    const verdict = supportOf(table, name, altered.after)
    if (verdict.kind === 'refused') return refused(ErrorCode.INVALID_CONFIG, verdict.message)
    if (verdict.kind === 'notice') notices.push(verdict.message)
  }
  return { kind: 'accepted', configs: altered.after, notices }
}

function supportOf(table: ConfigTable, name: string, texts: ReadonlyMap<string, string>) {
  const key = table.get(name) as ConfigKey
  const parsed = parseValue(key, texts.get(name) as string)
  return parsed.kind === 'value' ? judgeSupport(key, parsed.value) : ({ kind: 'fine' } as const)
}

interface ResourceWords {
  /** What to say when the name is empty. */
  readonly emptyName: string
  readonly unknownKey: string
  readonly unknownKeyCode: number
}

const words: Readonly<Record<number, ResourceWords>> = {
  [configResourceType.topic]: {
    emptyName: 'Default topic resources are not allowed.',
    unknownKey: 'Unknown topic config name: ',
    unknownKeyCode: ErrorCode.INVALID_CONFIG,
  },
  [configResourceType.group]: {
    emptyName: 'Default group resources are not allowed.',
    unknownKey: 'Unknown group config name: ',
    unknownKeyCode: ErrorCode.INVALID_CONFIG,
  },
  [configResourceType.clientMetrics]: {
    emptyName: "Subscription name can't be empty",
    unknownKey: 'Unknown client metrics configuration: ',
    unknownKeyCode: ErrorCode.INVALID_REQUEST,
  },
}

/** Topics, groups and subscriptions: as in Kafka, all their configs are looked at, not only those that change. */
function resourceRefusal(
  resource: ConfigResourceName,
  { after }: Altered,
  table: ConfigTable,
  context: AlterationContext,
): Omit<ConfigRefusal<string>, 'kind'> | undefined {
  const { emptyName, unknownKey, unknownKeyCode } = words[resource.type] as ResourceWords
  if (resource.name === '') return { errorCode: ErrorCode.INVALID_REQUEST, message: emptyName }
  for (const name of after.keys()) {
    if (!table.has(name)) return { errorCode: unknownKeyCode, message: `${unknownKey}${name}` }
  }
  for (const [name, text] of after) {
    const parsed = parseValue(table.get(name) as ConfigKey, text)
    if (parsed.kind === 'problem') return { errorCode: ErrorCode.INVALID_CONFIG, message: parsed.message }
  }
  const message =
    resource.type === configResourceType.topic ? topicProblem(after, context) : groupProblem(resource, after, context)
  return message === undefined ? undefined : { errorCode: ErrorCode.INVALID_CONFIG, message }
}

function topicProblem(after: ReadonlyMap<string, string>, { broker }: AlterationContext): string | undefined {
  const values = resolveResource(topicKeys, broker.values, after)
  const min = values.number('min.compaction.lag.ms')
  const max = values.number('max.compaction.lag.ms')
  return min > max
    ? `conflict topic config setting min.compaction.lag.ms (${min}) > max.compaction.lag.ms (${max})`
    : undefined
}

const groupProblem = (
  { type }: ConfigResourceName,
  after: ReadonlyMap<string, string>,
  { broker }: AlterationContext,
): string | undefined => (type === configResourceType.group ? groupConfigProblem(broker.values, after) : undefined)
