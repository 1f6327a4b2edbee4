/** One partition on this broker: its log, who leads it, who is in sync, and who waits for it. */
import { assert } from '@millrace/base'
import { BatchHeader, ErrorCode } from '@millrace/protocol'
import type { Log, LogSlice } from '@millrace/storage'
import type { PartitionView } from '../cluster-view.ts'
import { OffsetWaiters } from './offset-waiters.ts'
import { effectiveMinIsr, type FollowerState, nextHighWatermark } from './watermark.ts'

export interface AppendRequest {
  readonly requiredAcks: number
  /** Version of the produce request: some checks depend on it. */
  readonly apiVersion: number
  /** May write to internal topics. */
  readonly isInternalClient: boolean
}

export type AppendOutcome =
  | {
      readonly kind: 'appended'
      readonly baseOffset: number
      readonly lastOffset: number
      readonly logAppendTimeMs: number
      readonly logStartOffset: number
      /** Resolves with undefined once the records are as safe as asked, else with the error code. */
      whenAcknowledged(acks: 'all' | 'leader', timeoutMs: number): Promise<number | undefined>
    }
  | {
      readonly kind: 'refused'
      readonly errorCode: number
      readonly message: string | null
      readonly logStartOffset?: number
      readonly recordErrors?: readonly { readonly batchIndex: number; readonly message: string }[]
    }

export interface ReadRequest {
  readonly sizeMax: number
  readonly minOneBatch: boolean
  readonly isReplica: boolean
  readonly isCommittedOnly: boolean
  readonly lastFetchedEpoch: number
}

export type ReadOutcome =
  | {
      readonly kind: 'read'
      readonly slice: LogSlice | undefined
      /** For readers of committed data: the aborted transactions that overlap the slice. */
      readonly aborted?: readonly { readonly producerId: number; readonly firstOffset: number }[]
      readonly divergingEpoch?: { readonly epoch: number; readonly endOffset: number }
    }
  | { readonly kind: 'refused'; readonly errorCode: number }

export interface PartitionListener {
  onHighWatermark(offset: number): void
  /** The log ends at `endOffset` now: what was assigned above it is gone. */
  onFailure(endOffset: number): void
}

export interface PartitionOptions {
  readonly topic: string
  readonly index: number
  readonly brokerId: number
  readonly isInternal: boolean
  /** Absent for a coordinator's partition that was never written: its log is made by {@link openLog} at the first append. */
  readonly log: Log | undefined
  readonly openLog: () => Promise<Log>
  readonly timers: { schedule(delayMs: number, callback: () => void): { cancel(): void } }
  readonly minInsyncReplicas: () => number
}

const nothing = () => {}

export class Partition {
  readonly topic: string
  readonly index: number
  readonly #options: PartitionOptions
  readonly #followers = new Map<number, FollowerState>()
  readonly #committed = new OffsetWaiters()
  readonly #written = new OffsetWaiters()
  readonly #watchers = new Set<() => void>()
  readonly #listeners = new Set<PartitionListener>()
  #stopListening: () => void = () => {}
  #log: Log | undefined
  /** Appends that wait for the log to be made, or for the one that takes its place, and where they end. */
  #unopened: { readonly batches: Buffer[]; readonly startOffset: number; endOffset: number } | undefined
  /** While another log takes this one's place: reads and changes wait. */
  #replacing: Promise<void> | undefined
  /** The last append that waits for its batch to be compressed anew, for one before it, or for another log. */
  #preparing: Promise<void> | undefined
  #view: PartitionView
  #isLeader = false
  #isClosed = false

  constructor(options: PartitionOptions, view: PartitionView) {
    this.topic = options.topic
    this.index = options.index
    this.#options = options
    this.#view = view
    if (options.log !== undefined) this.#attach(options.log)
  }

  /** Undefined while nothing was ever written; see {@link PartitionOptions.log}. */
  get log(): Log | undefined {
    return this.#log
  }

  get isLeader(): boolean {
    return this.#isLeader
  }

  get leaderEpoch(): number {
    return this.#view.leaderEpoch
  }

  get isr(): readonly number[] {
    return this.#view.isr
  }

