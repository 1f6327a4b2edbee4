/**
 * Fetches for all assigned partitions: one request at a time to each broker that leads some of them, into buffers that are bounded
 * in bytes. A partition whose buffer is full is left out until it has been read; the others go on.
 */
import { type Timer, zeroUuid } from '@millrace/base'
import {
  type BrokerEndpoint,
  backoffMs,
  brokerError,
  type Cluster,
  type Lane,
  type MillraceError,
  remedyForCode,
  remedyForError,
  toMillraceError,
} from '@millrace/client'
import { ErrorCode, Fetch, type FetchPartitionData, type FetchResponse } from '@millrace/protocol'
import { AbortFilter } from './abort-filter.ts'
import { FetchSession, type FetchTarget, type SessionRequest, targetKey } from './fetch-session.ts'
import type { ResolvedSettings } from './options.ts'
import type { PartitionState } from './partition-state.ts'
import type { Unchecked } from './truncation-check.ts'

export interface FetcherEvents {
  /** A partition has records now. */
  readonly onData: (state: PartitionState) => void
  /** A partition has nothing new. */
  readonly onIdle: (state: PartitionState) => void
  /** These have a new leader, which may not have what was fetched from the one before: they wait until that is known. */
  readonly onUnchecked: (unchecked: readonly Unchecked[]) => void
  /** The offset to fetch from is gone. */
  readonly onOutOfRange: (state: PartitionState, offset: number) => void
  /** Something failed and is tried again. */
  readonly onStalled: (error: MillraceError) => void
  /** A partition can not be read at all; user code has to know. */
  readonly onFatal: (error: MillraceError) => void
}

/** A partition in a request. */
interface Asked {
  readonly state: PartitionState
  readonly version: number
  readonly target: FetchTarget
}

interface NodeState {
  readonly session: FetchSession
  /** Which kind of names the session is in: a broker does not mix them. */
  hasIds: boolean
  isBusy: boolean
  retryAtMs: number
  failureCount: number
  /** Until when partitions without news are not asked for; undefined when they may be. */
  holdEndMs: number | undefined
}

const sessionLossCodes: readonly number[] = [
  ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
  ErrorCode.INVALID_FETCH_SESSION_EPOCH,
  ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR,
]
/** The first version that names topics by id. */
const topicIdVersion = 13
/** While partitions are left out because their buffers are full, a broker shall not wait long for the others. */
const shortWaitMs = 50
/** How long full partitions are waited for before the others are asked for without them. */
const holdMs = 20
/** Answers that a partition may hold before it is left out. */
const heldAnswersMax = 2

export class Fetcher {
  readonly #cluster: Cluster
  readonly #settings: ResolvedSettings
  readonly #events: FetcherEvents
  readonly #lane: Lane
  readonly #nodes = new Map<number, NodeState>()
  #states: readonly PartitionState[] = []
  /** Where the round of partitions begins next: everyone is first once. */
  #turn = 0
  /** Bytes that answers on their way may bring. */
  #reservedSize = 0
  #timer: Timer | undefined
  #timerAtMs = Number.POSITIVE_INFINITY
  #isPumpDue = false
  #fetchCount = 0
  #fetchedSize = 0
  #isClosed = false

  constructor(cluster: Cluster, settings: ResolvedSettings, events: FetcherEvents) {
    this.#cluster = cluster
    this.#settings = settings
    this.#events = events
    this.#lane = cluster.newLane('fetch')
  }

  /** Answers that came. */
  get fetchCount(): number {
    return this.#fetchCount
  }

  /** Bytes of record batches that came and were taken. */
  get fetchedSize(): number {
    return this.#fetchedSize
  }

  /** Fetches for these partitions from now on. */
  assign(states: readonly PartitionState[]): void {
    this.#states = states
    this.pumpSoon()
  }

