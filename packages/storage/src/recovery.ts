/** Recovery of one segment after a crash: every batch is checked, indexes are built anew, a torn tail is cut off (reference 3.7). */
import type { Logger } from '@millrace/base'
import { BatchHeader, batchHeaderSize, crc32 } from '@millrace/protocol'
import { relativeOffsetMax } from './cleaner/groups.ts'
import { findBatch, holdsUnwrittenSector } from './damage.ts'
import { StorageError } from './errors.ts'
import { type File, readFully } from './fs/port.ts'
import { type BatchVisitor, isLegacyHeader, legacySizeMin, type ScanEnd, scanBatches, scanChunkBytes } from './scan.ts'
import type { Segment } from './segment.ts'

/** Fields of a message of record formats 0 and 1: its checksum, and what that covers. */
const legacyChecksumAt = 12
const legacyChecksumStart = 16
/** No broker took larger messages by default; one that did is refused as damaged. */
const legacySizeMax = 64 << 20

interface RecoveryOptions {
  readonly file: File
  readonly fileSize: number
  /** The offset that the segment may start with at the earliest. */
  readonly nextOffset: number
  /** The leader epoch of the batch before the segment; -1 when unknown. */
  readonly epochBefore: number
  /** Everything below this offset was durable: it must be there. */
  readonly committedOffset: number
  readonly indexIntervalBytes: number
  readonly isLast: boolean
  /** Whether every batch must start where the one before it ends: so it is wherever compaction never was. */
  readonly isContiguous: boolean
  /** Whether bytes of a later segment prove that all before them was durable, as they do under fsync. */
  readonly isOrdered: boolean
  readonly logger: Logger
  /** Takes the segments that follow out of the log: first of all, or a crash would leave them behind a hole. */
  readonly beforeCut: () => Promise<void>
}

export interface RecoveredSegment {
  readonly nextOffset: number
  /** The leader epoch of the last batch. */
  readonly lastEpoch: number
  /** Bytes cut off the file. */
  readonly cutBytes: number
}

/**
 * Walks the segment, which holds nothing yet in memory, into its indexes and `visit`. What follows the last sound batch is cut
 * off the file when it can only be a write that did not complete. Throws `damaged` otherwise, and changes nothing.
 */
export async function recoverSegment(
  segment: Segment,
  options: RecoveryOptions,
  visit: (bytes: Buffer, at: number) => void,
): Promise<RecoveredSegment> {
  const { file, fileSize, indexIntervalBytes } = options
  const order = new BatchOrder(segment.baseOffset, options)
  segment.openIndexes()
  const onBatch: BatchVisitor = (bytes, at, position) => {
    if (!order.accepts(bytes, at, position)) return false
    const lastOffset = BatchHeader.lastOffset(bytes, at)
    segment.append(BatchHeader.size(bytes, at), lastOffset, BatchHeader.maxTimestamp(bytes, at), indexIntervalBytes)
    visit(bytes, at)
    return true
  }
  const range = { start: 0, end: fileSize, nextOffset: options.nextOffset, verify: true, chunkBytes: scanChunkBytes }
  const end = await scanBatches(file, range, onBatch)
  segment.finishTimeIndex()
  if (order.problem !== undefined)
    throw damaged(segment, end, order.problem, 'Its checksum is right, so it is no torn write')
  if (end.problem !== undefined) {
    await checkJump(segment, end, order.lastJump, options)
    await checkTornTail(segment, end, end.problem, options)
  }
  segment.writtenSize = segment.size
  if (segment.size < fileSize) {
    await options.beforeCut()
    await file.truncate(segment.size)
    await file.sync()
  }
  segment.durableSize = segment.size
  return { nextOffset: end.nextOffset, lastEpoch: order.epoch, cutBytes: fileSize - segment.size }
}

/** A batch that leaves offsets out before it. */
interface Jump {
  readonly position: number
  readonly baseOffset: number
  /** Where it would end without them. */
  readonly plainEnd: number
}

/** What a checksum does not cover: a batch whose offset or epoch is out of order was changed after it was written. */
class BatchOrder {
  readonly #isContiguous: boolean
  readonly #segmentOffset: number
  #nextOffset: number
  /** Of the last batch. */
  epoch: number
  problem: string | undefined
  /** Of the last batch, if it is one. */
  lastJump: Jump | undefined

  constructor(segmentOffset: number, { isContiguous, nextOffset, epochBefore }: RecoveryOptions) {
    this.epoch = epochBefore
    this.#segmentOffset = segmentOffset
    this.#isContiguous = isContiguous
    this.#nextOffset = nextOffset
  }

