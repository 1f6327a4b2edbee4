/** Builds record batches: records are encoded in place in one growing buffer, header and checksum come last. */
import { assert, type Workers } from '@millrace/base'
import type { Codec } from '../compression/codec.ts'
import { type BatchHeaderFields, batchHeaderSize, writeBatchHeader } from './batch-header.ts'
import { RecordsError } from './records-error.ts'
import { varintSize, varlongSizeMax, writeVarint, writeVarlong } from './varint.ts'

/** What a key, a value or a header's value is given as. Text is written as UTF-8. */
export type RecordBytes = Uint8Array | string | null

export interface RecordHeaderInput {
  readonly key: string
  readonly value: RecordBytes
}

/** A record to write. A `RecordView` is one. */
export interface RecordInput {
  /** Milliseconds since 1970, within 2^53; -1 for none. */
  readonly timestamp: number
  readonly key: RecordBytes
  readonly value: RecordBytes
  /** None when left out. */
  readonly headers?: readonly RecordHeaderInput[] | undefined
  /** Place in the batch's offsets. One after the record before when left out; compaction leaves gaps. */
  readonly offsetDelta?: number | undefined
}

/** What is known when a batch is begun. */
export interface BatchBuilderOptions {
  /** Room made at first, in bytes, header included. A batch that fits is never copied. Default 4096. */
  readonly sizeHint?: number
  /** The time after which a cleaned batch may lose its tombstones; record timestamps then count from it. */
  readonly deleteHorizonMs?: number
}

/** What is known when a batch is finished. The defaults are those of a plain client's batch. */
export interface BuildOptions {
  /** No compression when left out. */
  readonly codec?: Codec | undefined
  /** The codec's default when left out. */
  readonly level?: number | undefined
  /** Default 0. */
  readonly baseOffset?: number
  /** Default -1. */
  readonly partitionLeaderEpoch?: number
  /** Default -1. */
  readonly producerId?: number
  /** Default -1. */
  readonly producerEpoch?: number
  /** Default -1. */
  readonly baseSequence?: number
  readonly isTransactional?: boolean
  readonly isControl?: boolean
  /** Makes it the timestamp of every record, whatever each says. */
  readonly logAppendTimeMs?: number | undefined
  /** The last record's when left out; needed for a batch without records. */
  readonly lastOffsetDelta?: number | undefined
  /** The largest of the records when left out; kept by a batch whose records compaction has removed. */
  readonly maxTimestamp?: number | undefined
  /** For `buildAsync`: what compresses beside the event loop, for the codecs that Node does not have. Default: nothing does. */
  readonly workers?: Workers | undefined
}

/** The most that a batch can count. */
const batchSizeMax = 0x7fff_ffff
/** Size, attributes, timestamp delta, offset delta, key size, value size, header count, each at its largest. */
const recordOverheadMax = 5 + 1 + varlongSizeMax + 4 * 5
/** What a record of usual size has besides key and value: used to guess, never to rely on. */
const typicalOverhead = 12
/** Texts up to this size are written by a loop: a call costs more. */
const textLoopSizeMax = 24

/** A bound that costs nothing. */
function quickSize(bytes: RecordBytes): number {
  if (bytes === null) return 0
  return typeof bytes === 'string' ? bytes.length * 3 : bytes.length
}

function sizeOf(bytes: RecordBytes): number {
  if (bytes === null) return 0
  return typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length
}

type RecordContent = Pick<RecordInput, 'key' | 'value' | 'headers'>

function boundedSize({ key, value, headers }: RecordContent, measure: (bytes: RecordBytes) => number): number {
  let size = recordOverheadMax + measure(key) + measure(value)
  if (headers !== undefined) for (const header of headers) size += 10 + measure(header.key) + measure(header.value)
  return size
}

/** At least the bytes that a record takes in a batch, and at most 36 more (10 more for each header). */
export function recordSizeUpperBound(record: RecordContent): number {
  return boundedSize(record, sizeOf)
}

/** How much larger than the record {@link recordSizeUpperBound} may be. */
function slackMax(headers: readonly RecordHeaderInput[] | undefined): number {
  return recordOverheadMax + (headers === undefined ? 0 : headers.length * 10)
}

/** Writes UTF-8; returns where it ends. There must be three bytes for every unit of the text. */
function writeText(bytes: Buffer, position: number, text: string): number {
  const { length } = text
  if (length > textLoopSizeMax) return position + bytes.write(text, position)
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index)
    if (unit >= 0x80) return position + bytes.write(text, position)
    bytes[position + index] = unit
  }
  return position + length
}

/** Moves `bytes[from, to)` so that the size before it, for which `reserved` bytes are free, fits. Returns where it ends then. */
function settleSize(bytes: Buffer, from: number, to: number, reserved: number): number {
  const size = to - from
  const needed = varintSize(size)
  if (needed !== reserved) bytes.copyWithin(from + needed - reserved, from, to)
  writeVarint(bytes, from - reserved, size)
  return to + needed - reserved
}