  /** Looks, after the current turn, whether something can be fetched. Called after every change that may allow it. */
  pumpSoon(): void {
    if (this.#isPumpDue || this.#isClosed) return
    this.#isPumpDue = true
    queueMicrotask(() => {
      this.#isPumpDue = false
      this.#pump()
    })
  }

  close(): void {
    this.#isClosed = true
    this.#states = []
    this.#timer?.cancel()
    this.#cluster.closeLane(this.#lane)
  }

  #pump(): void {
    if (this.#isClosed) return
    const now = this.#cluster.clock.monotonic()
    const { byNode, fullNodes, unchecked } = this.#plan(now)
    if (unchecked.length > 0) this.#events.onUnchecked(unchecked)
    for (const [id, asked] of byNode) {
      const node = this.#node(id)
      if (node.isBusy) continue
      if (now < node.retryAtMs) {
        this.#wakeAt(node.retryAtMs)
        continue
      }
      const isOtherFull = fullNodes.has(id)
      if (isOtherFull && this.#isHeldBack(node, asked, now)) continue
      node.holdEndMs = undefined
      const budget = this.#budget() || this.#dropPaused()
      if (budget <= 0) break
      // A broker that has nothing shall not keep all of the room while it waits.
      const share = Math.ceil(this.#settings.prefetchSizeMax / byNode.size)
      this.#send(id, node, asked, Math.min(budget, share), isOtherFull)
    }
  }

  /**
   * Whether to wait a moment with asking for partitions that have nothing new as far as known, while others of the broker are full.
   * Those are read and have room soon, usually; a request that waits for the first would keep them from being fetched.
   */
  #isHeldBack(node: NodeState, asked: readonly Asked[], now: number): boolean {
    if (asked.some(({ state }) => state.fetchOffset < state.highWatermark)) return false
    node.holdEndMs ??= now + holdMs
    if (now >= node.holdEndMs) return false
    this.#wakeAt(node.holdEndMs)
    return true
  }

  /** Who is asked for what; brokers some of whose partitions are left out, for having enough; and what waits for a check. */
  #plan(now: number): { byNode: Map<number, Asked[]>; fullNodes: Set<number>; unchecked: readonly Unchecked[] } {
    const unchecked: Unchecked[] = []
    const byNode = new Map<number, Asked[]>()
    const fullNodes = new Set<number>()
    const states = this.#states
    this.#turn = states.length === 0 ? 0 : (this.#turn + 1) % states.length
    for (let index = 0; index < states.length; index++) {
      const state = states[(index + this.#turn) % states.length] as PartitionState
      if (!state.isFetchable) continue
      if (now < state.retryAtMs) {
        this.#wakeAt(state.retryAtMs)
        continue
      }
      const node = this.#cluster.leaderOf(state.topic, state.partition)
      if (node === undefined && !this.#cluster.snapshot.topics.has(state.topic)) {
        this.#cluster.refreshMetadataSoon()
        continue
      }
      if (node === undefined) {
        this.#onError(state, ErrorCode.LEADER_NOT_AVAILABLE, now, { offset: -1, isHinted: false })
        continue
      }
      if (state.buffer.size >= heldAnswersMax * this.#settings.partitionFetchSizeMax) {
        fullNodes.add(node)
        continue
      }
      const target = this.#target(state)
      if (state.needsCheck(target.leaderEpoch)) {
        unchecked.push({ state, node, leaderEpoch: target.leaderEpoch })
        continue
      }
      const asked = { state, version: state.version, target }
      const list = byNode.get(node)
      if (list === undefined) byNode.set(node, [asked])
      else list.push(asked)
    }
    return { byNode, fullNodes, unchecked }
  }

  #target({ topic, topicId, partition, fetchOffset }: PartitionState): FetchTarget {
    const known = this.#cluster.snapshot.topics.get(topic)
    return {
      topic,
      // A broker that is behind may tell of a topic that had the name before.
      topicId: topicId ?? known?.topicId ?? zeroUuid,
      partition,
      offset: fetchOffset,
      leaderEpoch: known?.partitions[partition]?.leaderEpoch ?? -1,
      sizeMax: this.#settings.partitionFetchSizeMax,
    }
  }

  #budget(): number {
    let heldSize = this.#reservedSize
    for (const { buffer } of this.#states) heldSize += buffer.size
    return Math.max(0, this.#settings.prefetchSizeMax - heldSize)
  }

  /** Paused partitions keep what is fetched, unless they are the reason that the others get nothing. Gives the room there is. */
  #dropPaused(): number {
    const holders = this.#states.filter(({ buffer }) => buffer.size > 0)
    if (this.#reservedSize > 0 || holders.some(({ isPaused }) => !isPaused)) return 0
    for (const state of holders) state.dropFetched()
    return this.#budget()
  }

  #node(id: number): NodeState {
    let node = this.#nodes.get(id)
    if (node === undefined) {
      node = {
        session: new FetchSession(),
        hasIds: false,
        isBusy: false,
        retryAtMs: 0,
        failureCount: 0,
        holdEndMs: undefined,
      }
      this.#nodes.set(id, node)
    }
    return node
  }

  #send(id: number, node: NodeState, asked: readonly Asked[], budget: number, isOtherFull: boolean): void {
    const { fetchSizeMax, fetchSizeMin, fetchWaitMs, partitionFetchSizeMax, isCommitted } = this.#settings
    const hasIds = asked.every(({ target }) => target.topicId !== zeroUuid)
    if (hasIds !== node.hasIds) node.session.onFailure()
    node.hasIds = hasIds
    const request = node.session.next(asked.map(({ target }) => target))
    const maxBytes = Math.min(fetchSizeMax, budget)
    const reservedSize = Math.min(maxBytes, asked.length * partitionFetchSizeMax)
    const maxWaitMs = isOtherFull ? Math.min(fetchWaitMs, shortWaitMs) : fetchWaitMs
    const body = {
      maxWaitMs,
      minBytes: fetchSizeMin,
      maxBytes,
      isolationLevel: isCommitted ? 1 : 0,
      ...requestTopics(request),
    }
    node.isBusy = true
    this.#reservedSize += reservedSize
    const options = {
      node: id,
      lane: this.#lane,
      timeoutMs: maxWaitMs + this.#cluster.requestTimeoutMs,
      versions: { max: hasIds ? Fetch.stableMax : topicIdVersion - 1 },
    }
    this.#cluster
      .send(Fetch, body, options)
      .then((response) => this.#onResponse(node, asked, response))
      .catch((error) => this.#onFailure(node, toMillraceError(error, Fetch.name)))
      .finally(() => {
        node.isBusy = false
        this.#reservedSize -= reservedSize
        this.pumpSoon()
      })
  }

  #onResponse(node: NodeState, asked: readonly Asked[], response: FetchResponse): void {
    if (this.#isClosed) return
    this.#fetchCount++
    if (!node.session.onResponse(response.errorCode, response.sessionId)) {
      // A lost session costs nothing but a full request; anything else, or losing it again at once, is an error of the broker.
      const isSessionLost = sessionLossCodes.includes(response.errorCode) && node.failureCount === 0
      if (isSessionLost) node.failureCount++
      else this.#onFailure(node, brokerError(response.errorCode, 'Fetching', Fetch.name))
      return
    }
    node.failureCount = 0
    const byName = new Map(asked.map((each) => [targetKey(each.state), each]))
    const names = new Map(asked.map(({ target }) => [target.topicId, target.topic]))
    for (const { topic, topicId, partitions } of response.responses) {
      const name = topic === '' ? (names.get(topicId) ?? '') : topic
      for (const answer of partitions) {
        const key = targetKey({ topic: name, partition: answer.partitionIndex })
        const each = byName.get(key)
        byName.delete(key)
        if (each !== undefined) this.#onAnswer(each, answer, response.nodeEndpoints)
      }
    }
    // What a session leaves out is as it was told before.
    for (const { state, version } of byName.values()) if (state.version === version) this.#onNothingNew(state)
  }

  #onNothingNew(state: PartitionState): void {
    state.isEndFresh = state.highWatermark >= 0
    this.#events.onIdle(state)
  }

  #onAnswer({ state, version, target }: Asked, answer: FetchPartitionData, endpoints: readonly BrokerEndpoint[]): void {
    // Moved or taken away while the request was on its way.
    if (state.version !== version || state.isRevoked) return
    // Two leaders were asked, one after the other: the first answer counts.
    if (state.fetchOffset !== target.offset) return
    const { leaderId } = answer.currentLeader
    if (leaderId >= 0) this.#cluster.noteLeader(state.topic, state.partition, answer.currentLeader, endpoints)
    if (answer.errorCode !== ErrorCode.NONE) {
      const isHinted = leaderId >= 0 && this.#cluster.leaderOf(state.topic, state.partition) === leaderId
      const about = { offset: target.offset, isHinted }
      this.#onError(state, answer.errorCode, this.#cluster.clock.monotonic(), about)
      return
    }
    state.failureCount = 0
    state.highWatermark = answer.highWatermark
    state.readableEnd = this.#settings.isCommitted ? answer.lastStableOffset : answer.highWatermark
    const bytes = answer.records
    if (bytes === null || bytes.length === 0) {
      state.checkedEpoch = Math.max(state.checkedEpoch, target.leaderEpoch)
      this.#onNothingNew(state)
      return
    }
    // It may come from a leader that is none any more: what a newer one was asked does not hold for these records.
    state.checkedEpoch = target.leaderEpoch
    state.isEndFresh = true
    this.#take(state, bytes, new AbortFilter(answer.abortedTransactions ?? []))
  }

  #take(state: PartitionState, bytes: Buffer, filter: AbortFilter): void {
    const { buffer } = state
    const nextOffset = buffer.add(bytes, filter)
    this.#fetchedSize += bytes.length
    if (nextOffset !== undefined) {
      state.fetchOffset = Math.max(state.fetchOffset, nextOffset)
      state.fetchedEpoch = buffer.addedEpoch
    } else buffer.fail(new Error(`the broker sent ${bytes.length} bytes and no whole batch`))
    this.#events.onData(state)
  }

