/** Reading from a log: from an offset to a slice of a file, by the limits of a fetch (reference 2.9). */
import { isEntryRight, locateBatch } from './locate.ts'
import { LogSlice } from './log-slice.ts'
import type { BatchPlace, RecentBatches } from './recent-batches.ts'
import type { Segment } from './segment.ts'
import type { SegmentIo } from './segment-io.ts'
import type { Segments } from './segments.ts'
import type { AbortedTransaction } from './transaction-index.ts'

export interface ReadOptions {
  /** Bytes. */
  readonly sizeMax: number
  /** Exclusive: the high watermark, the last stable offset, or the log's end. */
  readonly upperOffset: number
  /** Whether the first batch is returned whole although it is larger than `sizeMax` (KIP-74); else nothing is returned then. */
  readonly minOneBatch: boolean
  /** Whether the answer tells which transactions were aborted: for readers of committed data. Default false. */
  readonly needsAborted?: boolean
}

export type ReadResult =
  | {
      readonly kind: 'slice'
      /** Undefined when there is nothing to read. Whoever gets it releases it. */
      readonly slice: LogSlice | undefined
      /** Base offset of the first batch, at or below the offset asked for; that offset itself without a slice. */
      readonly firstOffset: number
      /** The aborted transactions that overlap what was read, if they were asked for. */
      readonly aborted?: readonly AbortedTransaction[]
    }
  | { readonly kind: 'out-of-range' }

/** What the reader sees of its log. */
export interface ReadableLog {
  readonly segments: Segments
  readonly recent: RecentBatches
  readonly io: SegmentIo
  readonly logStartOffset: number
  readonly endOffset: number
  readonly writtenOffset: number
}

/** How often a reader looks again when truncation or deletion took the segment away under it. */
const attemptsMax = 4

export async function readLog(log: ReadableLog, offset: number, options: ReadOptions): Promise<ReadResult> {
  for (let attempt = 1; ; attempt++) {
    const quick = readAtTail(log, offset, options)
    if (quick !== undefined) return quick
    const segment = log.segments.floor(offset)
    const result = await readSegments(log, offset, options).catch((error: unknown) => {
      // Whatever failed with a segment that left the log is of no interest.
      if (segment?.isGone !== true || attempt === attemptsMax) throw error
    })
    if (result !== undefined && segment?.isGone !== true) return result
    if (result?.kind === 'slice') result.slice?.release()
    if (attempt === attemptsMax) return nothing(offset)
  }
}

function nothing(offset: number): ReadResult {
  return { kind: 'slice', slice: undefined, firstOffset: offset }
}

/** Answers without IO: outside of the log, nothing there, or among the newest batches; undefined when that is not enough. */
export function readAtTail(log: ReadableLog, offset: number, options: ReadOptions): ReadResult | undefined {
  if (offset < log.logStartOffset || offset > log.endOffset) return { kind: 'out-of-range' }
  const upper = Math.min(options.upperOffset, log.writtenOffset)
  if (offset >= upper) return nothing(offset)
  const segment = log.segments.active
  const first = offset >= segment.baseOffset ? log.recent.find(offset) : undefined
  if (first === undefined || first.position >= segment.writtenSize) return undefined
  const end = upper === log.writtenOffset ? segment.writtenSize : log.recent.find(upper)?.position
  if (end === undefined) return undefined
  const length = sliceLength(first, end, options)
  if (length === 0) return nothing(offset)
  const indexes = segment.indexes
  if (options.needsAborted && indexes === undefined) return undefined
  const lease = log.io.pool.tryAcquire(segment.path)
  if (lease === undefined) return undefined
  const slice = new LogSlice(lease, first.position, length)
  if (!options.needsAborted || indexes === undefined) return { kind: 'slice', slice, firstOffset: first.baseOffset }
  const aborted: AbortedTransaction[] = []
  indexes.aborted.collect(offset, upper, aborted)
  return { kind: 'slice', slice, firstOffset: first.baseOffset, aborted }
}