/** Writes size and bytes; returns where they end. */
function writeSized(bytes: Buffer, position: number, value: RecordBytes): number {
  if (value === null) {
    bytes[position] = 1
    return position + 1
  }
  if (typeof value === 'string') {
    // ASCII, the usual text, has as many bytes as units: nothing is measured first, and other text is moved afterwards.
    const reserved = varintSize(value.length)
    const start = position + reserved
    const end = writeText(bytes, start, value)
    if (end - start === value.length) {
      writeVarint(bytes, position, value.length)
      return end
    }
    return settleSize(bytes, start, end, reserved)
  }
  const start = writeVarint(bytes, position, value.length)
  bytes.set(value, start)
  return start + value.length
}

function writeHeaders(bytes: Buffer, position: number, headers: readonly RecordHeaderInput[]): number {
  let at = writeVarint(bytes, position, headers.length)
  for (const header of headers) {
    at = writeSized(bytes, at, header.key)
    at = writeSized(bytes, at, header.value)
  }
  return at
}

function checkTimestamp(timestamp: number): void {
  if (!Number.isSafeInteger(timestamp)) {
    throw new RangeError(`a timestamp is an integer of milliseconds within 2^53, not ${timestamp}`)
  }
}

/** A buffer with room for the header before `records`. */
function afterHeader(records: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(batchHeaderSize + records.length)
  records.copy(bytes, batchHeaderSize)
  return bytes
}

/** One batch in the making. */
export class BatchBuilder {
  #bytes: Buffer
  #position = batchHeaderSize
  #recordCount = 0
  #lastOffsetDelta = -1
  #baseTimestamp = -1
  #maxTimestamp = -1
  #built = false
  readonly #deleteHorizonMs: number | undefined

  constructor({ sizeHint = 4096, deleteHorizonMs }: BatchBuilderOptions = {}) {
    this.#bytes = Buffer.allocUnsafe(Math.max(sizeHint, batchHeaderSize))
    this.#deleteHorizonMs = deleteHorizonMs
  }

  get recordCount(): number {
    return this.#recordCount
  }

  /** Bytes of the batch as it is now, uncompressed: exact. */
  get size(): number {
    return this.#position
  }

  /** The largest timestamp so far; -1 without records. */
  get maxTimestamp(): number {
    return this.#maxTimestamp
  }