  #onError(
    state: PartitionState,
    errorCode: number,
    now: number,
    { offset, isHinted }: { readonly offset: number; readonly isHinted: boolean },
  ): void {
    if (errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) {
      this.#events.onOutOfRange(state, offset)
      return
    }
    const remedy = remedyForCode(errorCode)
    const error = brokerError(errorCode, `Fetching ${state.topic}-${state.partition}`, Fetch.name)
    this.#cluster.applyRemedy(remedy)
    if (!remedy.retriable) this.#events.onFatal(error)
    else if (errorCode === ErrorCode.UNKNOWN_LEADER_EPOCH) this.#cluster.refreshMetadataSoon()
    if (remedy.retriable && state.failureCount > 0) this.#events.onStalled(error)
    state.failureCount++
    // A leader that the answer named can be asked at once.
    if (isHinted && state.failureCount === 1) return
    state.retryAtMs = now + backoffMs(state.failureCount, this.#cluster.random, this.#cluster.backoff)
    this.#wakeAt(state.retryAtMs)
  }

  #onFailure(node: NodeState, error: MillraceError): void {
    node.session.onFailure()
    if (this.#isClosed) return
    this.#cluster.applyRemedy(remedyForError(error))
    if (error.retriable) this.#events.onStalled(error)
    else this.#events.onFatal(error)
    node.failureCount++
    const { clock, random, backoff } = this.#cluster
    node.retryAtMs = clock.monotonic() + backoffMs(node.failureCount, random, backoff)
    this.#wakeAt(node.retryAtMs)
  }

  #wakeAt(atMs: number): void {
    if (atMs >= this.#timerAtMs || this.#isClosed) return
    this.#timer?.cancel()
    this.#timerAtMs = atMs
    const { clock } = this.#cluster
    this.#timer = clock.schedule(Math.max(0, atMs - clock.monotonic()), () => {
      this.#timerAtMs = Number.POSITIVE_INFINITY
      this.#timer = undefined
      this.#pump()
    })
  }
}

/** Targets grouped by topic, as the request has them. */
function requestTopics({ sessionId, sessionEpoch, targets, forgotten }: SessionRequest) {
  return {
    sessionId,
    sessionEpoch,
    topics: groupByTopic(targets).map((group) => ({
      topic: group[0].topic,
      topicId: group[0].topicId,
      partitions: group.map(({ partition, offset, leaderEpoch, sizeMax }) => ({
        partition,
        fetchOffset: offset,
        currentLeaderEpoch: leaderEpoch,
        partitionMaxBytes: sizeMax,
      })),
    })),
    forgottenTopicsData: groupByTopic(forgotten).map((group) => ({
      topic: group[0].topic,
      topicId: group[0].topicId,
      partitions: group.map(({ partition }) => partition),
    })),
  }
}

/** Runs of one topic: the order of partitions is the order in which a broker fills its answer. */
function groupByTopic(targets: readonly FetchTarget[]): [FetchTarget, ...FetchTarget[]][] {
  const groups = new Map<string, [FetchTarget, ...FetchTarget[]]>()
  for (const target of targets) {
    const key = `${target.topicId} ${target.topic}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [target])
    else group.push(target)
  }
  return [...groups.values()]
}
