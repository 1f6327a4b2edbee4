/** Operations on topics. */
import { brokerError, type Cluster, type SendOptions } from '@millrace/client'
import {
  CreatePartitions,
  CreateTopics,
  DeleteRecords,
  DeleteTopics,
  ErrorCode,
  ListOffsets,
  Metadata,
} from '@millrace/protocol'
import { askEach, controllerTimeoutMs, type OperationOptions, retry } from './operation.ts'
import { type Result, type Results, resultOf } from './result.ts'

/** A topic to create. */
export interface NewTopic {
  readonly name: string
  /** Default: what the broker is configured with (`num.partitions`). */
  readonly partitions?: number
  /** Default: what the broker is configured with (`default.replication.factor`). */
  readonly replicationFactor?: number
  /** Kafka's topic configs. */
  readonly configs?: Readonly<Record<string, string>>
}

/** A topic as it was created. */
export interface CreatedTopic {
  readonly topicId: string
  /** -1 when the broker is too old to say. */
  readonly partitions: number
  readonly replicationFactor: number
}

/** A topic and its partitions. Nodes are given by their ids. */
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

/** One partition of a topic. */
export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** What to look up: the first offset, the next one, or the first record at or after a time (milliseconds since 1970). */
export type OffsetQuery = 'earliest' | 'latest' | { readonly timestamp: number }

/** The offset that was looked up, and its record's time and leader epoch (-1 where unknown). */
export interface FoundOffset {
  /** -1: no record is at or after the time. */
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number
}

