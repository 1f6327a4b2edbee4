/** The admin client: one method for each operation, many items at once with a result each. */
import { Cluster, type ClusterOptions } from '@millrace/client'
import {
  type ActiveProducer,
  type ClusterDescription,
  describeCluster,
  describeLogDirs,
  describeProducers,
  describeQuorum,
  type LogDirectory,
  type QuorumDescription,
} from './cluster-info.ts'
import { alterConfigs, type ConfigChanges, type ConfigEntry, type ConfigResource, describeConfigs } from './configs.ts'
import {
  alterGroupOffsets,
  type CommittedOffset,
  deleteGroupOffsets,
  deleteGroups,
  describeGroups,
  type GroupDescription,
  type GroupOffset,
  type ListedGroup,
  listGroupOffsets,
  listGroups,
} from './groups.ts'
import type { OperationOptions } from './operation.ts'
import type { Result, Results } from './result.ts'
import {
  type CreatedTopic,
  createPartitions,
  createTopics,
  deleteRecords,
  deleteTopics,
  describeTopics,
  type FoundOffset,
  listOffsets,
  type NewTopic,
  type OffsetQuery,
  type TopicDescription,
  type TopicPartition,
} from './topics.ts'

/** A cluster of one's own, or one that others use too and that this client does not close. */
export type AdminOptions = ClusterOptions | { readonly cluster: Cluster }

type ValidateOptions = OperationOptions & {
  /** Checks everything and changes nothing. */
  readonly validateOnly?: boolean
}

/**
 * ```ts
 * const admin = new Admin({ brokers: 'localhost:9092' })
 * const results = await admin.createTopics([{ name: 'orders', partitions: 6 }])
 * ```
 *
 * Methods on many items answer a result for each, by name; they reject with MillraceError only when no answer came. Errors that may
 * pass are tried again up to `timeoutMs`.
 */
export class Admin {
  readonly #cluster: Cluster
  readonly #isOwner: boolean

  constructor(options: AdminOptions) {
    this.#isOwner = !('cluster' in options)
    this.#cluster = 'cluster' in options ? options.cluster : new Cluster(options)
  }

  createTopics(topics: readonly NewTopic[], options?: ValidateOptions): Promise<Results<CreatedTopic>> {
    return createTopics(this.#cluster, topics, options)
  }

  deleteTopics(names: readonly string[], options?: OperationOptions): Promise<Results<void>> {
    return deleteTopics(this.#cluster, names, options)
  }

  /** Names of all topics, sorted. Internal ones are left out unless asked for. */
  async listTopics(
    options: OperationOptions & { readonly includeInternal?: boolean } = {},
  ): Promise<readonly string[]> {
    const names: string[] = []
    for (const result of (await describeTopics(this.#cluster, undefined, options)).values()) {
      if (result.ok && (options.includeInternal || !result.value.isInternal)) names.push(result.value.name)
    }
    return names.sort()
  }

  /** The named topics, or all of them. */
  describeTopics(names?: readonly string[], options?: OperationOptions): Promise<Results<TopicDescription>> {
    return describeTopics(this.#cluster, names, options)
  }

  /** Grows topics to these numbers of partitions. */
  createPartitions(counts: Readonly<Record<string, number>>, options?: ValidateOptions): Promise<Results<void>> {
    return createPartitions(this.#cluster, counts, options)
  }

  /** Offsets by place or time. Keys of the result are `topic-partition`. */
  listOffsets(
    queries: readonly (TopicPartition & { readonly at: OffsetQuery })[],
    options?: OperationOptions & { readonly isolation?: 'committed' | 'uncommitted' },
  ): Promise<Results<FoundOffset>> {
    return listOffsets(this.#cluster, queries, options)
  }

  /** Removes the records before these offsets. Keys of the result are `topic-partition`. */
  deleteRecords(
    targets: readonly (TopicPartition & { readonly before: number | 'latest' })[],
    options?: OperationOptions,
  ): Promise<Results<{ readonly logStartOffset: number }>> {
    return deleteRecords(this.#cluster, targets, options)
  }

  /** Keys of the result are `topic:orders`, `broker:1`. */
  describeConfigs(
    resources: readonly ConfigResource[],
    options?: OperationOptions,
  ): Promise<Results<ReadonlyMap<string, ConfigEntry>>> {
    return describeConfigs(this.#cluster, resources, options)
  }

  /** Changes the named configs and leaves the others; null deletes one. */
  alterConfigs(
    changes: readonly (ConfigResource & { readonly configs: ConfigChanges })[],
    options?: ValidateOptions,
  ): Promise<Results<void>> {
    return alterConfigs(this.#cluster, changes, options)
  }

  listGroups(options?: OperationOptions): Promise<readonly ListedGroup[]> {
    return listGroups(this.#cluster, options)
  }

  describeGroups(groupIds: readonly string[], options?: OperationOptions): Promise<Results<GroupDescription>> {
    return describeGroups(this.#cluster, groupIds, options)
  }

  /** Groups without members only. */
  deleteGroups(groupIds: readonly string[], options?: OperationOptions): Promise<Results<void>> {
    return deleteGroups(this.#cluster, groupIds, options)
  }

  listGroupOffsets(groupId: string, options?: OperationOptions): Promise<readonly CommittedOffset[]> {
    return listGroupOffsets(this.#cluster, groupId, options)
  }

  /** Commits for a group without members. Keys of the result are `topic-partition`. */
  alterGroupOffsets(
    groupId: string,
    offsets: readonly GroupOffset[],
    options?: OperationOptions,
  ): Promise<Results<void>> {
    return alterGroupOffsets(this.#cluster, groupId, offsets, options)
  }

  deleteGroupOffsets(
    groupId: string,
    partitions: readonly TopicPartition[],
    options?: OperationOptions,
  ): Promise<Results<void>> {
    return deleteGroupOffsets(this.#cluster, groupId, partitions, options)
  }

  describeCluster(options?: OperationOptions): Promise<ClusterDescription> {
    return describeCluster(this.#cluster, options)
  }

  /** By broker id. */
  describeLogDirs(options?: OperationOptions): Promise<ReadonlyMap<number, readonly Result<LogDirectory>[]>> {
    return describeLogDirs(this.#cluster, options)
  }

  describeProducers(
    partitions: readonly TopicPartition[],
    options?: OperationOptions,
  ): Promise<Results<readonly ActiveProducer[]>> {
    return describeProducers(this.#cluster, partitions, options)
  }

  describeQuorum(options?: OperationOptions): Promise<QuorumDescription> {
    return describeQuorum(this.#cluster, options)
  }

  /** Closes the connections, unless the cluster is shared. */
  async close(): Promise<void> {
    if (this.#isOwner) await this.#cluster.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
