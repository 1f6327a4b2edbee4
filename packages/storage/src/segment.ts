/** One segment of a log: how much of it is assigned, written and durable, and its indexes while it grows. No IO. */

import { logFileName } from './file-names.ts'
import type { FileLease } from './file-pool.ts'
import { joinPath } from './fs/port.ts'
import { OffsetIndex } from './offset-index.ts'
import type { RollSegment } from './roll.ts'
import { TimeIndex } from './time-index.ts'
import { TransactionIndex } from './transaction-index.ts'

/** The indexes of a segment. */
export interface SegmentIndexes {
  readonly offsets: OffsetIndex
  readonly times: TimeIndex
  readonly aborted: TransactionIndex
}

/** Everything about a segment that appending changes: kept to take appends back. */
export interface SegmentMark {
  readonly size: number
  readonly bytesSinceIndexEntry: number
  readonly maxTimestamp: number
  readonly maxTimestampOffset: number
  readonly firstTimestamp: number
  readonly offsetIndexCount: number
  readonly timeIndexCount: number
  readonly abortedCount: number
}

interface SegmentOptions {
  readonly baseOffset: number
  /** Of the log. */
  readonly directory: string
  /** Bytes in the file. */
  readonly size: number
  readonly createdMs: number
  /** Whether the file exists and its name is durable. */
  readonly exists: boolean
}

export class Segment implements RollSegment {
  readonly baseOffset: number
  readonly directory: string
  readonly path: string
  readonly createdMs: number
  /** Bytes assigned, written to the file, and known to be durable. */
  size: number
  writtenSize: number
  durableSize: number
  /** The file was made. */
  exists: boolean
  /** The file's name is durable in its directory. */
  isNameDurable: boolean
  /** In memory from the first append until the segment is sealed; undefined means: in their files. */
  indexes: SegmentIndexes | undefined
  /** Nothing has changed since they were read from their files, which are durable. */
  areIndexesAsFound = false
  /** Largest timestamp of the segment, and the last offset of the batch that has it. Undefined when only the time index knows. */
  maxTimestamp: number | undefined
  maxTimestampOffset: number
  firstTimestamp = -1
  /** When its file was last changed, for a segment whose records have no timestamps; undefined while nobody has looked. */
  modifiedMs: number | undefined
  /** Held while bytes are not durable: such a descriptor is never closed. */
  dirtyLease: FileLease | undefined
  /** Removed from the log; readers that hold it look again. */
  isGone = false
  /** Until its files have their names: they take the place of others. */
  arriving: Promise<void> | undefined
  #bytesSinceIndexEntry = 0

  constructor(options: SegmentOptions) {
    this.baseOffset = options.baseOffset
    this.directory = options.directory
    this.path = joinPath(options.directory, logFileName(options.baseOffset, 'log'))
    this.createdMs = options.createdMs
    this.size = options.size
    this.writtenSize = options.size
    this.durableSize = options.size
    this.exists = options.exists
    this.isNameDurable = options.exists
    this.maxTimestamp = options.size === 0 ? -1 : undefined
    this.maxTimestampOffset = options.baseOffset
  }

  /** As retention sees it; undefined when the time index or the file has to be asked. */
  get largestTimestamp(): number | undefined {
    return this.maxTimestamp === undefined || this.maxTimestamp >= 0 ? this.maxTimestamp : this.modifiedMs
  }

  get offsetIndexPath(): string {
    return joinPath(this.directory, logFileName(this.baseOffset, 'index'))
  }

  get timeIndexPath(): string {
    return joinPath(this.directory, logFileName(this.baseOffset, 'timeindex'))
  }

  get transactionIndexPath(): string {
    return joinPath(this.directory, logFileName(this.baseOffset, 'txnindex'))
  }

  get offsetIndexCount(): number {
    return this.indexes?.offsets.count ?? 0
  }

  get timeIndexCount(): number {
    return this.indexes?.times.count ?? 0
  }

  /** Puts indexes into memory; appends go on from them. */
  openIndexes(indexes: SegmentIndexes = emptyIndexes(this.baseOffset)): void {
    this.indexes = indexes
    this.areIndexesAsFound = false
    const { timestamp, offset } = indexes.times.last
    this.maxTimestamp = timestamp
    this.maxTimestampOffset = offset
  }

  /** Takes note of a batch that is in the segment, but perhaps in no index entry. */
  observe(lastOffset: number, maxTimestamp: number): void {
    if (maxTimestamp <= (this.maxTimestamp ?? -1)) return
    this.maxTimestamp = maxTimestamp
    this.maxTimestampOffset = lastOffset
  }

  /** Takes in a batch at the end of the segment. An index entry is due after `indexIntervalBytes` since the last one. */
  append(size: number, lastOffset: number, maxTimestamp: number, indexIntervalBytes: number): void {
    const indexes = this.indexes as SegmentIndexes
    this.areIndexesAsFound = false
    this.modifiedMs = undefined
    if (this.size === 0) this.firstTimestamp = maxTimestamp
    this.observe(lastOffset, maxTimestamp)
    if (this.#bytesSinceIndexEntry > indexIntervalBytes) {
      indexes.offsets.append(lastOffset, this.size)
      indexes.times.maybeAppend(this.maxTimestamp as number, this.maxTimestampOffset)
      this.#bytesSinceIndexEntry = 0
    }
    this.size += size
    this.#bytesSinceIndexEntry += size
  }

  /** Adds the time index entry that closing a segment forces. */
  finishTimeIndex(): void {
    this.indexes?.times.maybeAppend(this.maxTimestamp ?? -1, this.maxTimestampOffset)
  }

  mark(): SegmentMark {
    return {
      size: this.size,
      bytesSinceIndexEntry: this.#bytesSinceIndexEntry,
      maxTimestamp: this.maxTimestamp as number,
      maxTimestampOffset: this.maxTimestampOffset,
      firstTimestamp: this.firstTimestamp,
      offsetIndexCount: this.offsetIndexCount,
      timeIndexCount: this.timeIndexCount,
      abortedCount: this.indexes?.aborted.count ?? 0,
    }
  }

  /** Takes back everything appended since `mark`. */
  restore(mark: SegmentMark): void {
    this.areIndexesAsFound = false
    this.size = mark.size
    this.#bytesSinceIndexEntry = mark.bytesSinceIndexEntry
    this.maxTimestamp = mark.maxTimestamp
    this.maxTimestampOffset = mark.maxTimestampOffset
    this.firstTimestamp = mark.firstTimestamp
    this.indexes?.offsets.truncate(mark.offsetIndexCount)
    this.indexes?.times.truncate(mark.timeIndexCount)
    this.indexes?.aborted.truncate(mark.abortedCount)
  }

  /** The segment now ends before `position`, where the batch that held `offset` began. Nothing may wait to be written. */
  truncate(position: number, offset: number): void {
    this.size = position
    this.writtenSize = position
    this.durableSize = Math.min(this.durableSize, position)
    this.#bytesSinceIndexEntry = 0
    this.areIndexesAsFound = false
    if (this.indexes === undefined) return
    this.indexes.offsets.truncateTo(offset)
    this.indexes.times.truncateTo(offset)
    this.indexes.aborted.truncateTo(offset)
    this.openIndexes(this.indexes)
  }

  /** Releases the descriptor that unsynced bytes held open. */
  releaseDirty(): void {
    this.dirtyLease?.release()
    this.dirtyLease = undefined
  }
}

export function emptyIndexes(baseOffset: number): SegmentIndexes {
  return { offsets: new OffsetIndex(baseOffset), times: new TimeIndex(baseOffset), aborted: new TransactionIndex() }
}
