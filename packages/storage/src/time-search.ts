/** Finding offsets by timestamp: time index, then batches by their headers, then records (reference 2.11). */
import { BatchHeader, batchHeaderSize, openBatch } from '@millrace/protocol'
import { StorageError } from './errors.ts'
import { type File, readFully } from './fs/port.ts'
import { type FoundBatch, locateBatch } from './locate.ts'
import type { ReadableLog } from './log-reader.ts'
import { scanBatches, seekChunkBytes } from './scan.ts'
import type { Segment } from './segment.ts'
import type { TimestampOffset } from './time-index.ts'

export interface TimestampedOffset {
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number
}

/** How often a search begins anew when segments left the log under it. */
const attemptsMax = 4

async function whileSteady<T>(log: ReadableLog, search: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const before = log.segments.changeCount
    const isSteady = () => log.segments.changeCount === before || attempt === attemptsMax
    try {
      const result = await search()
      if (isSteady()) return result
    } catch (error) {
      if (isSteady()) throw error
    }
  }
}

/** The first record at or after the log's start with a timestamp of at least `timestamp`, among those written. */
export function findTimestamp(log: ReadableLog, timestamp: number): Promise<TimestampedOffset | undefined> {
  return whileSteady(log, () => searchForward(log, timestamp))
}

async function searchForward(log: ReadableLog, timestamp: number): Promise<TimestampedOffset | undefined> {
  for (const segment of [...log.segments.all]) {
    if (segment.isGone || segment.writtenSize === 0 || (await maxTimestampOf(log, segment)).timestamp < timestamp)
      continue
    const found = await searchSegment(log, segment, timestamp)
    if (found !== undefined) return found
  }
  return undefined
}

/** The first record with the largest timestamp of the log; undefined when no record has one. */
export function findMaxTimestamp(log: ReadableLog): Promise<TimestampedOffset | undefined> {
  return whileSteady(log, () => searchNewest(log))
}

async function searchNewest(log: ReadableLog): Promise<TimestampedOffset | undefined> {
  let best: { segment: Segment; timestamp: number } | undefined
  for (const segment of [...log.segments.all]) {
    const { timestamp } = await maxTimestampOf(log, segment)
    if (timestamp >= 0 && (best === undefined || timestamp > best.timestamp)) best = { segment, timestamp }
  }
  return best && searchSegment(log, best.segment, best.timestamp)
}

/**
 * The largest timestamp of a segment's records, or the time when its file was last changed if they have none. Known afterwards
 * without looking.
 */
export async function largestTimestampOf(log: ReadableLog, segment: Segment): Promise<number> {
  if (segment.largestTimestamp !== undefined) return segment.largestTimestamp
  const { timestamp } = await maxTimestampOf(log, segment)
  if (timestamp < 0) segment.modifiedMs = (await log.io.fileSystem.stat(segment.path))?.modifiedMs ?? segment.createdMs
  return segment.largestTimestamp ?? timestamp
}

/** The max timestamp of a segment's first batch; -1 for none. Read from the file where nobody knows it. */
export async function firstTimestampOf(log: ReadableLog, segment: Segment): Promise<number> {
  if (segment.firstTimestamp >= 0 || segment.writtenSize < batchHeaderSize) return segment.firstTimestamp
  const lease = await log.io.open(segment)
  try {
    const header = Buffer.alloc(batchHeaderSize)
    if ((await readFully(lease.file, header, 0)) < batchHeaderSize) return -1
    segment.firstTimestamp = BatchHeader.maxTimestamp(header, 0)
    return segment.firstTimestamp
  } finally {
    lease.release()
  }
}

async function maxTimestampOf(log: ReadableLog, segment: Segment): Promise<{ timestamp: number }> {
  if (segment.maxTimestamp === undefined) {
    const { last } = (await log.io.cache.get(segment)).times
    const { timestamp, offset } = (await batchOf(log, segment, last)) ? last : await newestBatch(log, segment)
    segment.maxTimestamp = timestamp
    segment.maxTimestampOffset = offset
  }
  return { timestamp: segment.maxTimestamp }
}

