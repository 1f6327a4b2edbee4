/** Answers to DescribeConfigs: every key of a resource with the layer its value comes from. Kafka's quirks included. */
import { configResourceType } from '@millrace/metadata'
import { ErrorCode } from '@millrace/protocol'
import type { BrokerConfig } from './broker-config.ts'
import { brokerKeys } from './broker-keys.ts'
import { clientMetricsKeys } from './client-metrics-keys.ts'
import type { ConfigValues } from './config-values.ts'
import { documentationOf } from './documentation.ts'
import { groupKeys } from './group-keys.ts'
import type { ConfigKey, ConfigTable, ConfigType, ResourceKey } from './key.ts'
import { resolveResource } from './resource-values.ts'
import { topicKeys } from './topic-keys.ts'
import { formatValue } from './value.ts'

/** Where a value comes from, as numbers on the wire. */
export const configSource = {
  topic: 1,
  dynamicBroker: 2,
  dynamicDefaultBroker: 3,
  staticBroker: 4,
  default: 5,
  clientMetrics: 7,
  group: 8,
} as const

const wireTypes: Readonly<Record<ConfigType, number>> = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
}

export interface ConfigSynonym {
  readonly name: string
  readonly value: string | null
  readonly source: number
}

/** One config, in the fields of DescribeConfigs. */
export interface DescribedConfig {
  readonly name: string
  /** Null for no value, and for a secret. */
  readonly value: string | null
  readonly readOnly: boolean
  readonly configSource: number
  readonly isSensitive: boolean
  readonly synonyms: ConfigSynonym[]
  readonly configType: number
  readonly documentation: string | null
}

export interface DescribeOptions {
  /** Null or empty: all. */
  readonly keys: readonly string[] | null
  readonly includeSynonyms: boolean
  readonly includeDocumentation: boolean
}

export type DescribeOutcome =
  | { readonly entries: DescribedConfig[] }
  | { readonly errorCode: number; readonly message: string | null }

/** The layers that a description reads. */
export interface ConfigLayers {
  /** The node as it runs. */
  readonly broker: BrokerConfig
  /** Dynamic configs of this broker, and of all brokers. */
  readonly ownBroker: ReadonlyMap<string, string>
  readonly allBrokers: ReadonlyMap<string, string>
}

/** Broker keys that stand in for each other: the first that has a value wins. */
const substitutes: readonly (readonly string[])[] = [
  ['log.roll.ms', 'log.roll.hours'],
  ['log.roll.jitter.ms', 'log.roll.jitter.hours'],
  ['log.flush.interval.ms', 'log.flush.scheduler.interval.ms'],
  ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
]

const malformedRequest =
  'This most likely occurs because of a request being malformed by the client library or the message was sent to an ' +
  'incompatible broker. See the broker logs for more details.'

/** `own` is what was set on the resource itself. Whether a topic exists is for the caller to know. */
export function describeResource(
  type: number,
  name: string,
  own: ReadonlyMap<string, string>,
  layers: ConfigLayers,
  options: DescribeOptions,
): DescribeOutcome {
  const invalid = (message: string) => ({ errorCode: ErrorCode.INVALID_REQUEST, message })
  switch (type) {
    case configResourceType.topic:
      return { entries: describeTopic(own, layers, options) }
    case configResourceType.broker: {
      const problem = brokerNameProblem(name, layers.broker.nodeId)
      if (problem !== undefined) return invalid(problem)
      return { entries: name === '' ? describeAllBrokers(layers, options) : describeBroker(layers, options) }
    }
    case configResourceType.group:
      if (name === '') return invalid('Group name must not be empty')
      return { entries: describeGroup(own, layers, options) }
    case configResourceType.clientMetrics:
      if (name === '') return invalid('Client metrics subscription name must not be empty')
      return { entries: describeClientMetrics(own, layers, options) }
    case configResourceType.brokerLogger:
      return invalid('Describing the levels of loggers is not supported yet')
    default:
      return invalid(malformedRequest)
  }
}

function brokerNameProblem(name: string, nodeId: number): string | undefined {
  if (name === '' || name === String(nodeId)) return undefined
  return /^[+-]?\d{1,10}$/.test(name)
    ? `Unexpected broker id, expected ${nodeId} or empty string, but received ${name}`
    : `Broker id must be an integer, but it is: ${name}`
}

export function describeTopic(
  own: ReadonlyMap<string, string>,
  layers: ConfigLayers,
  options: DescribeOptions,
): DescribedConfig[] {
  const values = resolveResource(topicKeys, layers.broker.values, own)
  return describeWithSources(topicKeys, values, own, configSource.topic, options, (key) => {
    const source = key.brokerSources[0]
    return source === undefined ? [] : brokerSynonyms(source.name, layers)
  })
}

function describeGroup(own: ReadonlyMap<string, string>, layers: ConfigLayers, options: DescribeOptions) {
  const values = resolveResource(groupKeys, layers.broker.values, own)
  return describeWithSources(groupKeys, values, own, configSource.group, options, (key) => {
    const source = key.brokerSources[0]
    if (source !== undefined) return brokerSynonyms(source.name, layers)
    return [{ name: key.name, value: formatValue(key.type, key.default), source: configSource.default }]
  })
}