  get currentLeader(): { leaderId: number; leaderEpoch: number } {
    return { leaderId: this.#view.leader, leaderEpoch: this.#view.leaderEpoch }
  }

  get highWatermark(): number {
    return this.#log?.highWatermark ?? 0
  }

  get lastStableOffset(): number {
    return this.#log?.lastStableOffset ?? 0
  }

  get logStartOffset(): number {
    return this.#log?.logStartOffset ?? 0
  }

  get endOffset(): number {
    return this.#unopened?.endOffset ?? this.#log?.endOffset ?? 0
  }

  /** Takes what the controller decided. A new epoch ends the waits of the old one. */
  update(view: PartitionView): void {
    const wasLeader = this.#isLeader
    const isNewEpoch = view.leaderEpoch !== this.#view.leaderEpoch
    this.#view = view
    this.#isLeader = view.leader === this.#options.brokerId
    if (wasLeader && (!this.#isLeader || isNewEpoch)) this.#endWaits(ErrorCode.NOT_LEADER_OR_FOLLOWER)
    if (this.#isLeader) {
      if (isNewEpoch || !wasLeader) this.#log?.startEpoch(view.leaderEpoch)
      this.#advance()
    }
    this.#wakeWatchers()
  }

  /** FENCED or UNKNOWN when the asker's epoch (-1: does not care) is not this leader's. */
  checkLeaderEpoch(epoch: number): number {
    if (epoch === -1 || epoch === this.leaderEpoch) return ErrorCode.NONE
    return epoch < this.leaderEpoch ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.UNKNOWN_LEADER_EPOCH
  }

  /**
   * Appends one client batch. Order of calls is order in the log: a batch that has to be compressed anew first, beside the event loop,
   * is waited for by those that come after it.
   */
  append(batch: Buffer, request: AppendRequest): AppendOutcome | Promise<AppendOutcome> {
    const prepared = this.#isLeader ? this.#log?.prepare(batch) : undefined
    if (prepared === undefined && this.#preparing === undefined) return this.#append(batch, request)
    const outcome = Promise.all([prepared ?? batch, this.#preparing]).then(([ready]) => this.#append(ready, request))
    const settled = outcome.then(nothing, nothing)
    this.#preparing = settled
    void settled.then(() => {
      if (this.#preparing === settled) this.#preparing = undefined
    })
    return outcome
  }

  #append(batch: Buffer, request: AppendRequest): AppendOutcome {
    if (!this.#isLeader) return refused(ErrorCode.NOT_LEADER_OR_FOLLOWER)
    if (this.#options.isInternal && !request.isInternalClient) {
      return refused(ErrorCode.INVALID_TOPIC_EXCEPTION, `Cannot write to internal topic ${this.topic}`)
    }
    if (request.requiredAcks === -1 && this.isr.length < this.#minIsr()) {
      return refused(
        ErrorCode.NOT_ENOUGH_REPLICAS,
        `${this.topic}-${this.index} has ${this.isr.length} in-sync replicas`,
      )
    }
    const log = this.#log
    if (log === undefined) return refused(ErrorCode.NOT_LEADER_OR_FOLLOWER)
    const { leaderEpoch } = this
    const result = log.append(batch, { origin: 'client', leaderEpoch, producerVersion: request.apiVersion })
    if (result.kind === 'refused') return result
    const { baseOffset, lastOffset, logAppendTimeMs } = result
    return {
      kind: 'appended',
      baseOffset,
      lastOffset,
      logAppendTimeMs,
      logStartOffset: this.logStartOffset,
      whenAcknowledged: (acks, timeoutMs) => this.#whenAcknowledged(lastOffset + 1, acks, timeoutMs),
    }
  }

  /** Appends records of a coordinator on this broker: as acks=all, without the checks that are for clients. */
  appendAsCoordinator(batch: Buffer) {
    if (!this.#isLeader) return refused(ErrorCode.NOT_LEADER_OR_FOLLOWER)
    if (this.isr.length < this.#minIsr()) return refused(ErrorCode.NOT_ENOUGH_REPLICAS)
    if (this.#log !== undefined && this.#unopened === undefined)
      return this.#log.append(batch, { origin: 'coordinator', leaderEpoch: this.leaderEpoch })
    return this.#appendUnopened(batch)
  }

  /** Moves the log start to `offset`, which is at most the high watermark. */
  async deleteRecordsBefore(offset: number): Promise<void> {
    await this.#replacing
    await this.#log?.deleteRecordsBefore(offset)
    this.#wakeWatchers()
  }

  /** Tells of every advance of the high watermark, and of records that were assigned and are gone. */
  listen(listener: PartitionListener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Reads for a consumer up to the high watermark (or last stable offset), for a replica up to the end. */
  async read(offset: number, request: ReadRequest): Promise<ReadOutcome> {
    if (!this.#isLeader) return { kind: 'refused', errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER }
    const diverging = request.lastFetchedEpoch >= 0 ? this.#divergence(offset, request.lastFetchedEpoch) : undefined
    if (diverging === 'out-of-range') return { kind: 'refused', errorCode: ErrorCode.OFFSET_OUT_OF_RANGE }
    if (diverging !== undefined) return { kind: 'read', slice: undefined, divergingEpoch: diverging }
    if (offset < this.logStartOffset || offset > this.endOffset) {
      return { kind: 'refused', errorCode: ErrorCode.OFFSET_OUT_OF_RANGE }
    }
    const upperOffset = this.#upperOffset(request)
    if (offset >= upperOffset) return { kind: 'read', slice: undefined }
    if (this.#replacing !== undefined) {
      await this.#replacing
      return this.read(offset, request)
    }
    const log = this.#log
    if (log === undefined) return { kind: 'read', slice: undefined }
    try {
      const { sizeMax, minOneBatch, isCommittedOnly } = request
      const result = await log.read(offset, { sizeMax, upperOffset, minOneBatch, needsAborted: isCommittedOnly })
      if (result.kind === 'out-of-range') return { kind: 'refused', errorCode: ErrorCode.OFFSET_OUT_OF_RANGE }
      const { slice, aborted } = result
      return { kind: 'read', slice, ...(aborted === undefined ? {} : { aborted }) }
    } catch {
      if (this.#log !== log || this.#replacing !== undefined) {
        await this.#replacing
        return this.read(offset, request)
      }
      // The log has reported the failure; this caller is told to look again.
      return { kind: 'refused', errorCode: ErrorCode.KAFKA_STORAGE_ERROR }
    }
  }

  /** Calls `onChange` at every change of what can be read, until the returned function is called. */
  watch(onChange: () => void): () => void {
    this.#watchers.add(onChange)
    return () => void this.#watchers.delete(onChange)
  }

  epochAt(offset: number): number {
    return this.#log?.epochForOffset(offset) ?? -1
  }

  async offsetForTimestamp(timestamp: number) {
    await this.#replacing
    return this.#log?.offsetForTimestamp(timestamp)
  }

  async offsetOfMaxTimestamp() {
    await this.#replacing
    return this.#log?.offsetOfMaxTimestamp()
  }

  /** Where an epoch ends, as OffsetForLeaderEpoch answers; -1 for both when unknown. */
  endOffsetForEpoch(epoch: number): { readonly epoch: number; readonly endOffset: number } {
    return this.#log?.endOffsetForEpoch(epoch) ?? { epoch: -1, endOffset: -1 }
  }

  /**
   * Another log, with the same records, takes the log's place: appends are held back while `replace` makes it, and none is lost. It
   * may give undefined: then all stays as it is. When it rejects, the partition has no log that works.
   */
  replaceLog(replace: () => Promise<Log | undefined>): Promise<void> {
    const before = this.#preparing
    const replaced = this.#replaceAfter(before, replace)
    const settled = replaced.then(nothing, nothing)
    // Appends from here on wait; those that wait already come first.
    this.#preparing = settled
    void settled.then(() => {
      if (this.#preparing === settled) this.#preparing = undefined
    })
    return replaced
  }

  async #replaceAfter(before: Promise<void> | undefined, replace: () => Promise<Log | undefined>): Promise<void> {
    await before
    const old = this.#log
    if (old === undefined || this.#isClosed) return
    this.#unopened = { batches: [], startOffset: old.endOffset, endOffset: old.endOffset }
    const making = replace()
    const settled = making.then(nothing, nothing)
    this.#replacing = settled
    try {
      const log = await making
      this.#replacing = undefined
      if (log !== undefined && log !== old) {
        this.#stopListening()
        // What was promised to readers stays so.
        log.advanceHighWatermark(old.highWatermark)
      }
      this.#opened(log ?? old)
    } catch (error) {
      this.#replacing = undefined
      this.#unopened = undefined
      this.#failed()
      throw error
    }
  }

  /** Ends all waits; the log stays with its manager. */
  close(errorCode: number = ErrorCode.NOT_LEADER_OR_FOLLOWER): void {
    this.#isLeader = false
    this.#isClosed = true
    this.#stopListening()
    this.#endWaits(errorCode)
    this.#wakeWatchers()
  }

  #attach(log: Log): void {
    this.#stopListening()
    this.#log = log
    this.#stopListening = log.listen({
      onAdvance: () => this.#advance(),
      onFailure: () => this.#failed(),
    })
  }

  /** The first appends of a partition without a log: they have their offsets now, and go into the log once it is there. */
  #appendUnopened(batch: Buffer): {
    kind: 'appended'
    baseOffset: number
    lastOffset: number
    logAppendTimeMs: number
  } {
    const isFirst = this.#unopened === undefined
    const unopened = this.#unopened ?? { batches: [], startOffset: 0, endOffset: 0 }
    this.#unopened = unopened
    const baseOffset = unopened.endOffset
    const lastOffset = baseOffset + BatchHeader.lastOffsetDelta(batch, 0)
    unopened.batches.push(batch)
    unopened.endOffset = lastOffset + 1
    if (isFirst) {
      this.#options.openLog().then(
        (log) => this.#opened(log),
        () => {
          this.#unopened = undefined
          this.#failed()
        },
      )
    }
    return { kind: 'appended', baseOffset, lastOffset, logAppendTimeMs: -1 }
  }

  #opened(log: Log): void {
    const { batches = [], startOffset = log.endOffset } = this.#unopened ?? {}
    this.#unopened = undefined
    if (this.#isClosed) return
    this.#attach(log)
    if (log.endOffset !== startOffset) {
      // Appends before these were taken back meanwhile: these have other offsets than their senders were told.
      this.#failed()
      return
    }
    log.startEpoch(this.leaderEpoch)
    for (const batch of batches) {
      const baseOffset = log.endOffset
      const result = log.append(batch, { origin: 'coordinator', leaderEpoch: this.leaderEpoch })
      if (result.kind === 'refused') {
        this.#failed()
        return
      }
      assert(result.baseOffset === baseOffset, `${this.topic}-${this.index} ends where it did when its log was made`)
    }
    this.#advance()
  }

  #minIsr(): number {
    return effectiveMinIsr(this.#options.minInsyncReplicas(), this.#view.replicas.length)
  }

  #upperOffset({ isReplica, isCommittedOnly }: ReadRequest): number {
    if (isReplica) return this.endOffset
    return isCommittedOnly ? this.lastStableOffset : this.highWatermark
  }

  /** Where the asker's log and this one part, when they do (KIP-595). Reference section 2.12. */
  #divergence(
    offset: number,
    lastFetchedEpoch: number,
  ): { epoch: number; endOffset: number } | 'out-of-range' | undefined {
    const end = this.endOffsetForEpoch(lastFetchedEpoch)
    if (end.epoch === -1 || end.endOffset === -1 || offset < this.logStartOffset) return 'out-of-range'
    return end.epoch < lastFetchedEpoch || end.endOffset < offset ? end : undefined
  }

  #whenAcknowledged(offset: number, acks: 'all' | 'leader', timeoutMs: number): Promise<number | undefined> {
    const waiters = acks === 'all' ? this.#committed : this.#written
    const reached = acks === 'all' ? this.highWatermark : (this.#log?.ackableOffset ?? 0)
    if (reached >= offset) return Promise.resolve(acks === 'all' ? this.#isrErrorAfterAppend() : undefined)
    return new Promise((resolve) => {
      const timer = this.#options.timers.schedule(timeoutMs, () => {
        remove()
        resolve(ErrorCode.REQUEST_TIMED_OUT)
      })
      const remove = waiters.add({
        offset,
        onSettled: (errorCode) => {
          timer.cancel()
          resolve(errorCode ?? (acks === 'all' ? this.#isrErrorAfterAppend() : undefined))
        },
      })
    })
  }

  #isrErrorAfterAppend(): number | undefined {
    return this.isr.length < this.#minIsr() ? ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND : undefined
  }

  #advance(): void {
    const log = this.#log
    if (!this.#isLeader || log === undefined) return
    this.#written.advanceTo(log.ackableOffset)
    const next = nextHighWatermark(
      log.highWatermark,
      log.ackableOffset,
      this.#options.brokerId,
      this.isr,
      this.#minIsr(),
      this.#followers,
    )
    if (!log.advanceHighWatermark(next)) return
    this.#committed.advanceTo(log.highWatermark)
    for (const listener of this.#listeners) listener.onHighWatermark(log.highWatermark)
    this.#wakeWatchers()
  }

  #failed(): void {
    // What was assigned and never written is gone; those who wait for it must hear of it.
    const end = this.endOffset
    this.#committed.failAbove(end, ErrorCode.KAFKA_STORAGE_ERROR)
    this.#written.failAbove(end, ErrorCode.KAFKA_STORAGE_ERROR)
    for (const listener of this.#listeners) listener.onFailure(end)
    this.#wakeWatchers()
  }

  #endWaits(errorCode: number): void {
    this.#committed.failAbove(-1, errorCode)
    this.#written.failAbove(-1, errorCode)
  }

  #wakeWatchers(): void {
    for (const watcher of [...this.#watchers]) watcher()
  }
}

function refused(errorCode: number, message: string | null = null): AppendOutcome {
  return { kind: 'refused', errorCode, message }
}