  /** Bytes that the batch may have after compression, if its records shrink to `ratio` of their size. */
  estimatedSize(ratio: number): number {
    return batchHeaderSize + Math.ceil((this.#position - batchHeaderSize) * ratio)
  }

  /**
   * Adds a record. Returns false, with nothing changed, when the batch has records already and would grow beyond `sizeMax`
   * bytes, uncompressed; a first record is always taken. Throws RangeError for a timestamp that is no integer within 2^53 and
   * RecordsError `too-large` beyond 2 GiB, with nothing changed.
   */
  append(record: RecordInput, sizeMax = batchSizeMax): boolean {
    assert(!this.#built, 'nothing is appended to a batch that has been built')
    const { timestamp, key, value, headers } = record
    checkTimestamp(timestamp)
    const offsetDelta = record.offsetDelta ?? this.#lastOffsetDelta + 1
    const baseTimestamp = this.#recordCount === 0 ? (this.#deleteHorizonMs ?? timestamp) : this.#baseTimestamp
    const start = this.#position
    const quickBound = boundedSize(record, quickSize)
    // Text is measured only where three bytes for each of its units would not fit.
    if (start + quickBound > this.#bytes.length) {
      const bound = recordSizeUpperBound(record)
      if (this.#recordCount > 0 && start + bound - slackMax(headers) > sizeMax) return false
      this.#reserve(bound)
    }

    const bytes = this.#bytes
    // Right for ASCII and for buffers but at the edges, where the record is moved by a byte.
    const reserved = varintSize(8 + (key === null ? 0 : key.length) + (value === null ? 0 : value.length))
    const body = start + reserved
    bytes[body] = 0
    let at = writeVarlong(bytes, body + 1, timestamp - baseTimestamp)
    at = writeVarint(bytes, at, offsetDelta)
    at = writeSized(bytes, at, key)
    at = writeSized(bytes, at, value)
    if (headers === undefined || headers.length === 0) bytes[at++] = 0
    else at = writeHeaders(bytes, at, headers)
    const end = settleSize(bytes, body, at, reserved)
    if (end > sizeMax && this.#recordCount > 0) return false

    this.#position = end
    this.#recordCount++
    this.#lastOffsetDelta = offsetDelta
    this.#baseTimestamp = baseTimestamp
    if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp
    return true
  }

  /**
   * Adds a record whose key, value and headers are encoded already, as `RecordView.content` has them: what compaction keeps stays
   * the same byte for byte. Throws as {@link append} does.
   */
  appendContent(timestamp: number, offsetDelta: number, content: Buffer): void {
    assert(!this.#built, 'nothing is appended to a batch that has been built')
    checkTimestamp(timestamp)
    const baseTimestamp = this.#recordCount === 0 ? (this.#deleteHorizonMs ?? timestamp) : this.#baseTimestamp
    this.#reserve(recordOverheadMax + content.length)
    const bytes = this.#bytes
    const reserved = varintSize(8 + content.length)
    const body = this.#position + reserved
    bytes[body] = 0
    const at = writeVarint(bytes, writeVarlong(bytes, body + 1, timestamp - baseTimestamp), offsetDelta)
    bytes.set(content, at)
    this.#position = settleSize(bytes, body, at + content.length, reserved)
    this.#recordCount++
    this.#lastOffsetDelta = offsetDelta
    this.#baseTimestamp = baseTimestamp
    if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp
  }

  /**
   * The batch. Without compression it is the builder's own buffer; the builder cannot be used any more.
   * Throws CompressionError for a level that the codec does not have.
   */
  build(options: BuildOptions = {}): Buffer {
    const codec = this.#close(options)
    if (codec === undefined) return this.#finish(options, this.#bytes.subarray(0, this.#position))
    return this.#finish(options, afterHeader(codec.compress(this.#records, options.level)))
  }

  /** As {@link build}, compressing beside the event loop. */
  async buildAsync(options: BuildOptions = {}): Promise<Buffer> {
    const codec = this.#close(options)
    if (codec === undefined) return this.#finish(options, this.#bytes.subarray(0, this.#position))
    return this.#finish(options, afterHeader(await codec.compressAsync(this.#records, options.level, options.workers)))
  }

  /** Ends appending; gives the codec if there is something to compress. Kafka never compresses a batch without records. */
  #close({ codec, lastOffsetDelta }: BuildOptions): Codec | undefined {
    assert(!this.#built, 'a batch is built once')
    assert(this.#recordCount > 0 || lastOffsetDelta !== undefined, 'a batch without records needs its lastOffsetDelta')
    this.#built = true
    return codec === undefined || codec.id === 0 || this.#recordCount === 0 ? undefined : codec
  }

  get #records(): Buffer {
    return this.#bytes.subarray(batchHeaderSize, this.#position)
  }

  #finish(options: BuildOptions, bytes: Buffer): Buffer {
    const deleteHorizonMs = this.#deleteHorizonMs
    const fields: BatchHeaderFields = {
      baseOffset: options.baseOffset ?? 0,
      size: bytes.length,
      partitionLeaderEpoch: options.partitionLeaderEpoch ?? -1,
      codec: this.#recordCount === 0 ? 0 : (options.codec?.id ?? 0),
      isLogAppendTime: options.logAppendTimeMs !== undefined,
      isTransactional: options.isTransactional ?? false,
      isControl: options.isControl ?? false,
      hasDeleteHorizon: deleteHorizonMs !== undefined,
      lastOffsetDelta: options.lastOffsetDelta ?? this.#lastOffsetDelta,
      baseTimestamp: deleteHorizonMs ?? this.#baseTimestamp,
      maxTimestamp: options.logAppendTimeMs ?? options.maxTimestamp ?? this.#maxTimestamp,
      producerId: options.producerId ?? -1,
      producerEpoch: options.producerEpoch ?? -1,
      baseSequence: options.baseSequence ?? -1,
      recordCount: this.#recordCount,
    }
    writeBatchHeader(bytes, fields)
    return bytes
  }

  /** Makes room for `more` bytes after the last record. */
  #reserve(more: number): void {
    const needed = this.#position + more
    if (needed <= this.#bytes.length) return
    if (needed > batchSizeMax) {
      throw new RecordsError(
        'too-large',
        this.#position,
        `a record of up to ${more} bytes does not fit in a batch of 2 GiB`,
      )
    }
    const larger = Buffer.allocUnsafe(Math.min(Math.max(needed, this.#bytes.length * 2), batchSizeMax))
    this.#bytes.copy(larger, 0, 0, this.#position)
    this.#bytes = larger
  }
}

/** All of `records` as one batch. Throws as {@link BatchBuilder} does. */
export function encodeBatch(records: readonly RecordInput[], options: BuildOptions & BatchBuilderOptions = {}): Buffer {
  let sizeHint = batchHeaderSize + recordOverheadMax
  for (const record of records) sizeHint += recordSizeUpperBound(record) - recordOverheadMax + typicalOverhead
  const { deleteHorizonMs } = options
  const builder = new BatchBuilder(deleteHorizonMs === undefined ? { sizeHint } : { sizeHint, deleteHorizonMs })
  for (const record of records) builder.append(record)
  return builder.build(options)
}
