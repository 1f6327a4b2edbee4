/** Reads and writes the offsets that a group has committed. */
import { brokerError, type Cluster, type Lane } from '@millrace/client'
import { ErrorCode, OffsetCommit, OffsetFetch } from '@millrace/protocol'
import { byTopic } from './by-topic.ts'
import { targetKey } from './fetch-session.ts'

/** Who commits: a member in a generation, or nobody in particular. */
export interface MemberIdentity {
  readonly memberId: string
  readonly generationId: number
  readonly instanceId: string | null
}

export interface OffsetToCommit {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Of the record before it; -1 when unknown. */
  readonly leaderEpoch: number
}

/** The last versions that name topics; the next ones want ids. */
const namesMax = 9
const retryLimitMs = 10_000

/**
 * Commits; tries again for ten seconds while the coordinator moves or is not there. Rejects with {@link MillraceError} for the first partition that
 * was refused.
 */
export async function commitOffsets(
  cluster: Cluster,
  group: string,
  identity: MemberIdentity,
  offsets: readonly OffsetToCommit[],
  { lane, signal }: { readonly lane: Lane; readonly signal: AbortSignal },
): Promise<void> {
  if (offsets.length === 0) return
  const topics = Array.from(byTopic(offsets), ([name, items]) => ({
    name,
    partitions: items.map(({ partition, offset, leaderEpoch }) => ({
      partitionIndex: partition,
      committedOffset: offset,
      committedLeaderEpoch: leaderEpoch,
      committedMetadata: '',
    })),
  }))
  const { memberId, generationId, instanceId } = identity
  const attempt = async (remainingMs: number) => {
    const body = {
      groupId: group,
      generationIdOrMemberEpoch: generationId,
      memberId,
      ...(instanceId === null ? {} : { groupInstanceId: instanceId }),
      topics,
    }
    const options = {
      group,
      lane,
      signal,
      timeoutMs: Math.min(remainingMs, cluster.requestTimeoutMs),
      versions: { max: namesMax },
    }
    const response = await cluster.send(OffsetCommit, body, options)
    for (const topic of response.topics) {
      for (const { partitionIndex, errorCode } of topic.partitions) {
        if (errorCode === ErrorCode.NONE) continue
        const place = targetKey({ topic: topic.name, partition: partitionIndex })
        throw brokerError(errorCode, `Committing ${place} for group ${group}`, OffsetCommit.name)
      }
    }
  }
  await cluster.retry(attempt, { group, signal, timeoutMs: retryLimitMs })
}

export interface PartitionName {
  readonly topic: string
  readonly partition: number
}

/**
 * The committed offsets, by {@link targetKey}; -1 where nothing is committed. One try. Rejects with {@link MillraceError};
 * retriable when a transaction has yet to decide an offset.
 */
export async function fetchOffsets(
  cluster: Cluster,
  group: string,
  partitions: readonly PartitionName[],
  requireStable: boolean,
  lane: Lane,
): Promise<ReadonlyMap<string, number>> {
  const topics = Array.from(byTopic(partitions), ([name, items]) => ({
    name,
    partitionIndexes: items.map(({ partition }) => partition),
  }))
  const body = (version: number) => ({
    ...(version >= 8 ? { groups: [{ groupId: group, topics }] } : { groupId: group, topics }),
    ...(version >= 7 ? { requireStable } : {}),
  })
  const response = await cluster.send(OffsetFetch, body, { group, lane, versions: { max: namesMax } })
  const answer = response.groups[0] ?? response
  const what = `Asking for the offsets of group ${group}`
  if (answer.errorCode !== ErrorCode.NONE) throw brokerError(answer.errorCode, what, OffsetFetch.name)
  const offsets = new Map<string, number>()
  for (const { name, partitions: found } of answer.topics) {
    for (const { partitionIndex, committedOffset, errorCode } of found) {
      if (errorCode !== ErrorCode.NONE) throw brokerError(errorCode, what, OffsetFetch.name)
      offsets.set(targetKey({ topic: name, partition: partitionIndex }), committedOffset)
    }
  }
  return offsets
}