export const partitionKey = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`

export function createTopics(
  cluster: Cluster,
  topics: readonly NewTopic[],
  options: OperationOptions & { readonly validateOnly?: boolean } = {},
): Promise<Results<CreatedTopic>> {
  const attempt = async (open: readonly NewTopic[], timeoutMs: number) => {
    const body = {
      topics: open.map(({ name, partitions = -1, replicationFactor = -1, configs = {} }) => ({
        name,
        numPartitions: partitions,
        replicationFactor,
        assignments: [],
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      })),
      timeoutMs: controllerTimeoutMs,
      validateOnly: options.validateOnly ?? false,
    }
    const response = await cluster.send(CreateTopics, body, { ...options, timeoutMs })
    return new Map(
      response.topics.map(({ name, errorCode, errorMessage, topicId, numPartitions, replicationFactor }) => [
        name,
        resultOf(errorCode, `Creating topic "${name}"`, CreateTopics.name, errorMessage, () => {
          return { topicId, partitions: numPartitions, replicationFactor }
        }),
      ]),
    )
  }
  return askEach(cluster, topics, ({ name }) => name, attempt, options)
}

export function deleteTopics(
  cluster: Cluster,
  names: readonly string[],
  options: OperationOptions = {},
): Promise<Results<void>> {
  const attempt = async (open: readonly string[], timeoutMs: number) => {
    const response = await cluster.send(
      DeleteTopics,
      (version) =>
        version >= 6
          ? { topics: open.map((name) => ({ name })), timeoutMs: controllerTimeoutMs }
          : { topicNames: open, timeoutMs: controllerTimeoutMs },
      { ...options, timeoutMs },
    )
    return new Map(
      response.responses.map(({ name, errorCode, errorMessage }) => [
        name ?? '',
        resultOf(errorCode, `Deleting topic "${name}"`, DeleteTopics.name, errorMessage, () => undefined),
      ]),
    )
  }
  return askEach(cluster, names, (name) => name, attempt, options)
}

/** Grows topics to these numbers of partitions. */
export function createPartitions(
  cluster: Cluster,
  counts: Readonly<Record<string, number>>,
  options: OperationOptions & { readonly validateOnly?: boolean } = {},
): Promise<Results<void>> {
  const attempt = async (open: readonly string[], timeoutMs: number) => {
    const body = {
      topics: open.map((name) => ({ name, count: counts[name] ?? -1, assignments: null })),
      timeoutMs: controllerTimeoutMs,
      validateOnly: options.validateOnly ?? false,
    }
    const response = await cluster.send(CreatePartitions, body, { ...options, timeoutMs })
    return new Map(
      response.results.map(({ name, errorCode, errorMessage }) => [
        name,
        resultOf(errorCode, `Growing topic "${name}"`, CreatePartitions.name, errorMessage, () => undefined),
      ]),
    )
  }
  return askEach(cluster, Object.keys(counts), (name) => name, attempt, options)
}

/** All topics, or those named; a name that does not exist has its error. */
export async function describeTopics(
  cluster: Cluster,
  names: readonly string[] | undefined,
  options: OperationOptions = {},
): Promise<Results<TopicDescription>> {
  const attempt = (open: readonly string[], timeoutMs: number) => topicsNow(cluster, open, { ...options, timeoutMs })
  if (names !== undefined) return askEach(cluster, names, (name) => name, attempt, options)
  const all = await retry(cluster, (timeoutMs) => topicsNow(cluster, null, { ...options, timeoutMs }), options)
  const failed = [...all].filter(([, { ok }]) => !ok).map(([name]) => name)
  return new Map([...all, ...(await askEach(cluster, failed, (name) => name, attempt, options))])
}

async function topicsNow(
  cluster: Cluster,
  names: readonly string[] | null,
  options: SendOptions,
): Promise<Results<TopicDescription>> {
  const topics = names?.map((name) => ({ name })) ?? null
  const response = await cluster.send(
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
export function listOffsets(
  cluster: Cluster,
  queries: readonly (TopicPartition & { readonly at: OffsetQuery })[],
  options: OperationOptions & { readonly isolation?: 'committed' | 'uncommitted' } = {},
): Promise<Results<FoundOffset>> {
  const isolationLevel = options.isolation === 'committed' ? 1 : 0
  return askLeaders(cluster, queries, options, async (node, items, timeoutMs) => {
    const response = await cluster.send(
      ListOffsets,
      (version) => ({
        replicaId: -1,
        ...(version >= 2 ? { isolationLevel } : {}),
        topics: groupByTopic(items).map(([name, ofTopic]) => ({
          name,
          partitions: ofTopic.map(({ partition, at }) => ({ partitionIndex: partition, timestamp: timestampOf(at) })),
        })),
      }),
      { ...options, node, timeoutMs },
    )
    return response.topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, errorCode, offset, timestamp, leaderEpoch }) => {
        const key = partitionKey({ topic: name, partition: partitionIndex })
        const found = () => ({ offset, timestamp, leaderEpoch })
        return [key, resultOf(errorCode, `Looking up an offset of ${key}`, ListOffsets.name, null, found)] as const
      }),
    )
  })
}

/** Removes the records before these offsets ('latest': all that are committed). Answers where each partition begins now. */
export function deleteRecords(
  cluster: Cluster,
  targets: readonly (TopicPartition & { readonly before: number | 'latest' })[],
  options: OperationOptions = {},
): Promise<Results<{ readonly logStartOffset: number }>> {
  return askLeaders(cluster, targets, options, async (node, items, timeoutMs) => {
    const topics = groupByTopic(items).map(([name, ofTopic]) => ({
      name,
      partitions: ofTopic.map(({ partition, before }) => ({
        partitionIndex: partition,
        offset: before === 'latest' ? -1 : before,
      })),
    }))
    const body = { topics, timeoutMs: controllerTimeoutMs }
    const response = await cluster.send(DeleteRecords, body, { ...options, node, timeoutMs })
    return response.topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, errorCode, lowWatermark }) => {
        const key = partitionKey({ topic: name, partition: partitionIndex })
        const start = () => ({ logStartOffset: lowWatermark })
        return [key, resultOf(errorCode, `Deleting records of ${key}`, DeleteRecords.name, null, start)] as const
      }),
    )
  })
}

/** {@link askEach} for partitions: asks each one's leader, and looks for the leaders again when that did not help. */
export function askLeaders<Item extends TopicPartition, T>(
  cluster: Cluster,
  items: readonly Item[],
  options: OperationOptions,
  send: (leader: number, items: readonly Item[], timeoutMs: number) => Promise<Iterable<readonly [string, Result<T>]>>,
): Promise<Results<T>> {
  const attempt = async (open: readonly Item[], timeoutMs: number) => {
    const names = [...new Set(open.map(({ topic }) => topic))]
    await cluster.metadata(names, options.signal === undefined ? {} : { signal: options.signal })
    const results = new Map<string, Result<T>>()
    const groups = new Map<number, Item[]>()
    for (const item of open) {
      const leader = cluster.leaderOf(item.topic, item.partition)
      if (leader === undefined) results.set(partitionKey(item), missingLeader(cluster, item))
      else groups.set(leader, [...(groups.get(leader) ?? []), item])
    }
    for (const found of await Promise.all(
      Array.from(groups, ([leader, ofLeader]) => send(leader, ofLeader, timeoutMs)),
    )) {
      for (const [key, result] of found) results.set(key, result)
    }
    return results
  }
  return askEach(cluster, items, partitionKey, attempt, options)
}

function missingLeader<T>(cluster: Cluster, item: TopicPartition): Result<T> {
  const topic = cluster.snapshot.topics.get(item.topic)
  const code = topic?.partitions[item.partition]?.errorCode ?? topic?.errorCode ?? ErrorCode.NONE
  const known = code === ErrorCode.NONE ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : code
  const what = `Finding the leader of ${partitionKey(item)}`
  return { ok: false, error: brokerError(known, what, Metadata.name) }
}

function groupByTopic<T extends TopicPartition>(items: readonly T[]): [string, T[]][] {
  const groups = new Map<string, T[]>()
  for (const item of items) groups.set(item.topic, [...(groups.get(item.topic) ?? []), item])
  return [...groups]
}
