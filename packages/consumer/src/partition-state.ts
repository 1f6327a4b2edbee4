/** One assigned partition: where it stands, what is fetched, what is out with user code. Pure. */
import type { Uuid } from '@millrace/base'
import { type BufferOptions, PartitionBuffer } from './partition-buffer.ts'
import type { Serdes } from './topic-serdes.ts'

/** Where to begin: the first record, after the last one, or the first one at or after a time (milliseconds since 1970). */
export type StartAt = 'earliest' | 'latest' | { readonly timestamp: number }

export class PartitionState {
  readonly topic: string
  readonly partition: number
  readonly serdes: Serdes
  readonly buffer: PartitionBuffer
  /** Where to fetch next; -1 until it is known. */
  fetchOffset = -1
  /** What to look for when there is no offset yet. */
  startAt: StartAt | undefined
  /** The committed offset is to be asked for first. */
  needsCommitted: boolean
  /** The offset that was gone, while a place is looked for, or will be, because of that; -1 otherwise. */
  resetFrom = -1
  /** Nothing is asked for this partition before this time. */
  retryAtMs = 0
  failureCount = 0
  isPaused = false
  /** Whether listeners know that it is assigned: nothing of it is handed out before. */
  isAnnounced = true
  /** It is being given up: nothing more of it is handed out. */
  isGoing = false
  /** Listeners that are being told, or have been, that it is about to be given up. */
  revoking: Promise<void> | undefined
  /** The topic's id when it was first seen; undefined as long as brokers told none. */
  topicId: Uuid | undefined
  /** The id of the topic that had this name before. */
  formerTopicId: Uuid | undefined
  /** Taken away: nothing of it counts any more. */
  isRevoked = false
  /** Grows with every change of the position from outside: answers to older requests do not count. */
  version = 0
  /** What was committed last; -1 for nothing. */
  committedOffset = -1
  /** The first offset that user code has and has not finished; -1 when it has none. */
  outOffset = -1
  /** As told by the last answer; -1 when unknown. */
  highWatermark = -1
  /** Where what may be read ends, as told by the last answer: with open transactions, and if they matter, below the high watermark. */
  readableEnd = -1
  /** Whether {@link readableEnd} was told, or not contradicted, by an answer since the partition was moved. */
  isEndFresh = false
  /** The end that was reported last. */
  #reportedEnd = -1
  /** The leader epoch of the record before {@link fetchOffset}, or of a later one that is not older; -1 when unknown. */
  fetchedEpoch = -1
  /** The last leader epoch under which {@link fetchOffset} was known to be in the log; -1 for none. */
  checkedEpoch = -1

  constructor(
    topic: string,
    partition: number,
    serdes: Serdes,
    start: { readonly startAt: StartAt; readonly needsCommitted: boolean },
    options: BufferOptions,
  ) {
    this.topic = topic
    this.partition = partition
    this.serdes = serdes
    this.startAt = start.startAt
    this.needsCommitted = start.needsCommitted
    this.buffer = new PartitionBuffer(-1, options)
  }

  /** Whether it is known where to fetch. */
  get isPositioned(): boolean {
    return this.fetchOffset >= 0
  }

  /** Whether more may be fetched: not after damage, nor from an offset that is gone, until the partition is moved. */
  get isFetchable(): boolean {
    return this.isPositioned && !this.isPaused && this.resetFrom < 0 && !this.buffer.isBroken
  }

  /** Whether records may go to user code. */
  get mayHandOut(): boolean {
    return this.isAnnounced && !this.isGoing && !this.isPaused && !this.isRevoked
  }

  /** Whether a leader of this epoch may have a log without what was fetched, as far as known here (KIP-320). */
  needsCheck(leaderEpoch: number): boolean {
    return this.fetchedEpoch >= 0 && leaderEpoch > Math.max(this.fetchedEpoch, this.checkedEpoch)
  }

  /** Whether user code has had, and finished, everything that was fetched. */
  get isDrained(): boolean {
    return this.outOffset < 0 && this.buffer.size === 0 && !this.buffer.isBroken
  }

  /** The offset that user code gets next. */
  get position(): number {
    return this.buffer.position
  }

  /** What may be committed: the first offset that user code has not finished; -1 while nothing is known. */
  get doneOffset(): number {
    return this.outOffset >= 0 ? this.outOffset : this.position
  }

  /** Whether user code has everything up to the end; true once for each end. */
  reachesEnd(): boolean {
    const { position, readableEnd } = this
    if (
      this.isRevoked ||
      !this.isAnnounced ||
      !this.isEndFresh ||
      position < 0 ||
      readableEnd < 0 ||
      position < readableEnd
    )
      return false
    if (position === this.#reportedEnd || this.buffer.size > 0) return false
    this.#reportedEnd = position
    return true
  }

  /** Goes on at `offset`; whatever is fetched, on its way or out with user code is forgotten. */
  moveTo(offset: number): void {
    this.version++
    this.startAt = undefined
    this.needsCommitted = false
    this.resetFrom = -1
    this.fetchOffset = offset
    this.outOffset = -1
    this.failureCount = 0
    this.retryAtMs = 0
    this.isEndFresh = false
    this.#reportedEnd = -1
    this.fetchedEpoch = -1
    this.checkedEpoch = -1
    this.buffer.reset(offset)
    // Not of the record before this offset.
    this.buffer.leaderEpoch = -1
  }

  /** Forgets what is fetched, to fetch it again later. */
  dropFetched(): void {
    this.version++
    this.resetFrom = -1
    this.fetchOffset = this.position
    this.fetchedEpoch = this.buffer.leaderEpoch
    this.buffer.reset(this.position)
  }

  /** The log has something else, or nothing, after what user code has had: fetches nothing until it is moved. */
  stopBefore(): void {
    this.version++
    this.resetFrom = this.position
    this.buffer.reset(this.position)
  }

  /** It is taken away. What of it user code keeps shall not keep the rest in memory. */
  revoke(): void {
    this.isRevoked = true
    this.buffer.reset(this.position)
  }

  /** Looks for a place to go on. */
  lookFor(startAt: StartAt): void {
    this.moveTo(-1)
    this.startAt = startAt
  }

  /** Hands the records from `offset` on to user code. */
  handOut(offset: number): void {
    if (this.outOffset < 0) this.outOffset = offset
  }

  /** User code has finished everything it has. */
  finish(): void {
    this.outOffset = -1
  }

  /** User code has finished everything before `offset`. */
  finishBefore(offset: number): void {
    if (this.outOffset < 0 || offset <= this.outOffset) return
    this.outOffset = offset >= this.position ? -1 : offset
  }

  /** Gives back what is out and unfinished: it will be handed out again. */
  takeBack(): void {
    if (this.outOffset < 0) return
    const { leaderEpoch } = this.buffer
    const { checkedEpoch } = this
    this.moveTo(this.outOffset)
    this.fetchedEpoch = leaderEpoch
    this.checkedEpoch = checkedEpoch
  }
}
