/** Shortening a log on disk and in memory, while nothing else happens to it (reference 3.7). The result is durable. */
import type { Clock, Logger } from '@millrace/base'
import { BatchHeader } from '@millrace/protocol'
import type { GroupCommit } from './group-commit.ts'
import { headerAt, locateBatch } from './locate.ts'
import type { LogState } from './log-state.ts'
import { findSnapshots, rebuildProducers, removeSnapshotsAbove } from './producer-recovery.ts'
import { scanBatches, seekChunkBytes } from './scan.ts'
import type { Segment } from './segment.ts'
import type { SegmentIo } from './segment-io.ts'

export interface TruncationParts {
  readonly state: LogState
  readonly io: SegmentIo
  readonly commit: GroupCommit
  readonly clock: Clock
  readonly logger: Logger
  readonly fileDeleteDelayMs: number
}

/**
 * Where the log ends once every batch is gone that has something at or above `offset`, which is in the log. It may be lower: what is
 * left must tell the next start.
 */
export async function endBelow({ state, io }: TruncationParts, offset: number): Promise<number> {
  const segment = state.segments.floor(offset) as Segment
  const batch = await locateBatch(io, segment, offset)
  const position = batch?.position ?? segment.writtenSize
  if (position === 0) return segment.baseOffset
  const { offsets } = segment.indexes ?? (await io.cache.get(segment))
  const start = offsets.lookupPosition(position - 1).position
  const found = await endOf(io, segment, start, position)
  return found ?? (await endOf(io, segment, 0, position)) ?? offset
}

/** The offset after the last batch in a part of a segment; undefined when there is something else in it. */
async function endOf(io: SegmentIo, segment: Segment, start: number, end: number): Promise<number | undefined> {
  const lease = await io.open(segment)
  try {
    const range = { start, end, nextOffset: segment.baseOffset, verify: false, chunkBytes: seekChunkBytes }
    const { nextOffset, problem } = await scanBatches(lease.file, range, () => true)
    return problem === undefined ? nextOffset : undefined
  } finally {
    lease.release()
  }
}

/** Cuts off everything at or above `offset`, where a batch ends. The epochs are left to be written. */
export async function cutLog(parts: TruncationParts, offset: number): Promise<void> {
  const { state, io, commit, fileDeleteDelayMs } = parts
  const segment = state.segments.floor(offset) as Segment
  const batch = await locateBatch(io, segment, offset)
  const position = batch?.position ?? segment.writtenSize
  const indexes = segment.indexes ?? (await io.cache.get(segment))
  // The last one first: whenever the process dies, what is left has no hole.
  await io.setAside(state.segments.dropAfter(segment).toReversed(), fileDeleteDelayMs)
  await io.cut(segment, position, true)
  segment.releaseDirty()
  io.cache.drop(segment)
  segment.openIndexes(indexes)
  segment.truncate(position, offset)
  // Of a segment that was closed nobody has looked: the time until the next roll counts from its first batch.
  if (position > 0) segment.firstTimestamp = BatchHeader.maxTimestamp(await headerAt(io, segment, 0), 0)
  await observeTail(io, segment)
  commit.reopened(segment)
  await settle(parts, offset, offset)
}

/** The largest timestamp may be in a batch that no index entry stands for. */
async function observeTail(io: SegmentIo, segment: Segment): Promise<void> {
  const lease = await io.open(segment)
  try {
    const start = segment.indexes?.offsets.lookup(Number.MAX_SAFE_INTEGER).position ?? 0
    const range = {
      start,
      end: segment.size,
      nextOffset: segment.baseOffset,
      verify: false,
      chunkBytes: seekChunkBytes,
    }
    await scanBatches(lease.file, range, (bytes, at) => {
      segment.observe(BatchHeader.lastOffset(bytes, at), BatchHeader.maxTimestamp(bytes, at))
      return true
    })
  } finally {
    lease.release()
  }
}

/** Drops everything; the log starts again at `offset`. The epochs are left to be written. */
export async function restartLog(parts: TruncationParts, offset: number): Promise<void> {
  const { state, io, clock, fileDeleteDelayMs } = parts
  const segment = state.newSegment(offset, clock.now())
  // As above: what a crash leaves begins where it began.
  await io.setAside(state.segments.replaceAll(segment).toReversed(), fileDeleteDelayMs)
  await io.create(segment)
  await io.sync(segment)
  state.logStartOffset = offset
  state.epochs.restore([])
  state.epochsChanged = true
  await settle(parts, offset, -1)
}

/** Brings everything else in line. Snapshots of producers are of use up to `snapshotOffsetMax`. */
async function settle(parts: TruncationParts, offset: number, snapshotOffsetMax: number): Promise<void> {
  const { state, io, commit, logger } = parts
  const { name, directory, highWatermark, segments } = state
  if (highWatermark > offset) {
    logger.warn('the log was truncated below its high watermark', { log: name, highWatermark, offset })
  }
  state.truncatedTo(offset)
  commit.reset(offset)
  const found = await findSnapshots(io.fileSystem, directory)
  await removeSnapshotsAbove(io.fileSystem, directory, found, snapshotOffsetMax)
  const usable = found.filter((snapshotOffset) => snapshotOffset <= snapshotOffsetMax)
  state.snapshotOffset = Math.max(state.logStartOffset, ...usable)
  state.unwrittenSnapshot = undefined
  state.producers = await rebuildProducers(io, directory, usable, segments.all, offset, logger)
  state.producers.advanceHighWatermark(state.highWatermark)
}
