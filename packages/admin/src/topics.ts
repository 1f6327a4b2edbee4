/** Operations on topics. */
import type { Cluster } from '@millrace/client'
import {
  CreatePartitions,
  CreateTopics,
  DeleteRecords,
  DeleteTopics,
  ErrorCode,
  ListOffsets,
  Metadata,
} from '@millrace/protocol'
import { ask, controllerTimeoutMs, type OperationOptions } from './operation.ts'
import { type Result, type Results, resultOf } from './result.ts'

export interface NewTopic {
  readonly name: string
  /** Default: what the broker is configured with (`num.partitions`). */
  readonly partitions?: number
  /** Default: what the broker is configured with (`default.replication.factor`). */
  readonly replicationFactor?: number
  /** Kafka's topic configs. */
  readonly configs?: Readonly<Record<string, string>>
}

export interface CreatedTopic {
  readonly topicId: string
  /** -1 when the broker is too old to say. */
  readonly partitions: number
  readonly replicationFactor: number
}

export interface TopicDescription {
  readonly name: string
  readonly topicId: string
  readonly isInternal: boolean
  readonly partitions: readonly {
    readonly partition: number
    /** Node id; -1: none. */
    readonly leader: number
    readonly leaderEpoch: number
    readonly replicas: readonly number[]
    readonly isr: readonly number[]
    readonly offlineReplicas: readonly number[]
  }[]
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** What to look up: the first offset, the next one, or the first record at or after a time (milliseconds since 1970). */
export type OffsetQuery = 'earliest' | 'latest' | { readonly timestamp: number }

export interface FoundOffset {
  /** -1: no record is at or after the time. */
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number
}

export const partitionKey = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`

export async function createTopics(
  cluster: Cluster,
  topics: readonly NewTopic[],
  options: OperationOptions & { readonly validateOnly?: boolean } = {},
): Promise<Results<CreatedTopic>> {
  const response = await ask(
    cluster,
    CreateTopics,
    {
      topics: topics.map(({ name, partitions = -1, replicationFactor = -1, configs = {} }) => ({
        name,
        numPartitions: partitions,
        replicationFactor,
        assignments: [],
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      })),
      timeoutMs: controllerTimeoutMs,
      validateOnly: options.validateOnly ?? false,
    },
    options,
  )
  return new Map(
    response.topics.map(({ name, errorCode, errorMessage, topicId, numPartitions, replicationFactor }) => [
      name,
      resultOf(errorCode, `Creating topic "${name}"`, CreateTopics.name, errorMessage, () => {
        return { topicId, partitions: numPartitions, replicationFactor }
      }),
    ]),
  )
}

export async function deleteTopics(
  cluster: Cluster,
  names: readonly string[],
  options: OperationOptions = {},
): Promise<Results<void>> {
  const response = await ask(
    cluster,
    DeleteTopics,
    (version) =>
      version >= 6
        ? { topics: names.map((name) => ({ name })), timeoutMs: controllerTimeoutMs }
        : { topicNames: names, timeoutMs: controllerTimeoutMs },
    options,
  )
  return new Map(
    response.responses.map(({ name, errorCode, errorMessage }) => [
      name ?? '',
      resultOf(errorCode, `Deleting topic "${name}"`, DeleteTopics.name, errorMessage, () => undefined),
    ]),
  )
}

/** Grows topics to these numbers of partitions. */
export async function createPartitions(
  cluster: Cluster,
  counts: Readonly<Record<string, number>>,
  options: OperationOptions & { readonly validateOnly?: boolean } = {},
): Promise<Results<void>> {
  const response = await ask(
    cluster,
    CreatePartitions,
    {
      topics: Object.entries(counts).map(([name, count]) => ({ name, count, assignments: null })),
      timeoutMs: controllerTimeoutMs,
      validateOnly: options.validateOnly ?? false,
    },
    options,
  )
  return new Map(
    response.results.map(({ name, errorCode, errorMessage }) => [
      name,
      resultOf(errorCode, `Growing topic "${name}"`, CreatePartitions.name, errorMessage, () => undefined),
    ]),
  )
}

/** All topics, or those named; a name that does not exist has its error. */
export async function describeTopics(
  cluster: Cluster,
  names: readonly string[] | undefined,
  options: OperationOptions = {},
): Promise<Results<TopicDescription>> {
  const topics = names?.map((name) => ({ name })) ?? null
  const response = await ask(
    cluster,
    Metadata,
    (version) => (version >= 4 ? { topics, allowAutoTopicCreation: false } : { topics }),
    { ...options, versions: { min: 1 } },
  )
  return new Map(
    response.topics.map(({ name, errorCode, topicId, isInternal, partitions }) => [
      name ?? '',
      resultOf(errorCode, `Describing topic "${name}"`, Metadata.name, null, () => ({
        name: name ?? '',
        topicId,
        isInternal,
        partitions: partitions
          .map(({ partitionIndex, leaderId, leaderEpoch, replicaNodes, isrNodes, offlineReplicas }) => ({
            partition: partitionIndex,
            leader: leaderId,
            leaderEpoch,
            replicas: replicaNodes,
            isr: isrNodes,
            offlineReplicas,
          }))
          .sort((a, b) => a.partition - b.partition),
      })),
    ]),
  )
}

const earliestTimestamp = -2
const latestTimestamp = -1

function timestampOf(query: OffsetQuery): number {
  if (query === 'earliest') return earliestTimestamp
  return query === 'latest' ? latestTimestamp : query.timestamp
}

/** Looks up offsets, each at its partition's leader. Keys are {@link partitionKey}s. */
export async function listOffsets(
  cluster: Cluster,
  queries: readonly (TopicPartition & { readonly at: OffsetQuery })[],
  options: OperationOptions & { readonly isolation?: 'committed' | 'uncommitted' } = {},
): Promise<Results<FoundOffset>> {
  const isolationLevel = options.isolation === 'committed' ? 1 : 0
  const results = new Map<string, Result<FoundOffset>>()
  for (const [leader, group] of await byLeader(cluster, queries, options)) {
    const response = await ask(
      cluster,
      ListOffsets,
      (version) => ({
        replicaId: -1,
        ...(version >= 2 ? { isolationLevel } : {}),
        topics: groupByTopic(group).map(([name, items]) => ({
          name,
          partitions: items.map(({ partition, at }) => ({ partitionIndex: partition, timestamp: timestampOf(at) })),
        })),
      }),
      { ...options, node: leader },
    )
    for (const { name, partitions } of response.topics) {
      for (const { partitionIndex, errorCode, offset, timestamp, leaderEpoch } of partitions) {
        const key = partitionKey({ topic: name, partition: partitionIndex })
        const what = `Looking up an offset of ${key}`
        results.set(
          key,
          resultOf(errorCode, what, ListOffsets.name, null, () => ({ offset, timestamp, leaderEpoch })),
        )
      }
    }
  }
  return results
}

/** Removes the records before these offsets ('latest': all that are committed). Answers where each partition begins now. */
export async function deleteRecords(
  cluster: Cluster,
  targets: readonly (TopicPartition & { readonly before: number | 'latest' })[],
  options: OperationOptions = {},
): Promise<Results<{ readonly logStartOffset: number }>> {
  const results = new Map<string, Result<{ readonly logStartOffset: number }>>()
  for (const [leader, group] of await byLeader(cluster, targets, options)) {
    const topics = groupByTopic(group).map(([name, items]) => ({
      name,
      partitions: items.map(({ partition, before }) => ({
        partitionIndex: partition,
        offset: before === 'latest' ? -1 : before,
      })),
    }))
    const response = await ask(
      cluster,
      DeleteRecords,
      { topics, timeoutMs: controllerTimeoutMs },
      { ...options, node: leader },
    )
    for (const { name, partitions } of response.topics) {
      for (const { partitionIndex, errorCode, lowWatermark } of partitions) {
        const key = partitionKey({ topic: name, partition: partitionIndex })
        const what = `Deleting records of ${key}`
        results.set(
          key,
          resultOf(errorCode, what, DeleteRecords.name, null, () => ({ logStartOffset: lowWatermark })),
        )
      }
    }
  }
  return results
}

/** Items by the node that leads their partition. Throws when a topic or partition has no leader, after trying. */
export async function byLeader<T extends TopicPartition>(
  cluster: Cluster,
  items: readonly T[],
  options: OperationOptions = {},
): Promise<ReadonlyMap<number, readonly T[]>> {
  const names = [...new Set(items.map(({ topic }) => topic))]
  if (names.length === 0) return new Map()
  return cluster.retry(async () => {
    await cluster.metadata(names, options.signal === undefined ? {} : { signal: options.signal })
    const groups = new Map<number, T[]>()
    for (const item of items) {
      const leader = requireLeader(cluster, item)
      groups.set(leader, [...(groups.get(leader) ?? []), item])
    }
    return groups
  }, options)
}

function requireLeader(cluster: Cluster, item: TopicPartition): number {
  const { topic, partition } = item
  const leader = cluster.leaderOf(topic, partition)
  if (leader !== undefined) return leader
  const known = cluster.snapshot.topics.get(topic)
  const code = known?.partitions[partition]?.errorCode ?? known?.errorCode ?? ErrorCode.NONE
  const missing = code === ErrorCode.NONE ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : code
  const result = resultOf(missing, `Finding the leader of ${partitionKey(item)}`, Metadata.name, null, () => 0)
  if (result.ok) return result.value
  throw result.error
}

function groupByTopic<T extends TopicPartition>(items: readonly T[]): [string, T[]][] {
  const groups = new Map<string, T[]>()
  for (const item of items) groups.set(item.topic, [...(groups.get(item.topic) ?? []), item])
  return [...groups]
}
