/**
 * Commits what is done: when asked, and by itself from time to time. One request at a time, so that an older one never comes last;
 * what is to be committed meanwhile goes into the next one together.
 */
import { type Deferred, deferred, type Timer } from '@millrace/base'
import { backoffMs, type Cluster, type Lane, MillraceError, toMillraceError } from '@millrace/client'
import { ErrorCode, OffsetCommit } from '@millrace/protocol'
import { targetKey } from './fetch-session.ts'
import { commitOffsets, type MemberIdentity } from './group-offsets.ts'
import type { Limits } from './limits.ts'
import type { ResolvedSettings } from './options.ts'
import type { PartitionState } from './partition-state.ts'

export interface CommitterHost {
  /** The partitions that are assigned now. */
  states(): Iterable<PartitionState>
  /** Who commits. */
  identity(): MemberIdentity
  /** Whether this member is joining its group, perhaps with partitions that it keeps meanwhile. */
  isJoining(): boolean
  /** Resolves when it is not (any more). */
  whenSettled(): Promise<void>
  /** The coordinator says that `identity` is no member, or not in this generation, any more. */
  onExpelled(identity: MemberIdentity, errorCode: number): void
  onStalled(error: MillraceError): void
}

/** Everything of a partition before `offset` is done. */
interface Done {
  readonly state: PartitionState
  readonly offset: number
  /** Of the record before it; -1 when unknown. */
  readonly leaderEpoch: number
}

/** What waits to be committed of one partition, and those who wait for that. */
interface Entry {
  done: Done
  readonly result: Deferred<void>
}

type Batch = Map<PartitionState, Entry>

/** Codes after which the partitions may belong to someone else. */
const expelledCodes: readonly (number | undefined)[] = [
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.FENCED_INSTANCE_ID,
]
/** How long a commit waits for a rebalance to end before it is given up; and how long while closing. */
const rebalanceWaitMs = 10_000
const closingWaitMs = 1000

export class Committer {
  readonly #cluster: Cluster
  readonly #settings: ResolvedSettings
  readonly #lane: Lane
  readonly #limits: Limits
  readonly #host: CommitterHost
  readonly #aborter = new AbortController()
  #waiting: Batch | undefined
  #isSending = false
  #timer: Timer | undefined
  #isStopped = false
  readonly #stopped = deferred<void>()
  #commitCount = 0

  constructor(cluster: Cluster, settings: ResolvedSettings, lane: Lane, limits: Limits, host: CommitterHost) {
    this.#cluster = cluster
    this.#settings = settings
    this.#lane = lane
    this.#limits = limits
    this.#host = host
  }

  /** Requests that succeeded for at least one partition. */
  get commitCount(): number {
    return this.#commitCount
  }

  /** Commits by itself from now on, if that is wanted. */
  start(): void {
    if (this.#isAutomatic && !this.#isStopped) this.#armTimer()
  }

  /** Commits by itself no more. */
  stop(): void {
    this.#isStopped = true
    this.#stopped.resolve()
    this.#timer?.cancel()
  }

  /** Gives up what is under way. */
  close(): void {
    this.stop()
    this.#aborter.abort()
  }

  /** Commits everything that is done. Rejects with {@link MillraceError}. */
  commitAll(): Promise<void> {
    return this.#commit(uncommitted(this.#host.states()))
  }

  /** The same for some partitions, where committing goes by itself; never rejects. */
  async commitQuietly(states: Iterable<PartitionState> = this.#host.states()): Promise<void> {
    const done = this.#isAutomatic ? uncommitted(states) : []
    if (done.length === 0) return
    try {
      await this.#commit(done)
    } catch (error) {
      const failure = toMillraceError(error, 'Committing')
      // Taken away before it was sent: that is told elsewhere.
      if (failure.code !== 'revoked' || failure.brokerCode !== undefined) this.#host.onStalled(failure)
    }
  }

  /**
   * Everything of the partition before `offset` is done. Rejects with {@link MillraceError}; a rejection that nobody waits for does no
   * harm.
   */
  commitBefore(state: PartitionState, offset: number, leaderEpoch: number): Promise<void> {
    if (!state.isRevoked) state.finishBefore(offset)
    return this.#commit([{ state, offset, leaderEpoch }])
  }

  get #isAutomatic(): boolean {
    return this.#settings.autoCommit && this.#settings.group !== undefined
  }

