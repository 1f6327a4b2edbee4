/** Finding the batch that holds an offset: index, then headers. */
import { BatchHeader, batchHeaderSize, batchMagic } from '@millrace/protocol'
import { StorageError } from './errors.ts'
import { type File, readFully } from './fs/port.ts'
import type { IndexedPosition } from './offset-index.ts'
import type { BatchPlace } from './recent-batches.ts'
import { scanBatches, seekChunkBytes } from './scan.ts'
import type { Segment } from './segment.ts'
import type { SegmentIo } from './segment-io.ts'

export interface FoundBatch extends BatchPlace {
  readonly lastOffset: number
  readonly maxTimestamp: number
}

/** The first batch of the segment whose last offset is at least `offset`; undefined when there is none. */
export async function locateBatch(io: SegmentIo, segment: Segment, offset: number): Promise<FoundBatch | undefined> {
  if (segment.writtenSize === 0) return undefined
  const { offsets } = io.cache.peek(segment) ?? (await io.cache.get(segment))
  const start = offsets.lookup(offset)
  const lease = await io.open(segment)
  try {
    if (start.position > 0 && start.position < segment.writtenSize) {
      const found = await findFrom(lease.file, segment, start.position, offset, start.offset)
      if (found !== 'wrong-index') return found
      // The index file is damaged: the data itself says where its batches are.
      io.cache.drop(segment)
    }
    const found = await findFrom(lease.file, segment, 0, offset, undefined)
    return found === 'wrong-index' ? undefined : found
  } finally {
    lease.release()
  }
}

/** Whether an entry of the index, which nothing protects, points at the batch that it names. */
export async function isEntryRight(
  io: SegmentIo,
  segment: Segment,
  { position, offset }: IndexedPosition,
): Promise<boolean> {
  if (position === 0) return true
  if (position + batchHeaderSize > segment.writtenSize) return false
  const header = await headerAt(io, segment, position)
  return BatchHeader.magic(header, 0) === batchMagic && BatchHeader.lastOffset(header, 0) === offset
}

/** The header of the batch at a place in the segment. */
export async function headerAt(io: SegmentIo, segment: Segment, position: number): Promise<Buffer> {
  const header = Buffer.alloc(batchHeaderSize)
  const lease = await io.open(segment)
  try {
    await readFully(lease.file, header, position)
    return header
  } finally {
    lease.release()
  }
}

/** The leader epoch of the segment's last batch; -1 when there is none, or damage hides it. */
export async function lastEpochOf(io: SegmentIo, segment: Segment): Promise<number> {
  if (segment.writtenSize === 0) return -1
  const { offsets } = io.cache.peek(segment) ?? (await io.cache.get(segment))
  const last = offsets.entry(offsets.count - 1)
  const start = (await isEntryRight(io, segment, last)) ? last.position : 0
  const range = { start, end: segment.writtenSize, nextOffset: segment.baseOffset, verify: false }
  const lease = await io.open(segment)
  try {
    let epoch = -1
    const end = await scanBatches(lease.file, { ...range, chunkBytes: seekChunkBytes }, (bytes, at) => {
      epoch = BatchHeader.partitionLeaderEpoch(bytes, at)
      return true
    })
    return end.problem === undefined ? epoch : -1
  } finally {
    lease.release()
  }
}

/** `indexed` is the last offset that the index promises for the batch at `start`. */
async function findFrom(
  file: File,
  segment: Segment,
  start: number,
  offset: number,
  indexed: number | undefined,
): Promise<FoundBatch | undefined | 'wrong-index'> {
  let found: FoundBatch | undefined
  let isWrong = false
  const range = { start, end: segment.writtenSize, nextOffset: segment.baseOffset, verify: false }
  const end = await scanBatches(file, { ...range, chunkBytes: seekChunkBytes }, (bytes, at, position) => {
    const baseOffset = BatchHeader.baseOffset(bytes, at)
    const lastOffset = baseOffset + BatchHeader.lastOffsetDelta(bytes, at)
    isWrong = position === start && indexed !== undefined && lastOffset !== indexed
    if (isWrong) return false
    if (lastOffset < offset) return true
    const maxTimestamp = BatchHeader.maxTimestamp(bytes, at)
    found = { baseOffset, lastOffset, position, size: BatchHeader.size(bytes, at), maxTimestamp }
    return false
  })
  if (isWrong || (end.problem !== undefined && end.position === start && indexed !== undefined)) return 'wrong-index'
  if (end.problem === undefined) return found
  const message = `${segment.path} is damaged at byte ${end.position}: ${end.problem}`
  throw new StorageError('damaged', message, { path: segment.path, position: end.position })
}
