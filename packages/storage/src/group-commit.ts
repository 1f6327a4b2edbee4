/**
 * Writing what was appended: appends of one event-loop turn are one gathered write, one sync serves all that wait while the next
 * group fills. Knows what is written and what is durable; what was assigned is its owner's.
 */
import type { Clock } from '@millrace/base'
import type { EpochEntry } from './leader-epochs.ts'
import type { ProducerEntry, ProducerUndo } from './producer-state.ts'
import type { Segment, SegmentMark } from './segment.ts'
import { isSyncFailure, type SegmentIo } from './segment-io.ts'

/** Buffers of one gathered write: half of what the system takes. */
const groupBuffersMax = 512
/** Bytes of one gathered write, unless a single append is larger. */
const groupBytesMax = 8 << 20

/** Appends that are written together, and what takes them back. */
export interface WriteGroup {
  readonly segment: Segment
  readonly startOffset: number
  /** Where it starts in the file. */
  readonly position: number
  readonly mark: SegmentMark
  readonly epochsBefore: readonly EpochEntry[]
  readonly producerUndo: ProducerUndo
  readonly buffers: Buffer[]
  byteLength: number
  /** Exclusive. */
  endOffset: number
}

/** A segment that is no longer appended to. */
interface FullSegment {
  readonly segment: Segment
  /** What follows it. */
  readonly endOffset: number
  /** As they were there. */
  readonly producers: readonly ProducerEntry[]
}

export interface GroupCommitOwner {
  /** Whether written bytes are synced at once. */
  isSynced(): boolean
  /** Records that may be written and not durable, otherwise. */
  flushMessages(): number
  /** The written or the durable offset moved, or appends of this turn were assigned. */
  onAdvance(): void
  /** The groups are not in the log: takes their changes back, before anything else happens. */
  onWriteFailed(groups: readonly [WriteGroup, ...WriteGroup[]], error: unknown): void
  /** Nothing may be written any more. */
  onBroken(error: unknown): void
  /** A segment is about to be sealed: what the recovery point promises besides it becomes durable here. */
  beforeSeal(): Promise<void>
  /** A segment is sealed: all before `endOffset` is durable, and these were the producers there. */
  onSealed(endOffset: number, producers: readonly ProducerEntry[]): Promise<void>
}

export class GroupCommit {
  readonly #io: SegmentIo
  readonly #clock: Clock
  readonly #owner: GroupCommitOwner
  #queue: WriteGroup[] = []
  /** Segments that are no longer appended to and not sealed, oldest first, with the offset that follows each. */
  #unsealed: FullSegment[] = []
  /** Segments with bytes that are not durable, oldest first. */
  readonly #dirty = new Set<Segment>()
  #writtenOffset: number
  #durableOffset: number
  #queuedBytes = 0
  #inFlight: WriteGroup | undefined
  #isScheduled = false
  #isWriting = false
  #isSyncing = false
  #isSealing = false
  #isHeld = false
  #isStopped = false
  #waiting: (() => void)[] = []

  constructor(io: SegmentIo, clock: Clock, owner: GroupCommitOwner, endOffset: number) {
    this.#io = io
    this.#clock = clock
    this.#owner = owner
    this.#writtenOffset = endOffset
    this.#durableOffset = endOffset
  }

  get writtenOffset(): number {
    return this.#writtenOffset
  }

  get durableOffset(): number {
    return this.#durableOffset
  }

