/** What a log holds in memory, and the synchronous changes to it: taking batches in, taking them back, rolling. No IO. */
import { BatchHeader } from '@millrace/protocol'
import type { PreparedAppend } from './append.ts'
import type { LogConfig } from './config.ts'
import type { GroupCommit, WriteGroup } from './group-commit.ts'
import type { LeaderEpochs } from './leader-epochs.ts'
import type { LoadedLog, UnwrittenSnapshot } from './loader.ts'
import type { ProducerState } from './producer-state.ts'
import { RecentBatches } from './recent-batches.ts'
import { replayEpoch, replayProducer } from './replay.ts'
import { rollJitterMs, rollReason } from './roll.ts'
import { Segment } from './segment.ts'
import { Segments } from './segments.ts'

/** What an index entry can count. */
const offsetsPerSegmentMax = 0x7fffffff

export class LogState {
  readonly name: string
  readonly directory: string
  readonly segments: Segments
  readonly recent = new RecentBatches()
  readonly epochs: LeaderEpochs
  /** The epochs differ from their file. */
  epochsChanged: boolean
  producers: ProducerState
  logStartOffset: number
  endOffset: number
  highWatermark: number
  /** Of the newest snapshot of the producers on disk; the log's start before any. */
  snapshotOffset: number
  /** One that is not on disk yet: of the last segment that was closed, where there was no room for it, or no time before a crash. */
  unwrittenSnapshot: UnwrittenSnapshot | undefined
  /** The newest epoch that this replica leads or led in. */
  #startedEpoch = -1

  constructor(name: string, directory: string, loaded: LoadedLog) {
    this.name = name
    this.directory = directory
    this.segments = new Segments(loaded.segments)
    this.epochs = loaded.epochs
    this.epochsChanged = loaded.epochsChanged
    this.producers = loaded.producers
    this.logStartOffset = loaded.logStartOffset
    this.endOffset = loaded.endOffset
    this.highWatermark = loaded.logStartOffset
    this.snapshotOffset = loaded.snapshotOffset ?? loaded.logStartOffset
    this.unwrittenSnapshot = loaded.unwrittenSnapshot
  }

  /** What readers of committed data may read up to (reference 2.8). */
  get lastStableOffset(): number {
    const unstable = this.producers.firstUnstableOffset
    if (unstable < 0) return this.highWatermark
    return Math.max(this.logStartOffset, Math.min(this.highWatermark, unstable))
  }

  /** Moves the high watermark up; true when it moved. */
  advanceHighWatermark(target: number): boolean {
    if (target <= this.highWatermark) return false
    this.highWatermark = target
    this.producers.advanceHighWatermark(target)
    return true
  }

  startEpoch(leaderEpoch: number): void {
    if (leaderEpoch <= this.epochs.latest) return
    this.#startedEpoch = leaderEpoch
    if (this.epochs.assign(leaderEpoch, this.endOffset)) this.epochsChanged = true
  }

  /** Moves the log's start up. */
  startAt(offset: number): void {
    this.logStartOffset = offset
    if (this.epochs.truncateFromStart(offset)) this.epochsChanged = true
  }

  /** A segment that starts at `baseOffset`, without a file yet. */
  newSegment(baseOffset: number, nowMs: number): Segment {
    const segment = new Segment({ baseOffset, directory: this.directory, size: 0, createdMs: nowMs, exists: false })
    segment.openIndexes()
    return segment
  }

  /** Gives batches their place, and hands them over to be written. */
  assign(prepared: PreparedAppend, commit: GroupCommit, config: LogConfig, nowMs: number): void {
    const { bytes, baseOffset, lastOffset } = prepared
    if (lastOffset - baseOffset <= offsetsPerSegmentMax) {
      this.#assignRun(prepared, commit, config, nowMs)
      return
    }
    // Compaction left a gap at the leader that no single segment can hold.
    for (let at = 0; at < bytes.length; at += BatchHeader.size(bytes, at)) {
      const batch = bytes.subarray(at, at + BatchHeader.size(bytes, at))
      const range = { baseOffset: BatchHeader.baseOffset(batch, 0), lastOffset: BatchHeader.lastOffset(batch, 0) }
      const maxTimestamp = BatchHeader.maxTimestamp(batch, 0)
      this.#assignRun({ ...prepared, ...range, bytes: batch, maxTimestamp }, commit, config, nowMs)
    }
  }

