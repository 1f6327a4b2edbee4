/**
 * Incremental fetch sessions (KIP-227): what a consumer or follower asked for is remembered, and only changes travel. Pure.
 * Rules: reference section 2.10.
 */
import type { Uuid } from '@millrace/base'
import { ErrorCode } from '@millrace/protocol'

/** One partition of a fetch, as asked. */
export interface FetchPartition {
  readonly topic: string
  readonly topicId: Uuid
  readonly partition: number
  readonly currentLeaderEpoch: number
  readonly fetchOffset: number
  readonly lastFetchedEpoch: number
  readonly logStartOffset: number
  readonly partitionMaxBytes: number
}

/** What was last answered for a partition: an incremental answer leaves it out while nothing of this changed. */
interface Answered {
  highWatermark: number
  logStartOffset: number
}

interface SessionPartition {
  asked: FetchPartition
  answered: Answered
}

export interface FetchSession {
  readonly id: number
  /** Topics were named by id (fetch version 13 or later). */
  readonly usesTopicIds: boolean
  readonly isPrivileged: boolean
  epoch: number
  lastUsedMs: number
  /** In the order in which they are read; what returned data moves to the end, so that none starves. */
  readonly partitions: Map<string, SessionPartition>
}

/** What a request says about sessions. */
export interface SessionRequest {
  readonly sessionId: number
  readonly sessionEpoch: number
  readonly usesTopicIds: boolean
  /** A follower: it may take a consumer's place in a full cache. */
  readonly isPrivileged: boolean
  readonly partitions: readonly FetchPartition[]
  readonly forgotten: readonly { readonly topic: string; readonly topicId: Uuid; readonly partition: number }[]
}

/** How to answer: with an error, or by fetching `partitions`. `session` undefined: a full fetch without a session. */
export type SessionContext =
  | { readonly kind: 'error'; readonly errorCode: number }
  | {
      readonly kind: 'fetch'
      readonly session: FetchSession | undefined
      readonly isIncremental: boolean
      readonly partitions: readonly FetchPartition[]
    }

/** What the answer would say of one partition. */
export interface PartitionOutcome {
  readonly errorCode: number
  readonly highWatermark: number
  readonly logStartOffset: number
  readonly recordsSize: number
  readonly hasDivergingEpoch: boolean
  readonly preferredReadReplica: number
}

const finalEpoch = -1
const initialEpoch = 0
const epochMax = 0x7fffffff
/** A session that was not used for so long gives its place to a new one. */
export const evictionMs = 120_000

export class FetchSessionCache {
  readonly #slotCount: number
  readonly #nextId: () => number
  readonly #sessions = new Map<number, FetchSession>()

  /**
   * @param slotCount `max.incremental.fetch.session.cache.slots`
   * @param nextId a random positive int32; asked again while it is in use
   */
  constructor(slotCount: number, nextId: () => number) {
    this.#slotCount = slotCount
    this.#nextId = nextId
  }

  get size(): number {
    return this.#sessions.size
  }

  /** Finds or makes the session that a request belongs to, and the partitions to read. */
  begin(request: SessionRequest, nowMs: number): SessionContext {
    const { sessionId, sessionEpoch } = request
    if (sessionEpoch === finalEpoch || sessionEpoch === initialEpoch) {
      if (sessionId !== 0) this.#sessions.delete(sessionId)
      const session = sessionEpoch === initialEpoch ? this.#create(request, nowMs) : undefined
      return { kind: 'fetch', session, isIncremental: false, partitions: request.partitions }
    }
    const session = this.#sessions.get(sessionId)
    if (session === undefined) return { kind: 'error', errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND }
    if (session.epoch !== sessionEpoch) return { kind: 'error', errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH }
    if (session.usesTopicIds !== request.usesTopicIds)
      return { kind: 'error', errorCode: ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR }
    session.epoch = session.epoch === epochMax ? 1 : session.epoch + 1
    session.lastUsedMs = nowMs
    update(session, request)
    if (session.partitions.size === 0) {
      this.#sessions.delete(session.id)
      return { kind: 'fetch', session: undefined, isIncremental: false, partitions: [] }
    }
    const partitions = Array.from(session.partitions.values(), (partition) => partition.asked)
    return { kind: 'fetch', session, isIncremental: true, partitions }
  }

  #create(request: SessionRequest, nowMs: number): FetchSession | undefined {
    if (request.partitions.length === 0 || !this.#makeRoom(request, nowMs)) return undefined
    let id = this.#nextId()
    while (id <= 0 || this.#sessions.has(id)) id = this.#nextId()
    const session: FetchSession = {
      id,
      usesTopicIds: request.usesTopicIds,
      isPrivileged: request.isPrivileged,
      epoch: 1,
      lastUsedMs: nowMs,
      partitions: new Map(),
    }
    update(session, request)
    this.#sessions.set(id, session)
    return session
  }

  /** In a full cache: an idle session goes; else a follower takes a consumer's place, or a larger session an old smaller one's. */
  #makeRoom(request: SessionRequest, nowMs: number): boolean {
    if (this.#sessions.size < this.#slotCount) return true
    let victim: FetchSession | undefined
    for (const session of this.#sessions.values()) {
      const isIdle = nowMs - session.lastUsedMs > evictionMs
      const mayGo =
        isIdle ||
        (request.isPrivileged && !session.isPrivileged && request.partitions.length >= session.partitions.size)
      if (mayGo && (victim === undefined || session.lastUsedMs < victim.lastUsedMs)) victim = session
    }
    if (victim === undefined) return false
    this.#sessions.delete(victim.id)
    return true
  }
}

/** Whether a partition belongs into an answer. Remembers what is answered, so call it once for each answer that is sent. */
export function shouldAnswer(
  session: FetchSession,
  partition: FetchPartition,
  outcome: PartitionOutcome,
  isFull: boolean,
): boolean {
  const cached = session.partitions.get(keyOf(session.usesTopicIds, partition))
  if (cached === undefined) return true
  const hasChanged =
    outcome.recordsSize > 0 ||
    outcome.errorCode !== ErrorCode.NONE ||
    outcome.hasDivergingEpoch ||
    outcome.preferredReadReplica !== -1 ||
    cached.answered.highWatermark !== outcome.highWatermark ||
    cached.answered.logStartOffset !== outcome.logStartOffset
  // After an error the next good answer counts as a change, whatever it says.
  cached.answered.highWatermark = outcome.errorCode === ErrorCode.NONE ? outcome.highWatermark : -1
  cached.answered.logStartOffset = outcome.logStartOffset
  if (outcome.recordsSize > 0) {
    const key = keyOf(session.usesTopicIds, partition)
    session.partitions.delete(key)
    session.partitions.set(key, cached)
  }
  return isFull || hasChanged
}

function keyOf(usesTopicIds: boolean, partition: { topic: string; topicId: Uuid; partition: number }): string {
  return `${usesTopicIds ? partition.topicId : partition.topic}/${partition.partition}`
}

function update(session: FetchSession, request: SessionRequest): void {
  for (const asked of request.partitions) {
    const key = keyOf(session.usesTopicIds, asked)
    const known = session.partitions.get(key)
    if (known === undefined) session.partitions.set(key, { asked, answered: { highWatermark: -1, logStartOffset: -1 } })
    else known.asked = asked
  }
  for (const forgotten of request.forgotten) session.partitions.delete(keyOf(session.usesTopicIds, forgotten))
}
