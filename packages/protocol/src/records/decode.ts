/** Opens batches: checks them, decompresses them under a limit, and gives their records as views. */
import type { Workers } from '@millrace/base'
import { type Codec, CompressionError } from '../compression/codec.ts'
import { codecById } from '../compression/index.ts'
import { BatchHeader, batchHeaderSize, type TimestampType } from './batch-header.ts'
import { RecordCursor } from './record-cursor.ts'
import type { RecordSource, RecordView } from './record-view.ts'
import { RecordsError } from './records-error.ts'
import { batchSizeAt } from './split.ts'

/** How large the decompressed records of a batch may be, in bytes, where the caller does not say. */
export const defaultDecompressedSizeMax = 64 * 1024 * 1024

export interface OpenBatchOptions {
  /** Largest size of the records after decompression, in bytes. Default {@link defaultDecompressedSizeMax}. */
  readonly decompressedSizeMax?: number
  /** Whether the checksum is compared. Default true. */
  readonly checkCrc?: boolean
  /** What decompresses beside the event loop, for the codecs that Node does not have. Default: nothing does. */
  readonly workers?: Workers | undefined
}

/** The fewest bytes of a record: size, attributes, two deltas, three sizes and counts. */
const recordSizeMin = 7

/** One batch and its records. The header's fields come from the bytes that were opened. */
export class RecordBatch implements RecordSource, Iterable<RecordView> {
  readonly #header: Buffer
  readonly #position: number
  readonly #start: number
  readonly #end: number
  /** What holds the records: the buffer that was opened, or the decompressed records. */
  readonly bytes: Buffer
  readonly baseOffset: number
  readonly baseTimestamp: number
  readonly logAppendTime: number | undefined

  /** Batches are made by {@link openBatch}. */
  constructor(header: Buffer, position: number, bytes: Buffer, start: number, end: number) {
    this.#header = header
    this.#position = position
    this.bytes = bytes
    this.#start = start
    this.#end = end
    this.baseOffset = BatchHeader.baseOffset(header, position)
    this.baseTimestamp = BatchHeader.baseTimestamp(header, position)
    const isLogAppendTime = BatchHeader.isLogAppendTime(header, position)
    this.logAppendTime = isLogAppendTime ? BatchHeader.maxTimestamp(header, position) : undefined
  }

