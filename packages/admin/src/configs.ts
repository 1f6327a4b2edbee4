/** Operations on configs of topics, brokers and groups. */
import type { Cluster } from '@millrace/client'
import { DescribeConfigs, ErrorCode, IncrementalAlterConfigs, ListConfigResources } from '@millrace/protocol'
import { askOnce, askOneByOne, type OperationOptions } from './operation.ts'
import { type Results, resultOf } from './result.ts'

/** The kinds of things that have configs. */
export type ConfigResourceType = 'topic' | 'broker' | 'group' | 'client-metrics'

/** Something that has configs. */
export interface ConfigResource {
  readonly type: ConfigResourceType
  /** A topic, a broker's id (empty: all brokers), a group. */
  readonly name: string
}

/** A config as it holds now, and which layer it comes from. */
export interface ConfigEntry {
  /** Null for a value that is secret or not set. */
  readonly value: string | null
  readonly isReadOnly: boolean
  readonly isSensitive: boolean
  /** Where the value comes from. */
  readonly source: ConfigSource
}

/** The layer that a value comes from: the topic, this broker, all brokers, the broker's file, the default. */
export type ConfigSource =
  | 'topic'
  | 'broker'
  | 'all-brokers'
  | 'file'
  | 'default'
  | 'group'
  | 'client-metrics'
  | 'unknown'

/** Null deletes the config: the next layer's value holds again. */
export type ConfigChanges = Readonly<Record<string, string | null>>

const typeCodes: Readonly<Record<ConfigResourceType, number>> = { topic: 2, broker: 4, 'client-metrics': 16, group: 32 }
const sources: readonly ConfigSource[] = [
  'unknown',
  'topic',
  'broker',
  'all-brokers',
  'file',
  'default',
  'unknown',
  'client-metrics',
  'group',
]

const keyOf = ({ type, name }: ConfigResource) => `${type}:${name}`

/** Configs of a broker are asked of that broker, others of any. */
function nodeFor({ type, name }: ConfigResource): { node?: number } {
  return type === 'broker' && name !== '' ? { node: Number(name) } : {}
}

/** Keys of the result are `topic:orders`, `broker:1`. */
export function describeConfigs(
  cluster: Cluster,
  resources: readonly ConfigResource[],
  options: OperationOptions = {},
): Promise<Results<ReadonlyMap<string, ConfigEntry>>> {
  const attempt = async (resource: ConfigResource, timeoutMs: number) => {
    const body = {
      resources: [{ resourceType: typeCodes[resource.type], resourceName: resource.name, configurationKeys: null }],
    }
    const response = await cluster.send(DescribeConfigs, body, { ...options, ...nodeFor(resource), timeoutMs })
    const [answer] = response.results
    const what = `Describing the configs of ${resource.type} "${resource.name}"`
    const code = answer?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR
    return resultOf(code, what, DescribeConfigs.name, answer?.errorMessage, () => {
      return new Map(
        (answer?.configs ?? []).map(({ name, value, readOnly, isSensitive, configSource }) => [
          name,
          { value, isReadOnly: readOnly, isSensitive, source: sources[configSource] ?? 'unknown' },
        ]),
      )
    })
  }
  return askOneByOne(cluster, resources, keyOf, attempt, () => options)
}

const setOperation = 0
const deleteOperation = 1

/** Changes the named configs and leaves the others. */
export function alterConfigs(
  cluster: Cluster,
  changes: readonly (ConfigResource & { readonly configs: ConfigChanges })[],
  options: OperationOptions & { readonly validateOnly?: boolean } = {},
): Promise<Results<void>> {
  const attempt = async ({ configs, ...resource }: (typeof changes)[number], timeoutMs: number) => {
    const entries = Object.entries(configs).map(([name, value]) => {
      return { name, configOperation: value === null ? deleteOperation : setOperation, value }
    })
    const body = {
      resources: [{ resourceType: typeCodes[resource.type], resourceName: resource.name, configs: entries }],
      validateOnly: options.validateOnly ?? false,
    }
    const response = await cluster.send(IncrementalAlterConfigs, body, { ...options, ...nodeFor(resource), timeoutMs })
    const [answer] = response.responses
    const what = `Altering the configs of ${resource.type} "${resource.name}"`
    const code = answer?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR
    return resultOf(code, what, IncrementalAlterConfigs.name, answer?.errorMessage, () => undefined)
  }
  return askOneByOne(cluster, changes, keyOf, attempt, () => options)
}

/** Names of what has configs, by type; all types unless some are named. Kafka 4.1 and later answer for all of them (KIP-1142). */
export async function listConfigResources(
  cluster: Cluster,
  types: readonly ConfigResourceType[] | undefined,
  options: OperationOptions = {},
): Promise<readonly ConfigResource[]> {
  const response = await askOnce(
    cluster,
    ListConfigResources,
    // Version 0 knows client metrics only, and has nothing to ask for.
    (version) => (version >= 1 ? { resourceTypes: (types ?? []).map((type) => typeCodes[type]) } : {}),
    'Listing what has configs',
    ({ errorCode }) => ({ code: errorCode }),
    options,
  )
  const names = Object.keys(typeCodes) as ConfigResourceType[]
  return response.configResources.flatMap(({ resourceName, resourceType }) => {
    const type = names.find((name) => typeCodes[name] === resourceType)
    return type === undefined ? [] : [{ type, name: resourceName }]
  })
}