  /** Batches that fit into one segment. */
  #assignRun(prepared: PreparedAppend, commit: GroupCommit, config: LogConfig, nowMs: number): void {
    const { bytes, lastOffset } = prepared
    this.#rollIfFull(prepared, commit, config, nowMs)
    const segment = this.segments.active
    const group = commit.group(segment, () => this.#openGroup(segment))
    for (let at = 0; at < bytes.length; at += BatchHeader.size(bytes, at)) {
      const size = BatchHeader.size(bytes, at)
      const batchEnd = BatchHeader.lastOffset(bytes, at)
      if (replayEpoch(this.epochs, bytes, at)) this.epochsChanged = true
      const aborted = replayProducer(this.producers, bytes, at, group.producerUndo)
      this.recent.add(BatchHeader.baseOffset(bytes, at), segment.size, size)
      segment.append(size, batchEnd, BatchHeader.maxTimestamp(bytes, at), config.indexIntervalBytes)
      if (aborted !== undefined) segment.indexes?.aborted.append(aborted)
    }
    this.endOffset = lastOffset + 1
    commit.add(group, bytes, this.endOffset)
  }

  #rollIfFull(
    { bytes, baseOffset, lastOffset, maxTimestamp }: PreparedAppend,
    commit: GroupCommit,
    config: LogConfig,
    nowMs: number,
  ): void {
    const { active } = this.segments
    const jitterMs = rollJitterMs(config, this.name, active.baseOffset)
    const incoming = { size: bytes.length, lastOffset, maxTimestamp }
    if (rollReason(active, incoming, config, jitterMs, nowMs) !== undefined) this.roll(baseOffset, commit, nowMs)
  }

  /** Starts a segment at `baseOffset`. */
  roll(baseOffset: number, commit: GroupCommit, nowMs: number): void {
    const old = this.segments.active
    old.finishTimeIndex()
    this.segments.add(this.newSegment(baseOffset, nowMs))
    this.recent.clear()
    commit.rolled(old, this.endOffset, [...this.producers.entries()])
  }

  #openGroup(segment: Segment): WriteGroup {
    return {
      segment,
      startOffset: this.endOffset,
      position: segment.size,
      mark: segment.mark(),
      epochsBefore: this.epochs.entries,
      producerUndo: [],
      buffers: [],
      byteLength: 0,
      endOffset: this.endOffset,
    }
  }

  /** The groups could not be written: everything since the first of them goes. */
  takeBack(groups: readonly [WriteGroup, ...WriteGroup[]]): void {
    const [{ segment, mark, epochsBefore, startOffset }] = groups
    for (const group of groups.toReversed()) this.producers.revert(group.producerUndo, startOffset)
    for (const dropped of this.segments.dropAfter(segment)) dropped.releaseDirty()
    segment.restore(mark)
    this.recent.clear()
    this.endOffset = startOffset
    this.epochs.restore(epochsBefore)
    this.epochs.truncateFromStart(this.logStartOffset)
    // An epoch that began meanwhile goes on, from here.
    if (this.#startedEpoch > this.epochs.latest) this.epochs.assign(this.#startedEpoch, startOffset)
    this.epochsChanged = true
  }

  /** The log now ends at `offset`, and what is above it is gone from the segments. */
  truncatedTo(offset: number): void {
    this.endOffset = offset
    this.recent.clear()
    this.highWatermark = Math.max(this.logStartOffset, Math.min(this.highWatermark, offset))
    const isCut = this.epochs.truncateFromEnd(offset)
    const isShortened = this.epochs.truncateFromStart(this.logStartOffset)
    if (isCut || isShortened) this.epochsChanged = true
  }
}