  #commit(done: readonly Done[]): Promise<void> {
    const { group } = this.#settings
    const committed =
      group === undefined
        ? Promise.reject(new MillraceError('invalid-argument', 'Committing needs a group'))
        : this.#enqueue(group, done)
    // Whoever waits gets it all the same.
    committed.catch(() => {})
    return committed
  }

  #enqueue(group: string, done: readonly Done[]): Promise<void> {
    const results: Promise<void>[] = []
    for (const each of done) {
      if (each.state.isRevoked) return Promise.reject(revokedError(each))
      this.#waiting ??= new Map()
      let entry = this.#waiting.get(each.state)
      if (entry === undefined) {
        entry = { done: each, result: deferred() }
        entry.result.promise.catch(() => {})
        this.#waiting.set(each.state, entry)
      }
      entry.done = each
      results.push(entry.result.promise)
    }
    // What is committed in the same turn goes together.
    queueMicrotask(() => this.#sendNext(group))
    const [only] = results
    return results.length === 1 && only !== undefined ? only : Promise.all(results).then(() => {})
  }

  #sendNext(group: string): void {
    const batch = this.#waiting
    if (this.#isSending || batch === undefined) return
    this.#waiting = undefined
    this.#isSending = true
    void this.#sendBatch(group, batch).then(() => {
      this.#isSending = false
      this.#sendNext(group)
    })
  }

  /** Settles all entries. Never rejects. */
  async #sendBatch(group: string, batch: Batch): Promise<void> {
    const endMs = this.#cluster.clock.monotonic() + rebalanceWaitMs
    let entries = [...batch.values()].filter(isAssigned)
    for (let tryCount = 1; entries.length > 0; tryCount++) {
      const refused = await this.#send(group, entries)
      if (refused.length === 0) return
      const leftMs = endMs - this.#cluster.clock.monotonic()
      if (leftMs <= 0 || this.#aborter.signal.aborted || (this.#isStopped && tryCount > 1)) {
        for (const { entry, error } of refused) entry.result.reject(rebalanceError(error))
        return
      }
      await this.#waitForRebalance(this.#isStopped ? Math.min(leftMs, closingWaitMs) : leftMs, tryCount)
      entries = refused.map(({ entry }) => entry).filter(isAssigned)
    }
  }

  async #waitForRebalance(limitMs: number, tryCount: number): Promise<void> {
    const { random, backoff } = this.#cluster
    const isOver = () => Promise.race([this.#host.whenSettled(), this.#stopped.promise])
    await this.#limits.within(limitMs, this.#isStopped ? () => this.#host.whenSettled() : isOver)
    // A coordinator that goes on refusing is not asked without a pause.
    if (tryCount > 1)
      await this.#cluster.sleep(backoffMs(tryCount, random, backoff), this.#aborter.signal).catch(() => {})
  }

  /** Gives those that were refused only because the group is being joined again, with the partitions kept. */
  async #send(group: string, entries: readonly Entry[]): Promise<{ entry: Entry; error: MillraceError }[]> {
    // As of now: what is not revoked belongs to this member in whatever generation it is.
    const identity = this.#host.identity()
    const offsets = entries.map(({ done: { state, offset, leaderEpoch } }) => {
      return { topic: state.topic, partition: state.partition, offset, leaderEpoch }
    })
    const options = { lane: this.#lane, signal: this.#aborter.signal }
    const failures = await commitOffsets(this.#cluster, group, identity, offsets, options)
    if (failures.size < entries.length) this.#commitCount++
    const refused: { entry: Entry; error: MillraceError }[] = []
    for (const entry of entries) {
      const { state, offset } = entry.done
      const error = failures.get(targetKey(state))
      if (error === undefined) {
        state.committedOffset = offset
        entry.result.resolve()
      } else if (this.#isRebalance(identity, error)) refused.push({ entry, error })
      else entry.result.reject(this.#failureOf(identity, error))
    }
    return refused
  }

  /** Whether the identity was only out of date. */
  #isRebalance(identity: MemberIdentity, { brokerCode }: MillraceError): boolean {
    if (brokerCode === ErrorCode.REBALANCE_IN_PROGRESS) return true
    if (brokerCode !== ErrorCode.ILLEGAL_GENERATION) return false
    const { memberId, generationId } = this.#host.identity()
    const isOutdated = identity.memberId !== memberId || identity.generationId !== generationId
    return isOutdated || this.#host.isJoining()
  }

  #failureOf(identity: MemberIdentity, error: MillraceError): MillraceError {
    const { brokerCode } = error
    if (brokerCode === undefined || !expelledCodes.includes(brokerCode)) return error
    this.#host.onExpelled(identity, brokerCode)
    const message = `${error.message}: the partitions may belong to another member by now`
    return new MillraceError('revoked', message, { apiName: OffsetCommit.name, brokerCode, cause: error })
  }

  #armTimer(): void {
    this.#timer = this.#cluster.clock.schedule(this.#settings.autoCommitIntervalMs, () => {
      this.commitQuietly().then(() => {
        if (!this.#isStopped) this.#armTimer()
      })
    })
  }
}

function uncommitted(states: Iterable<PartitionState>): Done[] {
  const done: Done[] = []
  for (const state of states) {
    const { doneOffset, committedOffset, buffer } = state
    if (doneOffset < 0 || doneOffset === committedOffset) continue
    done.push({ state, offset: doneOffset, leaderEpoch: buffer.leaderEpoch })
  }
  return done
}

/** Refuses what was taken away while it waited. */
function isAssigned({ done, result }: Entry): boolean {
  if (done.state.isRevoked) result.reject(revokedError(done))
  return !done.state.isRevoked
}

function revokedError({ state, offset }: Done): MillraceError {
  const message = `${targetKey(state)} is not assigned to this consumer any more: offset ${offset} is not committed`
  return new MillraceError('revoked', message)
}

function rebalanceError(cause: MillraceError): MillraceError {
  const { brokerCode, apiName, message } = cause
  return new MillraceError('broker', `${message}: the group is being rebalanced; commit again later`, {
    retriable: true,
    apiName,
    brokerCode,
    cause,
  })
}
