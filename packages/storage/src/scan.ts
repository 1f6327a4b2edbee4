/** Walks the batches of a segment file, header by header, with one reused buffer and no promise per batch. */
import { crc32c, crc32cPortable } from '@millrace/base'
import { BatchHeader, batchHeaderSize } from '@millrace/protocol'
import { type File, readFully } from './fs/port.ts'

/** Bytes read at once when every batch is read whole. */
export const scanChunkBytes = 1 << 20
/** Bytes read at once when a batch nearby is looked for. */
export const seekChunkBytes = 16 << 10

const crcCoveredFrom = 21

/**
 * Sees one batch: `bytes` holds at least its header from `at` on, `position` is its place in the file. False stops the walk
 * before this batch.
 */
export type BatchVisitor = (bytes: Buffer, at: number, position: number) => boolean

export interface ScanOptions {
  /** Start of a batch, and end of the file's part. */
  readonly start: number
  readonly end: number
  /** No batch may start below this offset, nor below the end of the one before it. */
  readonly nextOffset: number
  /** Whether the CRC of every batch is checked, which reads all bytes. */
  readonly verify: boolean
  readonly chunkBytes: number
}

export interface ScanEnd {
  /** Start of the batch at which the walk ended, or `end`. */
  readonly position: number
  /** The offset after the last batch seen. */
  readonly nextOffset: number
  /** Why the bytes at `position` are no batch; undefined when the walk came to the end or was stopped. */
  readonly problem: string | undefined
}

/** Walks the batches from `start`. Only failures of the medium are thrown. */
export async function scanBatches(file: File, options: ScanOptions, visit: BatchVisitor): Promise<ScanEnd> {
  const window = new FileWindow(file, options)
  let { start: position, nextOffset } = options
  while (position < options.end) {
    if (options.end - position < batchHeaderSize) return { position, nextOffset, problem: 'a header is cut' }
    if (!window.holds(position, batchHeaderSize)) await window.moveTo(position)
    let problem = window.holds(position, batchHeaderSize)
      ? headerProblem(window.bytes, position - window.start, options.end - position, nextOffset)
      : 'the file is shorter than it was'
    const size = problem === undefined ? BatchHeader.size(window.bytes, position - window.start) : 0
    if (problem === undefined && options.verify) problem = await checkCrc(window, position, size)
    if (problem !== undefined) return { position, nextOffset, problem }
    // Whoever replays a control batch looks into its record.
    if (BatchHeader.isControl(window.bytes, position - window.start) && !window.holds(position, size))
      await window.moveTo(position)
    const at = position - window.start
    if (!visit(window.bytes, at, position)) break
    nextOffset = BatchHeader.baseOffset(window.bytes, at) + BatchHeader.lastOffsetDelta(window.bytes, at) + 1
    position += size
  }
  return { position, nextOffset, problem: undefined }
}

/** What is wrong with the header at `at`, when `available` bytes of the file follow from there. */
export function headerProblem(bytes: Buffer, at: number, available: number, nextOffset: number): string | undefined {
  const magic = BatchHeader.magic(bytes, at)
  if (magic !== 2) return `record format ${magic} is not known`
  const size = BatchHeader.size(bytes, at)
  if (size < batchHeaderSize) return `a batch of ${size} bytes is shorter than its header`
  if (size > available) return `a batch of ${size} bytes, with ${available} left in the file`
  const baseOffset = BatchHeader.baseOffset(bytes, at)
  if (!(baseOffset >= nextOffset)) return `offset ${baseOffset} where ${nextOffset} or more must follow`
  const lastOffset = baseOffset + BatchHeader.lastOffsetDelta(bytes, at)
  return lastOffset >= baseOffset && Number.isSafeInteger(lastOffset)
    ? undefined
    : `last offset ${lastOffset} is impossible`
}

/** Smallest message of the formats before Kafka 0.11: offset, size, CRC, magic, attributes, two lengths. */
export const legacySizeMin = 26

/** Whether the bytes at `at` look like a message of record format 0 or 1, which Millrace does not read and must not cut off. */
export function isLegacyHeader(bytes: Buffer, at: number, available: number, nextOffset: number): boolean {
  const magic = BatchHeader.magic(bytes, at)
  const size = BatchHeader.size(bytes, at)
  const isPlausible = size >= legacySizeMin && size <= available && BatchHeader.baseOffset(bytes, at) >= nextOffset
  return (magic === 0 || magic === 1) && isPlausible
}

async function checkCrc(window: FileWindow, position: number, size: number): Promise<string | undefined> {
  if (!window.holds(position, size) && size <= window.capacity) await window.moveTo(position)
  const at = position - window.start
  const expected = BatchHeader.crc(window.bytes, at)
  const actual = window.holds(position, size)
    ? crc32c(window.bytes, at + crcCoveredFrom, at + size)
    : await streamedCrc(window, position, size)
  return actual === expected ? undefined : `CRC ${actual} where the batch says ${expected}`
}

/** The CRC of a batch larger than the buffer, piece by piece: what a header claims is never allocated. */
async function streamedCrc(window: FileWindow, position: number, size: number): Promise<number | undefined> {
  let crc = 0
  let from = position + crcCoveredFrom
  const end = position + size
  while (from < end) {
    await window.moveTo(from)
    const held = Math.min(window.length, end - from)
    if (held === 0) return undefined
    crc = crc32cPortable(window.bytes, 0, held, crc)
    from += held
  }
  await window.moveTo(position)
  return crc
}

/** The part of a file that is in the buffer. */
class FileWindow {
  readonly bytes: Buffer
  start = 0
  length = 0
  readonly #file: File
  readonly #end: number

  constructor(file: File, { start, end, chunkBytes }: ScanOptions) {
    this.#file = file
    this.#end = end
    this.bytes = Buffer.allocUnsafe(Math.max(batchHeaderSize, Math.min(chunkBytes, end - start)))
  }

  get capacity(): number {
    return this.bytes.length
  }

  holds(position: number, size: number): boolean {
    return position >= this.start && position + size <= this.start + this.length
  }

  async moveTo(position: number): Promise<void> {
    const size = Math.min(this.bytes.length, this.#end - position)
    this.length = await readFully(this.#file, this.bytes.subarray(0, size), position)
    this.start = position
  }
}
