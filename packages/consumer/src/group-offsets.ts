/** Reads and writes the offsets that a group has committed. */
import { brokerError, type Cluster, type Lane, type MillraceError, toMillraceError } from '@millrace/client'
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
 * Commits; tries again for ten seconds while the coordinator moves or is not there. Never rejects: gives what failed, by
 * {@link targetKey}.
 */
export async function commitOffsets(
  cluster: Cluster,
  group: string,
  identity: MemberIdentity,
  offsets: readonly OffsetToCommit[],
  { lane, signal }: { readonly lane: Lane; readonly signal: AbortSignal },
): Promise<ReadonlyMap<string, MillraceError>> {
  const failures = new Map<string, MillraceError>()
  /** Neither committed nor refused yet. */
  let open = offsets
  const attempt = async (remainingMs: number) => {
    const timeoutMs = Math.min(remainingMs, cluster.requestTimeoutMs)
    const body = commitRequest(group, identity, open)
    const response = await cluster.send(OffsetCommit, body, {
      group,
      lane,
      signal,
      timeoutMs,
      versions: { max: namesMax },
    })
    const codes = new Map<string, number>()
    for (const { name, partitions } of response.topics) {
      for (const each of partitions) {
        codes.set(targetKey({ topic: name, partition: each.partitionIndex }), each.errorCode)
      }
    }
    let retriable: MillraceError | undefined
    open = open.filter((each) => {
      const key = targetKey(each)
      const errorCode = codes.get(key) ?? ErrorCode.NONE
      if (errorCode === ErrorCode.NONE) return false
      const error = brokerError(errorCode, `Committing ${key} for group ${group}`, OffsetCommit.name)
      if (error.retriable) retriable ??= error
      else failures.set(key, error)
      return error.retriable
    })
    if (retriable !== undefined) throw retriable
  }
  try {
    await cluster.retry(attempt, { group, signal, timeoutMs: retryLimitMs })
  } catch (error) {
    const failure = toMillraceError(error, 'Committing')
    for (const each of open) failures.set(targetKey(each), failure)
  }
  return failures
}

function commitRequest(groupId: string, identity: MemberIdentity, offsets: readonly OffsetToCommit[]) {
  const { memberId, generationId, instanceId } = identity
  return {
    groupId,
    generationIdOrMemberEpoch: generationId,
    memberId,
    ...(instanceId === null ? {} : { groupInstanceId: instanceId }),
    topics: Array.from(byTopic(offsets), ([name, items]) => ({
      name,
      partitions: items.map(({ partition, offset, leaderEpoch }) => ({
        partitionIndex: partition,
        committedOffset: offset,
        committedLeaderEpoch: leaderEpoch,
        committedMetadata: '',
      })),
    })),
  }
}

export interface PartitionName {
  readonly topic: string
  readonly partition: number
}

export interface CommittedPlace {
  readonly offset: number
  /** Of the record before it; -1 when unknown. */
  readonly leaderEpoch: number
}

/**
 * The committed offsets, by {@link targetKey}; none where nothing is committed. One try. Rejects with {@link MillraceError};
 * retriable when a transaction has yet to decide an offset.
 */
export async function fetchOffsets(
  cluster: Cluster,
  group: string,
  partitions: readonly PartitionName[],
  requireStable: boolean,
  lane: Lane,
): Promise<ReadonlyMap<string, CommittedPlace>> {
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
  const offsets = new Map<string, CommittedPlace>()
  for (const { name, partitions: found } of answer.topics) {
    for (const { partitionIndex, committedOffset, committedLeaderEpoch, errorCode } of found) {
      if (errorCode !== ErrorCode.NONE) throw brokerError(errorCode, what, OffsetFetch.name)
      if (committedOffset < 0) continue
      const place = { offset: committedOffset, leaderEpoch: committedLeaderEpoch }
      offsets.set(targetKey({ topic: name, partition: partitionIndex }), place)
    }
  }
  return offsets
}