  /** Bytes of the batch as it was opened. */
  get size(): number {
    return BatchHeader.size(this.#header, this.#position)
  }
  /** Where to go on reading after this batch is the offset after this one, also when records are missing. */
  get lastOffset(): number {
    return BatchHeader.lastOffset(this.#header, this.#position)
  }
  get partitionLeaderEpoch(): number {
    return BatchHeader.partitionLeaderEpoch(this.#header, this.#position)
  }
  /** The id of the compression codec. */
  get codec(): number {
    return BatchHeader.codec(this.#header, this.#position)
  }
  get timestampType(): TimestampType {
    return BatchHeader.timestampType(this.#header, this.#position)
  }
  get maxTimestamp(): number {
    return BatchHeader.maxTimestamp(this.#header, this.#position)
  }
  /** The time after which tombstones may go, once a compaction has set it. */
  get deleteHorizonMs(): number | undefined {
    return BatchHeader.hasDeleteHorizon(this.#header, this.#position) ? this.baseTimestamp : undefined
  }
  get producerId(): number {
    return BatchHeader.producerId(this.#header, this.#position)
  }
  get producerEpoch(): number {
    return BatchHeader.producerEpoch(this.#header, this.#position)
  }
  get baseSequence(): number {
    return BatchHeader.baseSequence(this.#header, this.#position)
  }
  get isTransactional(): boolean {
    return BatchHeader.isTransactional(this.#header, this.#position)
  }
  /** Control batches are never shown to applications. */
  get isControl(): boolean {
    return BatchHeader.isControl(this.#header, this.#position)
  }
  get recordCount(): number {
    return BatchHeader.recordCount(this.#header, this.#position)
  }

  /** The encoded records, decompressed. */
  get recordBytes(): Buffer {
    return this.bytes.subarray(this.#start, this.#end)
  }

  /** Walks over the records without making objects. */
  cursor(): RecordCursor {
    return new RecordCursor(this, this.#start, this.#end, this.recordCount)
  }

  /** All records. Throws RecordsError when one is damaged or their number is not the header's. */
  records(): RecordView[] {
    const records: RecordView[] = []
    for (const cursor = this.cursor(); cursor.next(); ) records.push(cursor.view())
    return records
  }

  /** One record after the other; throws RecordsError at the first damaged one. */
  *[Symbol.iterator](): Iterator<RecordView> {
    for (const cursor = this.cursor(); cursor.next(); ) yield cursor.view()
  }
}

/** Checks everything that the header tells, and finds the codec. */
function checkedCodec(bytes: Buffer, position: number, { checkCrc = true }: OpenBatchOptions): Codec {
  const size = batchSizeAt(bytes, position, bytes.length)
  if (size === 0) throw new RecordsError('truncated', position, 'the record batch is cut')
  const where = () => `the batch at offset ${BatchHeader.baseOffset(bytes, position)}`
  if (checkCrc && !BatchHeader.isCrcValid(bytes, position)) {
    throw new RecordsError('corrupt', position, `the checksum of ${where()} does not match`)
  }
  const count = BatchHeader.recordCount(bytes, position)
  if (count < 0) throw new RecordsError('invalid-batch', position, `${where()} cannot have ${count} records`)
  const id = BatchHeader.codec(bytes, position)
  const codec = codecById(id)
  if (codec === undefined)
    throw new RecordsError('unknown-codec', position, `${where()} has the unknown compression ${id}`)
  return codec
}

function compressedRecords(bytes: Buffer, position: number): Buffer {
  return bytes.subarray(position + batchHeaderSize, position + BatchHeader.size(bytes, position))
}

/** The error for a body that cannot be decompressed. */
function decompressionError(error: unknown, bytes: Buffer, position: number): unknown {
  if (!(error instanceof CompressionError)) return error
  const code = error.code === 'too-large' ? 'too-large' : 'corrupt-compression'
  const offset = BatchHeader.baseOffset(bytes, position)
  return new RecordsError(
    code,
    position,
    `the records of the batch at offset ${offset} cannot be decompressed: ${error.message}`,
    {
      cause: error,
    },
  )
}

function openPlain(bytes: Buffer, position: number): RecordBatch {
  const end = position + BatchHeader.size(bytes, position)
  return new RecordBatch(bytes, position, bytes, position + batchHeaderSize, end)
}

function openDecompressed(bytes: Buffer, position: number, records: Buffer): RecordBatch {
  const count = BatchHeader.recordCount(bytes, position)
  if (count * recordSizeMin > records.length) {
    throw new RecordsError('invalid-record', position, `${records.length} bytes cannot hold ${count} records`)
  }
  return new RecordBatch(bytes, position, records, 0, records.length)
}

/**
 * Opens the batch at `position`. The views of its records share memory with `bytes` unless the batch is compressed.
 *
 * Throws RecordsError: `truncated`, `corrupt`, `unsupported-magic`, `invalid-batch`, `unknown-codec`, `corrupt-compression`,
 * `too-large`. Damaged records come to light when they are read.
 */
export function openBatch(bytes: Buffer, position = 0, options: OpenBatchOptions = {}): RecordBatch {
  const codec = checkedCodec(bytes, position, options)
  if (codec.id === 0) return openPlain(bytes, position)
  try {
    const sizeMax = options.decompressedSizeMax ?? defaultDecompressedSizeMax
    return openDecompressed(bytes, position, codec.decompress(compressedRecords(bytes, position), sizeMax))
  } catch (error) {
    throw decompressionError(error, bytes, position)
  }
}

/** As {@link openBatch}, decompressing beside the event loop. `bytes` must not change until it settles. */
export async function openBatchAsync(
  bytes: Buffer,
  position = 0,
  options: OpenBatchOptions = {},
): Promise<RecordBatch> {
  const codec = checkedCodec(bytes, position, options)
  if (codec.id === 0) return openPlain(bytes, position)
  try {
    const sizeMax = options.decompressedSizeMax ?? defaultDecompressedSizeMax
    const records = await codec.decompressAsync(compressedRecords(bytes, position), sizeMax, options.workers)
    return openDecompressed(bytes, position, records)
  } catch (error) {
    throw decompressionError(error, bytes, position)
  }
}