function describeClientMetrics(own: ReadonlyMap<string, string>, layers: ConfigLayers, options: DescribeOptions) {
  const values = resolveResource(clientMetricsKeys, layers.broker.values, own)
  return describeWithSources(clientMetricsKeys, values, own, configSource.clientMetrics, options, () => [])
}

/** Keys of the table, without internal ones unless they are set, and names that were set and are in no table. */
function describeWithSources(
  table: ConfigTable<ResourceKey>,
  values: ConfigValues,
  own: ReadonlyMap<string, string>,
  ownSource: number,
  options: DescribeOptions,
  inherited: (key: ResourceKey) => readonly ConfigSynonym[],
): DescribedConfig[] {
  const known = [...table.values()].filter((key) => !key.isInternal || own.has(key.name))
  const described = known.filter(isAsked(options)).map((key) => {
    const value = values.format(key.name)
    const synonyms = own.has(key.name)
      ? [{ name: key.name, value, source: ownSource }, ...inherited(key)]
      : inherited(key)
    return entry(key, value, false, synonyms, options)
  })
  return [...described, ...describeUnknown([...own.keys()], table, ownSource, false, options)]
}

function describeBroker(layers: ConfigLayers, options: DescribeOptions): DescribedConfig[] {
  const { broker, ownBroker, allBrokers } = layers
  const isSet = (name: string) => broker.texts.has(name) || ownBroker.has(name) || allBrokers.has(name)
  const shown = [...brokerKeys.values()].filter((key) => (!key.isInternal && !key.isDynamicOnly) || isSet(key.name))
  return shown
    .filter(isAsked(options))
    .map((key) =>
      entry(key, broker.values.format(key.name), isReadOnly(key), brokerSynonyms(key.name, layers), options),
    )
}

/** What is set for all brokers, and nothing else. */
function describeAllBrokers({ allBrokers }: ConfigLayers, options: DescribeOptions): DescribedConfig[] {
  const source = configSource.dynamicDefaultBroker
  const known = [...brokerKeys.values()].filter((key) => allBrokers.has(key.name))
  const described = known.filter(isAsked(options)).map((key) => {
    const text = allBrokers.get(key.name) as string
    return entry(key, text, isReadOnly(key), [{ name: key.name, value: text, source }], options)
  })
  return [...described, ...describeUnknown([...allBrokers.keys()], brokerKeys, source, true, options)]
}

/**
 * Layers of a broker key, highest first, beginning with the key itself: what stands in for it is listed after it, and nothing is
 * listed when only that has a value.
 */
function brokerSynonyms(name: string, { broker, ownBroker, allBrokers }: ConfigLayers): ConfigSynonym[] {
  const names = substitutes.find((group) => group.includes(name)) ?? [name]
  const layer = (source: number, text: (name: string) => string | null | undefined): ConfigSynonym[] =>
    names.flatMap((each) => {
      const value = text(each)
      return value === null || value === undefined ? [] : [{ name: each, value, source }]
    })
  const all = [
    ...layer(configSource.dynamicBroker, (each) => ownBroker.get(each)),
    ...layer(configSource.dynamicDefaultBroker, (each) => allBrokers.get(each)),
    ...layer(configSource.staticBroker, (each) => broker.texts.get(each)),
    ...layer(configSource.default, (each) => defaultText(brokerKeys.get(each))),
  ]
  const first = all.findIndex((synonym) => synonym.name === name)
  return first === -1 ? [] : all.slice(first)
}

const defaultText = (key: ConfigKey | undefined): string | null =>
  key === undefined ? null : formatValue(key.type, key.default)

/** Names that another version of Kafka knew: shown without their value, which may be a secret. */
function describeUnknown(
  names: readonly string[],
  table: ConfigTable,
  source: number,
  readOnly: boolean,
  options: DescribeOptions,
): DescribedConfig[] {
  return names
    .filter((name) => !table.has(name))
    .filter((name) => isAsked(options)({ name }))
    .map((name) => ({
      name,
      value: null,
      readOnly,
      configSource: source,
      isSensitive: true,
      synonyms: options.includeSynonyms ? [{ name, value: null, source }] : [],
      configType: 0,
      documentation: null,
    }))
}

const isReadOnly = (key: ConfigKey): boolean => key.update === 'read-only'

const isAsked =
  ({ keys }: DescribeOptions) =>
  ({ name }: { readonly name: string }): boolean =>
    keys === null || keys.length === 0 || keys.includes(name)

function entry(
  key: ConfigKey,
  value: string | null,
  readOnly: boolean,
  synonyms: readonly ConfigSynonym[],
  { includeSynonyms, includeDocumentation }: DescribeOptions,
): DescribedConfig {
  const isSensitive = key.type === 'password'
  const hide = (text: string | null) => (isSensitive ? null : text)
  return {
    name: key.name,
    value: hide(value),
    readOnly,
    configSource: synonyms[0]?.source ?? configSource.default,
    isSensitive,
    synonyms: includeSynonyms ? synonyms.map((each) => ({ ...each, value: hide(each.value) })) : [],
    configType: wireTypes[key.type],
    documentation: includeDocumentation ? documentationOf(key) : null,
  }
}