  /** Bytes that wait to be written or are being written. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** Everything below the base offset of the first segment that is not sealed, or durable if that is less, needs no recovery. */
  recoveryPoint(): number {
    return Math.min(this.#unsealed[0]?.segment.baseOffset ?? this.#durableOffset, this.#durableOffset)
  }

  /** The group that takes the next append to `segment`; `open` makes a new one when none is waiting. */
  group(segment: Segment, open: () => WriteGroup): WriteGroup {
    const last = this.#queue.at(-1)
    if (last?.segment === segment && last.buffers.length < groupBuffersMax && last.byteLength < groupBytesMax)
      return last
    const group = open()
    this.#queue.push(group)
    return group
  }

  /** Adds an append to the group; its write starts after this turn. */
  add(group: WriteGroup, bytes: Buffer, endOffset: number): void {
    group.buffers.push(bytes)
    group.byteLength += bytes.length
    group.endOffset = endOffset
    this.#queuedBytes += bytes.length
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#clock.defer(() => {
      this.#isScheduled = false
      if (this.#isStopped) return
      this.#owner.onAdvance()
      if (!this.#isWriting) void this.#write()
    })
  }

  /** The segment is full: the next append goes to another, from `endOffset` on, where these are the producers. */
  rolled(segment: Segment, endOffset: number, producers: readonly ProducerEntry[]): void {
    this.#unsealed.push({ segment, endOffset, producers })
  }

  /** While held, nothing is synced or sealed, and those who flush wait: files change their names. To be called when all is quiet. */
  hold(): void {
    this.#isHeld = true
  }

  release(): void {
    this.#isHeld = false
    this.#wake()
  }

  /** Resolves when nothing waits, is written, synced or sealed. May never do so while appends go on. */
  async quiet(): Promise<void> {
    while (!this.#isStopped && (this.#queue.length > 0 || this.#isWriting || this.#isSyncing || this.#isSealing)) {
      await this.#change()
    }
  }

  /** Resolves when everything appended before the call is written, or was taken back. */
  async written(): Promise<void> {
    const target = this.#assignedOffset
    while (!this.#isStopped && this.#writtenOffset < Math.min(target, this.#assignedOffset)) await this.#change()
  }

  /** Makes everything durable that was appended before the call, or was taken back. A failure reaches the owner as well. */
  async flush(): Promise<void> {
    const target = this.#assignedOffset
    await this.written()
    while (this.#isHeld && !this.#isStopped) await this.#change()
    if (this.#unsealed.length > 0) this.#sealInBackground()
    while (!this.#isStopped && this.#durableOffset < Math.min(target, this.#writtenOffset)) {
      this.#sync()
      await this.#change()
    }
    while (this.#isSealing) await this.#change()
  }

  /** The log now ends at `endOffset`, all of it durable: after a truncation. Only while quiet. */
  reset(endOffset: number): void {
    this.#writtenOffset = endOffset
    this.#durableOffset = endOffset
    this.#dirty.clear()
    this.forgetGone()
  }

  /** Forgets segments that left the log. */
  forgetGone(): void {
    this.#unsealed = this.#unsealed.filter(({ segment }) => !segment.isGone)
    for (const segment of this.#dirty) if (segment.isGone) this.#dirty.delete(segment)
  }

  /** A segment that was full is appended to again, after a truncation. */
  reopened(segment: Segment): void {
    this.#unsealed = this.#unsealed.filter((entry) => entry.segment !== segment)
  }

  /** End of everything that waits or was written. */
  get #assignedOffset(): number {
    return this.#queue.at(-1)?.endOffset ?? this.#inFlight?.endOffset ?? this.#writtenOffset
  }

  /** The next change of any kind. */
  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #hasUnsealedBefore(segment: Segment): boolean {
    const first = this.#unsealed[0]
    return first !== undefined && first.segment.baseOffset < segment.baseOffset
  }

  /** Forgets everything that waits. Descriptors with unsynced bytes are released. */
  stop(): void {
    this.#isStopped = true
    this.#queue = []
    this.#queuedBytes = 0
    for (const segment of this.#dirty) segment.releaseDirty()
    this.#wake()
  }

  async #write(): Promise<void> {
    this.#isWriting = true
    for (;;) {
      const group = this.#queue.shift()
      if (group === undefined) break
      this.#inFlight = group
      const error = await this.#writeGroup(group)
      this.#inFlight = undefined
      if (this.#isStopped) break
      if (error === undefined) this.#written(group)
      else await this.#takeBack(group, error.cause)
      if (this.#isStopped) break
      this.#wake()
    }
    this.#isWriting = false
    this.#wake()
  }

  async #writeGroup(group: WriteGroup): Promise<{ cause: unknown } | undefined> {
    try {
      // Under fsync a segment has bytes only when all before it is durable: after a crash, only the last one can be torn.
      if (this.#owner.isSynced()) await this.#sealBefore(group.segment)
      await this.#io.write(group.segment, group.buffers, group.byteLength, group.position)
      return undefined
    } catch (cause) {
      return { cause }
    }
  }

  #written(group: WriteGroup): void {
    const { segment } = group
    segment.writtenSize = group.position + group.byteLength
    this.#dirty.add(segment)
    this.#queuedBytes -= group.byteLength
    this.#writtenOffset = group.endOffset
    const unsyncedCount = this.#writtenOffset - this.#durableOffset
    if (this.#owner.isSynced() || unsyncedCount >= this.#owner.flushMessages()) this.#sync()
    if (!this.#owner.isSynced() && this.#hasUnsealedBefore(segment)) this.#sealInBackground()
    this.#owner.onAdvance()
  }

  /** The group's bytes may be in the file in part: state goes back at once, then the file; later appends wait behind that. */
  async #takeBack(group: WriteGroup, error: unknown): Promise<void> {
    if (isSyncFailure(error)) {
      this.#broken(error)
      return
    }
    const lost: [WriteGroup, ...WriteGroup[]] = [group, ...this.#queue]
    this.#queue = []
    this.#queuedBytes = 0
    this.#unsealed = this.#unsealed.filter(({ segment }) => segment.baseOffset < group.segment.baseOffset)
    this.#owner.onWriteFailed(lost, error)
    try {
      // Synced, or old and new bytes could be mixed in one place after a power cut.
      await this.#io.cut(group.segment, group.position, this.#owner.isSynced())
    } catch (cause) {
      this.#broken(cause)
    }
  }

  #sync(): void {
    if (this.#isHeld || this.#isSyncing || this.#durableOffset >= this.#writtenOffset) return
    this.#isSyncing = true
    void this.#syncAll()
  }

  async #syncAll(): Promise<void> {
    try {
      while (this.#durableOffset < this.#writtenOffset && !this.#isStopped) {
        const target = this.#writtenOffset
        for (const segment of [...this.#dirty]) await this.#syncSegment(segment)
        if (this.#isStopped) break
        this.#durableOffset = Math.max(this.#durableOffset, target)
        this.#owner.onAdvance()
        this.#wake()
      }
    } catch (error) {
      this.#broken(error)
    }
    this.#isSyncing = false
    this.#wake()
  }

  async #syncSegment(segment: Segment): Promise<void> {
    await this.#io.sync(segment)
    if (segment.durableSize === segment.writtenSize) this.#dirty.delete(segment)
  }

  async #sealBefore(segment: Segment): Promise<void> {
    while (this.#hasUnsealedBefore(segment) && !this.#isStopped) await this.#sealFirst()
  }

  async #sealFirst(): Promise<void> {
    const first = this.#unsealed[0]
    if (first === undefined) return
    await this.#owner.beforeSeal()
    await this.#io.seal(first.segment)
    // Another flow may have sealed it meanwhile, or found the disk broken; a truncation waits until all is quiet.
    if (this.#isStopped || this.#unsealed[0] !== first) return
    this.#unsealed.shift()
    this.#dirty.delete(first.segment)
    this.#durableOffset = Math.max(this.#durableOffset, first.endOffset)
    await this.#owner.onSealed(first.endOffset, first.producers)
  }

  #sealInBackground(): void {
    if (this.#isHeld || this.#isSealing) return
    this.#isSealing = true
    void this.#sealQuietly()
  }

  /** Without fsync nobody waits for a seal: what fails for want of space is tried again at the next roll, flush or close. */
  async #sealQuietly(): Promise<void> {
    try {
      await this.#sealAll()
    } catch (error) {
      if (isSyncFailure(error)) this.#broken(error)
    }
    this.#isSealing = false
    this.#wake()
  }

  async #sealAll(): Promise<void> {
    while (!this.#isStopped) {
      const segment = this.#unsealed[0]?.segment
      if (segment === undefined || segment.writtenSize < segment.size) return
      await this.#sealFirst()
    }
  }

  #broken(error: unknown): void {
    if (this.#isStopped) return
    this.stop()
    this.#owner.onBroken(error)
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