/** The batch of an entry of the time index, which nothing protects; undefined when it is of none that it can be of. */
async function batchOf(
  log: ReadableLog,
  segment: Segment,
  { timestamp, offset }: TimestampOffset,
): Promise<FoundBatch | undefined> {
  if (timestamp < 0) return undefined
  const batch = await locateBatch(log.io, segment, offset)
  return batch !== undefined && batch.baseOffset <= offset && batch.maxTimestamp === timestamp ? batch : undefined
}

/** The largest timestamp of the segment's batches, by their headers. */
async function newestBatch(log: ReadableLog, segment: Segment): Promise<TimestampOffset> {
  let newest: TimestampOffset = { timestamp: -1, offset: segment.baseOffset }
  if (segment.writtenSize === 0) return newest
  const lease = await log.io.open(segment)
  try {
    const range = { start: 0, end: segment.writtenSize, nextOffset: segment.baseOffset, verify: false }
    await scanBatches(lease.file, { ...range, chunkBytes: seekChunkBytes }, (bytes, at) => {
      const timestamp = BatchHeader.maxTimestamp(bytes, at)
      if (timestamp > newest.timestamp) newest = { timestamp, offset: BatchHeader.lastOffset(bytes, at) }
      return true
    })
    return newest
  } finally {
    lease.release()
  }
}

async function searchSegment(
  log: ReadableLog,
  segment: Segment,
  timestamp: number,
): Promise<TimestampedOffset | undefined> {
  const { times } = log.io.cache.peek(segment) ?? (await log.io.cache.get(segment))
  // Timestamps below the entry's offset are below the entry's own: its batch was the first to reach it.
  const entry = times.lookup(timestamp)
  const first = await batchOf(log, segment, entry)
  const isBelowStart = first === undefined || first.lastOffset < log.logStartOffset
  const start = isBelowStart
    ? await locateBatch(log.io, segment, Math.max(first?.baseOffset ?? segment.baseOffset, log.logStartOffset))
    : first
  if (start === undefined) return undefined
  const lease = await log.io.open(segment)
  try {
    return await searchFrom(log, lease.file, segment, start.position, timestamp)
  } finally {
    lease.release()
  }
}

async function searchFrom(
  log: ReadableLog,
  file: File,
  segment: Segment,
  start: number,
  timestamp: number,
): Promise<TimestampedOffset | undefined> {
  let position = start
  while (position < segment.writtenSize) {
    const candidate = await nextCandidate(file, segment, position, timestamp)
    if (candidate === undefined) return undefined
    const bytes = Buffer.allocUnsafe(candidate.size)
    if ((await readFully(file, bytes, candidate.position)) < candidate.size) return undefined
    const record = firstRecordFrom(bytes, timestamp, log.logStartOffset)
    if (record !== undefined) return { ...record, leaderEpoch: BatchHeader.partitionLeaderEpoch(bytes, 0) }
    position = candidate.position + candidate.size
  }
  return undefined
}

/** The next batch whose max timestamp is high enough. */
async function nextCandidate(
  file: File,
  segment: Segment,
  start: number,
  timestamp: number,
): Promise<{ position: number; size: number } | undefined> {
  let found: { position: number; size: number } | undefined
  const range = { start, end: segment.writtenSize, nextOffset: segment.baseOffset, verify: false }
  const end = await scanBatches(file, { ...range, chunkBytes: seekChunkBytes }, (bytes, at, position) => {
    if (BatchHeader.maxTimestamp(bytes, at) >= timestamp) found = { position, size: BatchHeader.size(bytes, at) }
    return found === undefined
  })
  if (end.problem === undefined) return found
  const message = `${segment.path} is damaged at byte ${end.position}: ${end.problem}`
  throw new StorageError('damaged', message, { path: segment.path, position: end.position })
}

/** The first record of the batch, at or above `offsetMin`, whose timestamp is at least `timestamp`. */
function firstRecordFrom(
  bytes: Buffer,
  timestamp: number,
  offsetMin: number,
): { offset: number; timestamp: number } | undefined {
  for (const cursor = openBatch(bytes).cursor(); cursor.next(); ) {
    const { offset, timestamp: found } = cursor
    if (offset >= offsetMin && found >= timestamp) return { offset, timestamp: found }
  }
  return undefined
}
