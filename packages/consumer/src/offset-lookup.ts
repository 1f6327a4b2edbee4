/** Looks up offsets by place or time, each at its partition's leader. */
import { brokerError, type Cluster, type Lane, type MillraceError, toMillraceError } from '@millrace/client'
import { ErrorCode, ListOffsets } from '@millrace/protocol'
import { byTopic } from './by-topic.ts'
import { targetKey } from './fetch-session.ts'
import type { StartAt } from './partition-state.ts'

export interface LookupQuery {
  readonly topic: string
  readonly partition: number
  readonly startAt: StartAt
}

/** An offset; or why there is none, by {@link targetKey}. */
export type LookupResults = ReadonlyMap<string, number | MillraceError>

const latestTimestamp = -1
const earliestTimestamp = -2

function timestampOf(startAt: StartAt): number {
  if (startAt === 'latest') return latestTimestamp
  return startAt === 'earliest' ? earliestTimestamp : startAt.timestamp
}

/** One question to one node. */
async function askNode(
  cluster: Cluster,
  node: number,
  queries: readonly LookupQuery[],
  isCommitted: boolean,
  lane: Lane,
): Promise<LookupResults> {
  const topics = byTopic(queries)
  const body = (version: number) => ({
    replicaId: -1,
    ...(version >= 2 ? { isolationLevel: isCommitted ? 1 : 0 } : {}),
    topics: Array.from(topics, ([name, group]) => ({
      name,
      partitions: group.map(({ partition, startAt }) => ({
        partitionIndex: partition,
        currentLeaderEpoch: cluster.snapshot.topics.get(name)?.partitions[partition]?.leaderEpoch ?? -1,
        timestamp: timestampOf(startAt),
      })),
    })),
  })
  const response = await cluster.send(ListOffsets, body, { node, lane })
  const results = new Map<string, number | MillraceError>()
  for (const { name, partitions } of response.topics) {
    for (const { partitionIndex, errorCode, offset } of partitions) {
      const key = targetKey({ topic: name, partition: partitionIndex })
      const error = () => brokerError(errorCode, `Looking up an offset of ${key}`, ListOffsets.name)
      results.set(key, errorCode === ErrorCode.NONE ? offset : error())
    }
  }
  return results
}

/**
 * One try for each query. A time after the last record gives the end of the partition. Never rejects: what failed is in the result.
 */
export async function lookUpOffsets(
  cluster: Cluster,
  queries: readonly LookupQuery[],
  isCommitted: boolean,
  lane: Lane,
): Promise<LookupResults> {
  const results = new Map<string, number | MillraceError>()
  const byNode = new Map<number, LookupQuery[]>()
  for (const query of queries) {
    const node = cluster.leaderOf(query.topic, query.partition)
    if (node === undefined) {
      const what = `Looking up an offset of ${targetKey(query)}`
      results.set(targetKey(query), brokerError(ErrorCode.LEADER_NOT_AVAILABLE, what, ListOffsets.name))
      continue
    }
    const group = byNode.get(node)
    if (group === undefined) byNode.set(node, [query])
    else group.push(query)
  }
  const ask = async ([node, group]: [number, LookupQuery[]]) => {
    try {
      for (const [key, found] of await askNode(cluster, node, group, isCommitted, lane)) results.set(key, found)
    } catch (error) {
      const failure = toMillraceError(error, 'Looking up offsets')
      for (const query of group) results.set(targetKey(query), failure)
    }
  }
  await Promise.all([...byNode].map(ask))
  await lookUpEnds(cluster, queries, results, isCommitted, lane)
  return results
}

/** No record is as late as the time asked for: the end is where such a record would come. */
async function lookUpEnds(
  cluster: Cluster,
  queries: readonly LookupQuery[],
  results: Map<string, number | MillraceError>,
  isCommitted: boolean,
  lane: Lane,
): Promise<void> {
  const late = queries.filter((query) => results.get(targetKey(query)) === -1 && query.startAt !== 'latest')
  if (late.length === 0) return
  const atEnd = late.map(({ topic, partition }) => ({ topic, partition, startAt: 'latest' as const }))
  for (const [key, found] of await lookUpOffsets(cluster, atEnd, isCommitted, lane)) results.set(key, found)
}
