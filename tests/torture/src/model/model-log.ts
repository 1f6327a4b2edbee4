/** A log on plain arrays, as the reference says it: where it starts and ends, its segments, its epochs, what retention takes. No IO. */
import type { LogConfig } from '@millrace/storage'
import type { SeenBatch } from '../world/seen-batch.ts'

export interface ModelSegment {
  readonly baseOffset: number
  /** When the process made it, or found it. */
  createdMs: number
  /** Largest timestamp of the first batch that was put into it; -1 before any. */
  firstTimestamp: number
}

export class ModelLog {
  batches: SeenBatch[] = []
  segments: ModelSegment[]
  start = 0
  end = 0
  highWatermark = 0
  epochs: readonly { readonly epoch: number; readonly startOffset: number }[] = []
  cleanedOffset: number | undefined
  /** What the checkpoints have. */
  savedStart: number | undefined
  savedHighWatermark: number | undefined

  constructor(nowMs: number) {
    this.segments = [{ baseOffset: 0, createdMs: nowMs, firstTimestamp: -1 }]
  }

  get active(): ModelSegment {
    return this.segments.at(-1) as ModelSegment
  }

  get firstBase(): number {
    return (this.segments[0] as ModelSegment).baseOffset
  }

  /** The batches of the segment at a place. */
  batchesOf(place: number): SeenBatch[] {
    const { baseOffset } = this.segments[place] as ModelSegment
    const end = this.segments[place + 1]?.baseOffset ?? Number.POSITIVE_INFINITY
    return this.batches.filter((batch) => batch.baseOffset >= baseOffset && batch.baseOffset < end)
  }

  sizeOf(place: number): number {
    return this.batchesOf(place).reduce((sum, { bytes }) => sum + bytes.length, 0)
  }

  largestTimestampOf(place: number): number {
    return Math.max(-1, ...this.batchesOf(place).map(({ maxTimestamp }) => maxTimestamp))
  }

  endOf(place: number): number {
    return this.segments[place + 1]?.baseOffset ?? this.end
  }

  append(batch: SeenBatch, config: LogConfig, nowMs: number): void {
    const size = this.sizeOf(this.segments.length - 1)
    const { active } = this
    const segmentMs = config.cleanupPolicy.includes('compact')
      ? Math.min(config.segmentMs, config.maxCompactionLagMs)
      : config.segmentMs
    const waitedMs = active.firstTimestamp >= 0 ? batch.maxTimestamp - active.firstTimestamp : nowMs - active.createdMs
    const isFull = size + batch.bytes.length > config.segmentBytes || waitedMs > segmentMs
    if (size > 0 && isFull) this.roll(nowMs)
    if (this.sizeOf(this.segments.length - 1) === 0) this.active.firstTimestamp = batch.maxTimestamp
    this.batches.push(batch)
    this.startEpoch(batch.leaderEpoch, batch.baseOffset)
    this.end = batch.lastOffset + 1
  }

  roll(nowMs: number): void {
    if (this.sizeOf(this.segments.length - 1) === 0) return
    this.segments.push({ baseOffset: this.end, createdMs: nowMs, firstTimestamp: -1 })
  }

  startEpoch(epoch: number, startOffset = this.end): void {
    if (epoch <= (this.epochs.at(-1)?.epoch ?? -1)) return
    this.epochs = [...this.epochs.filter((entry) => entry.startOffset < startOffset), { epoch, startOffset }]
  }

  deleteBefore(offset: number): void {
    if (offset <= this.start) return
    this.start = offset
    this.savedStart = offset > this.firstBase ? offset : undefined
    this.#startMoved()
  }

