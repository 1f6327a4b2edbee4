/** The admin client: one method for each operation, many items at once with a result each. */
import { Cluster, type ClusterOptions } from '@millrace/client'
import {
  type ActiveProducer,
  alterReplicaLogDirs,
  type ClusterDescription,
  describeCluster,
  describeLogDirs,
  describeProducers,
  describeQuorum,
  type LogDirectory,
  type QuorumDescription,
  type ReplicaMove,
} from './cluster-info.ts'
import {
  alterConfigs,
  type ConfigChanges,
  type ConfigEntry,
  type ConfigResource,
  type ConfigResourceType,
  describeConfigs,
  listConfigResources,
} from './configs.ts'
import { type GroupLag, groupLag } from './group-lag.ts'
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
  type MemberToRemove,
  removeGroupMembers,
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

  /** Creates topics. An error of a result is TOPIC_ALREADY_EXISTS where there is one of the name. */
  createTopics(topics: readonly NewTopic[], options?: ValidateOptions): Promise<Results<CreatedTopic>> {
    return createTopics(this.#cluster, topics, options)
  }

  /** Deletes topics with all their records. */
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

  /** The groups of all brokers, whatever their type. */
  listGroups(options?: OperationOptions): Promise<readonly ListedGroup[]> {
    return listGroups(this.#cluster, options)
  }

  /** State, protocol and members of groups, by group id. */
  describeGroups(groupIds: readonly string[], options?: OperationOptions): Promise<Results<GroupDescription>> {
    return describeGroups(this.#cluster, groupIds, options)
  }

  /** Groups without members only. */
  deleteGroups(groupIds: readonly string[], options?: OperationOptions): Promise<Results<void>> {
    return deleteGroups(this.#cluster, groupIds, options)
  }

  /** What a group has committed, by topic and partition. */
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

  /** Forgets what a group committed, for topics that no member subscribes to. Keys of the result are `topic-partition`. */
  deleteGroupOffsets(
    groupId: string,
    partitions: readonly TopicPartition[],
    options?: OperationOptions,
  ): Promise<Results<void>> {
    return deleteGroupOffsets(this.#cluster, groupId, partitions, options)
  }

  /** How far a group is behind, partition by partition. Rejects with GROUP_ID_NOT_FOUND for a group that does not exist. */
  groupLag(groupId: string, options?: OperationOptions): Promise<GroupLag> {
    return groupLag(this.#cluster, groupId, options)
  }

  /** Takes members out of a classic group; keys of the result are what they were named by. They may join again. */
  removeGroupMembers(
    groupId: string,
    members: readonly MemberToRemove[],
    options?: OperationOptions & { /** Told to the group. */ readonly reason?: string },
  ): Promise<Results<void>> {
    return removeGroupMembers(this.#cluster, groupId, members, options)
  }

  /** Names of what has configs: all types, or those named. */
  listConfigResources(
    types?: readonly ConfigResourceType[],
    options?: OperationOptions,
  ): Promise<readonly ConfigResource[]> {
    return listConfigResources(this.#cluster, types, options)
  }

  /** The cluster's id, its brokers, and where to send what a controller decides. */
  describeCluster(options?: OperationOptions): Promise<ClusterDescription> {
    return describeCluster(this.#cluster, options)
  }

  /** By broker id. */
  describeLogDirs(options?: OperationOptions): Promise<ReadonlyMap<number, readonly Result<LogDirectory>[]>> {
    return describeLogDirs(this.#cluster, options)
  }

  /**
   * Moves replicas to other log directories of their brokers, in the background; {@link describeLogDirs} tells how far they are. Keys
   * of the result are `topic-partition-brokerId`. Errors: LOG_DIR_NOT_FOUND, REPLICA_NOT_AVAILABLE (no such replica; should it come,
   * it is made there), KAFKA_STORAGE_ERROR.
   */
  alterReplicaLogDirs(moves: readonly ReplicaMove[], options?: OperationOptions): Promise<Results<void>> {
    return alterReplicaLogDirs(this.#cluster, moves, options)
  }

  /** Producers that the leaders of partitions remember. Keys of the result are `topic-partition`. */
  describeProducers(
    partitions: readonly TopicPartition[],
    options?: OperationOptions,
  ): Promise<Results<readonly ActiveProducer[]>> {
    return describeProducers(this.#cluster, partitions, options)
  }

  /** Leader, voters and observers of the metadata quorum, and how far each of them is. */
  describeQuorum(options?: OperationOptions): Promise<QuorumDescription> {
    return describeQuorum(this.#cluster, options)
  }

  /** Closes the connections, unless the cluster is shared. */
  async close(): Promise<void> {
    if (this.#isOwner) await this.#cluster.close()
  }

  /** As {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
