/** Operations on configs of topics, brokers and groups. */
import type { Cluster } from '@millrace/client'
import { DescribeConfigs, ErrorCode, IncrementalAlterConfigs } from '@millrace/protocol'
import { ask, type OperationOptions } from './operation.ts'
import { type Result, type Results, resultOf } from './result.ts'

export type ConfigResourceType = 'topic' | 'broker' | 'group' | 'client-metrics'

export interface ConfigResource {
  readonly type: ConfigResourceType
  /** A topic, a broker's id (empty: all brokers), a group. */
  readonly name: string
}

export interface ConfigEntry {
  /** Null for a value that is secret or not set. */
  readonly value: string | null
  readonly isReadOnly: boolean
  readonly isSensitive: boolean
  /** Where the value comes from. */
  readonly source: ConfigSource
}

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
export async function describeConfigs(
  cluster: Cluster,
  resources: readonly ConfigResource[],
  options: OperationOptions = {},
): Promise<Results<ReadonlyMap<string, ConfigEntry>>> {
  const results = new Map<string, Result<ReadonlyMap<string, ConfigEntry>>>()
  for (const resource of resources) {
    const body = {
      resources: [{ resourceType: typeCodes[resource.type], resourceName: resource.name, configurationKeys: null }],
    }
    const response = await ask(cluster, DescribeConfigs, body, { ...options, ...nodeFor(resource) })
    const [answer] = response.results
    const what = `Describing the configs of ${resource.type} "${resource.name}"`
    const code = answer?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR
    results.set(
      keyOf(resource),
      resultOf(code, what, DescribeConfigs.name, answer?.errorMessage, () => {
        return new Map(
          (answer?.configs ?? []).map(({ name, value, readOnly, isSensitive, configSource }) => [
            name,
            { value, isReadOnly: readOnly, isSensitive, source: sources[configSource] ?? 'unknown' },
          ]),
        )
      }),
    )
  }
  return results
}

const setOperation = 0
const deleteOperation = 1

/** Changes the named configs and leaves the others. */
export async function alterConfigs(
  cluster: Cluster,
  changes: readonly (ConfigResource & { readonly configs: ConfigChanges })[],
  options: OperationOptions & { readonly validateOnly?: boolean } = {},
): Promise<Results<void>> {
  const results = new Map<string, Result<void>>()
  for (const { configs, ...resource } of changes) {
    const entries = Object.entries(configs).map(([name, value]) => {
      return { name, configOperation: value === null ? deleteOperation : setOperation, value }
    })
    const body = {
      resources: [{ resourceType: typeCodes[resource.type], resourceName: resource.name, configs: entries }],
      validateOnly: options.validateOnly ?? false,
    }
    const response = await ask(cluster, IncrementalAlterConfigs, body, { ...options, ...nodeFor(resource) })
    const [answer] = response.responses
    const what = `Altering the configs of ${resource.type} "${resource.name}"`
    const code = answer?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR
    results.set(
      keyOf(resource),
      resultOf(code, what, IncrementalAlterConfigs.name, answer?.errorMessage, () => undefined),
    )
  }
  return results
}