/** Bytes from the start of `first`, as far as `end` and the limits allow. */
function sliceLength(first: BatchPlace, end: number, { sizeMax, minOneBatch }: ReadOptions): number {
  const available = end - first.position
  // A batch that holds the upper offset is not complete below it.
  if (first.size > available) return 0
  if (first.size > sizeMax) return minOneBatch ? first.size : 0
  return Math.min(sizeMax, available)
}

async function readSegments(log: ReadableLog, offset: number, options: ReadOptions): Promise<ReadResult | undefined> {
  const upper = Math.min(options.upperOffset, log.writtenOffset)
  let segment = log.segments.floor(offset)
  // Compaction may have removed all that a segment held from this offset on: the next batch is in a later one.
  while (segment !== undefined && segment.baseOffset < upper) {
    const current: Segment = segment
    try {
      const first = await locateBatch(log.io, current, offset)
      if (first !== undefined) return await readFrom(log, current, first, offset, upper, options)
    } catch (error) {
      // Its files may be those of another one by now.
      if (!current.isGone) throw error
    }
    if (current.isGone) return undefined
    segment = log.segments.next(current)
  }
  return nothing(offset)
}

async function readFrom(
  log: ReadableLog,
  segment: Segment,
  first: BatchPlace,
  offset: number,
  upper: number,
  options: ReadOptions,
): Promise<ReadResult | undefined> {
  const end = await endPosition(log, segment, first, upper, options)
  const length = sliceLength(first, end, options)
  if (length === 0) return nothing(offset)
  const aborted = options.needsAborted
    ? await findAborted(log, segment, offset, upper, first.position + length)
    : undefined
  const lease = await log.io.open(segment)
  // The positions are those of this file, and of no other that took its place.
  if (segment.isGone) {
    lease.release()
    return undefined
  }
  const slice = new LogSlice(lease, first.position, length)
  return { kind: 'slice', slice, firstOffset: first.baseOffset, ...(aborted === undefined ? {} : { aborted }) }
}

/** The aborted transactions that overlap what is read from `offset` up to the byte `end` of `segment`, as close as the index knows. */
async function findAborted(
  log: ReadableLog,
  segment: Segment,
  offset: number,
  upperOffset: number,
  end: number,
): Promise<AbortedTransaction[]> {
  const { offsets } = log.io.cache.peek(segment) ?? (await log.io.cache.get(segment))
  const entry = offsets.entryFrom(end)
  const isRight = entry !== undefined && (await isEntryRight(log.io, segment, entry))
  const behind = isRight ? entry.offset : (log.segments.next(segment)?.baseOffset ?? upperOffset)
  const upper = Math.min(upperOffset, behind)
  const found: AbortedTransaction[] = []
  // A marker may be any number of segments behind its transaction.
  for (let next: Segment | undefined = segment; next !== undefined; next = log.segments.next(next)) {
    const { aborted } = log.io.cache.peek(next) ?? (await log.io.cache.get(next))
    if (aborted.collect(offset, upper, found)) break
  }
  return found
}

/** Where the batches below `upper` end in this segment, or a place beyond what is wanted anyway. */
async function endPosition(
  log: ReadableLog,
  segment: Segment,
  first: BatchPlace,
  upper: number,
  { sizeMax }: ReadOptions,
): Promise<number> {
  const next = log.segments.next(segment)
  if (upper >= log.writtenOffset || (next !== undefined && next.baseOffset <= upper)) return segment.writtenSize
  const wanted = first.position + Math.max(sizeMax, first.size)
  const { offsets } = log.io.cache.peek(segment) ?? (await log.io.cache.get(segment))
  // This batch ends below `upper`, so everything before it is readable.
  const indexed = offsets.lookup(upper - 1)
  if (indexed.position >= wanted && (await isEntryRight(log.io, segment, indexed))) return indexed.position
  const limit = await locateBatch(log.io, segment, upper)
  return limit?.position ?? segment.writtenSize
}