  #startMoved(): void {
    const under = this.epochs.findLast(({ startOffset }) => startOffset <= this.start)
    const above = this.epochs.filter(({ startOffset }) => startOffset > this.start)
    this.epochs = under === undefined ? above : [{ epoch: under.epoch, startOffset: this.start }, ...above]
    this.#dropBelowStart()
  }

  #dropBelowStart(): void {
    while (this.segments.length > 1 && this.endOf(0) <= this.start) this.segments.shift()
    this.batches = this.batches.filter(({ baseOffset }) => baseOffset >= this.firstBase)
  }

  truncateTo(offset: number, nowMs: number): void {
    if (offset >= this.end) return
    if (offset < this.start) {
      this.restartAt(offset, nowMs)
      return
    }
    const place = this.segments.findLastIndex(({ baseOffset }) => baseOffset <= offset)
    const kept = this.batchesOf(place).filter(({ lastOffset }) => lastOffset < offset)
    const { baseOffset } = this.segments[place] as ModelSegment
    const end = (kept.at(-1)?.lastOffset ?? baseOffset - 1) + 1
    if (end < this.start) {
      this.restartAt(this.start, nowMs)
      return
    }
    this.savePoints({ highWatermark: Math.min(this.highWatermark, end) })
    this.segments = this.segments.slice(0, place + 1)
    this.batches = this.batches.filter(({ lastOffset }) => lastOffset < offset)
    this.end = end
    this.highWatermark = Math.max(this.start, Math.min(this.highWatermark, end))
    this.epochs = this.epochs.filter(({ startOffset }) => startOffset < end)
    if (this.cleanedOffset !== undefined) this.cleanedOffset = Math.min(this.cleanedOffset, end)
  }

  restartAt(offset: number, nowMs: number): void {
    const start = Math.min(this.start, offset)
    this.savedHighWatermark = 0
    this.savedStart = start > this.firstBase ? start : undefined
    this.segments = [{ baseOffset: offset, createdMs: nowMs, firstTimestamp: -1 }]
    this.batches = []
    this.start = offset
    this.end = offset
    this.highWatermark = offset
    this.epochs = []
    if (this.cleanedOffset !== undefined) this.cleanedOffset = 0
  }

  /** What retention takes. */
  retain(config: LogConfig, nowMs: number): void {
    const isDeleting = config.cleanupPolicy.includes('delete')
    const count = this.segments.length
    let left = this.segments.reduce((sum, _, place) => sum + this.sizeOf(place), 0)
    let gone = 0
    const mayGo = () => {
      const isEmptyEnd = gone === count - 1 && this.sizeOf(gone) === 0
      return gone < count && !isEmptyEnd && this.endOf(gone) <= this.highWatermark
    }
    const takeWhile = (isDue: () => boolean) => {
      while (mayGo() && isDue()) left -= this.sizeOf(gone++)
    }
    takeWhile(() => gone + 1 < count && this.endOf(gone) <= this.start)
    if (isDeleting && config.retentionBytes >= 0) takeWhile(() => left - this.sizeOf(gone) >= config.retentionBytes)
    if (isDeleting && config.retentionMs >= 0) {
      takeWhile(() => nowMs - this.largestTimestampOf(gone) > config.retentionMs)
    }
    if (gone === 0) return
    const start = Math.max(this.start, this.endOf(gone - 1))
    if (gone === count) this.roll(nowMs)
    if (start > this.start) this.start = start
    this.#startMoved()
  }

  savePoints({ highWatermark = this.highWatermark } = {}): void {
    this.savedHighWatermark = highWatermark
    this.savedStart = this.start > this.firstBase ? this.start : undefined
  }

  dropEmptyEnd(): void {
    if (this.segments.length > 1 && this.sizeOf(this.segments.length - 1) === 0) this.segments.pop()
  }

  /** A process finds it on the disk. */
  reopened(nowMs: number): void {
    this.start = Math.max(this.savedStart ?? 0, this.firstBase)
    this.#dropBelowStart()
    this.highWatermark = Math.max(this.start, Math.min(this.savedHighWatermark ?? 0, this.end))
    for (const [place, segment] of this.segments.entries()) {
      segment.createdMs = nowMs
      segment.firstTimestamp = this.batchesOf(place)[0]?.maxTimestamp ?? -1
    }
  }
}