  accepts(bytes: Buffer, at: number, position: number): boolean {
    const baseOffset = BatchHeader.baseOffset(bytes, at)
    const lastOffset = BatchHeader.lastOffset(bytes, at)
    const epoch = BatchHeader.partitionLeaderEpoch(bytes, at)
    if (this.#isContiguous && baseOffset !== this.#nextOffset) {
      this.problem = `offset ${baseOffset} where ${this.#nextOffset} must follow`
    } else if (lastOffset - this.#segmentOffset > relativeOffsetMax) {
      this.problem = `offset ${lastOffset} in a segment that starts at ${this.#segmentOffset}`
    } else if (epoch < this.epoch) {
      this.problem = `leader epoch ${epoch} after ${this.epoch}`
    }
    const plainEnd = this.#nextOffset + lastOffset - baseOffset + 1
    this.lastJump = baseOffset > this.#nextOffset ? { position, baseOffset, plainEnd } : undefined
    this.#nextOffset = lastOffset + 1
    this.epoch = Math.max(epoch, this.epoch)
    return this.problem === undefined
  }
}

/** Throws `damaged` when a batch leaves offsets out that sound batches after it have: its own was changed, and nothing else is wrong. */
async function checkJump(
  segment: Segment,
  end: ScanEnd,
  jump: Jump | undefined,
  { file, fileSize }: RecoveryOptions,
): Promise<void> {
  if (jump === undefined) return
  const found = await findBatch(file, end.position, fileSize, jump.plainEnd)
  if (found === undefined) return
  const header = Buffer.alloc(batchHeaderSize)
  await readFully(file, header, found)
  if (BatchHeader.baseOffset(header, 0) >= end.nextOffset) return
  const { position, baseOffset } = jump
  const place = { ...end, position }
  throw damaged(
    segment,
    place,
    `offset ${baseOffset} is above those that follow it`,
    'Its checksum is right, so it is no torn write',
  )
}

function damaged(segment: Segment, { position, nextOffset }: ScanEnd, problem: string, why: string): StorageError {
  const message = `${segment.path} is damaged at byte ${position}, offset ${nextOffset}: ${problem}. ${why}, and nothing was cut off: restore the file, or remove the replica.`
  return new StorageError('damaged', message, { path: segment.path, position })
}

/** Throws `damaged` unless the end of the file, from the bad batch on, is a write that did not complete. */
async function checkTornTail(
  segment: Segment,
  end: ScanEnd,
  problem: string,
  { file, fileSize, committedOffset, isLast, isOrdered, logger }: RecoveryOptions,
): Promise<void> {
  const { position, nextOffset } = end
  const place = { path: segment.path, position }
  if (await isLegacy(file, position, fileSize, nextOffset)) {
    const message = `${segment.path}, byte ${position}: a record format from before Kafka 0.11. Convert the topic with an older broker.`
    throw new StorageError('unsupported-format', message, place)
  }
  if (nextOffset < committedOffset) {
    throw damaged(segment, end, problem, `Everything below offset ${committedOffset} was durable`)
  }
  const found = await findBatch(file, position + 1, fileSize, nextOffset)
  const follows = found !== undefined || !isLast
  // A file that ends too early is a write that did not get there, if later ones could overtake it.
  const isShort = found === undefined && !isOrdered && (await reachesBeyond(file, position, fileSize))
  const endsFile = found === undefined && !isOrdered
  if (follows && !isShort && !(await holdsUnwrittenSector(file, position, found ?? fileSize, endsFile))) {
    throw damaged(segment, end, problem, 'Sound batches follow it')
  }
  logger.warn('cut off an incomplete write', {
    ...place,
    offset: nextOffset,
    bytes: fileSize - position,
    problem,
    follows,
  })
}

/** Whether the batch at `position` has more bytes than the file. */
async function reachesBeyond(file: File, position: number, fileSize: number): Promise<boolean> {
  if (fileSize - position < batchHeaderSize) return true
  const header = Buffer.alloc(batchHeaderSize)
  const held = await readFully(file, header, position)
  return held < batchHeaderSize || BatchHeader.size(header, 0) > fileSize - position
}

/** Whether a message of record format 0 or 1 starts at `position`: those are not read, and must not be taken for garbage. */
async function isLegacy(file: File, position: number, end: number, nextOffset: number): Promise<boolean> {
  const header = Buffer.alloc(batchHeaderSize)
  const held = await readFully(file, header, position)
  if (held < legacySizeMin || !isLegacyHeader(header, 0, end - position, nextOffset)) return false
  const message = Buffer.allocUnsafe(Math.min(BatchHeader.size(header, 0), legacySizeMax))
  await readFully(file, message, position)
  return crc32(message.subarray(legacyChecksumStart)) === message.readUInt32BE(legacyChecksumAt)
}
