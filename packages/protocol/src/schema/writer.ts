/** Writes wire values into a growing buffer, and keeps large byte ranges as chunks of their own instead of copying them. */
import { uuidSize } from '@millrace/base'
import type { Chunk, RecordsValue } from '../chunk.ts'
import type { EncodeErrorCode } from './encode-error.ts'
import { Failure } from './failure.ts'
import { stringSizeMax } from './reader.ts'

/** Small messages share a slab, so that most cost no allocation of backing memory. */
const slabSize = 16 * 1024
/** Record bytes up to this size are copied: cheaper than one more chunk in the socket's write. */
const copySizeMax = 1024

let slab: Buffer | undefined

export class Writer {
  #buffer: Buffer
  #start = 0
  #position = 0
  #chunks: Chunk[] = []
  #flushedSize = 0

  constructor() {
    // The slab is taken while it is written to: an encode that throws, or runs within another, cannot disturb it.
    this.#buffer = slab ?? Buffer.allocUnsafeSlow(slabSize)
    slab = undefined
  }

  /** Bytes written so far, in all chunks. */
  get size(): number {
    return this.#flushedSize + this.#position - this.#start
  }

  fail(code: EncodeErrorCode, reason: string): never {
    throw new Failure(code, reason)
  }

  /** Ends the message. The writer must not be used again. */
  finish(): Chunk[] {
    this.#flush()
    // A buffer that grew is not kept: small messages would hold on to all of it.
    const rest = this.#buffer.length - this.#position
    if (this.#buffer.length <= slabSize && rest >= 1024) slab = this.#buffer.subarray(this.#position)
    if (this.#chunks.length === 0) this.#chunks.push(Buffer.alloc(0))
    return this.#chunks
  }

  bool(value: unknown): void {
    if (typeof value !== 'boolean') this.#refuse(value, 'a boolean')
    this.#one(value ? 1 : 0)
  }

  int8(value: unknown): void {
    this.#one(this.#integer(value, -0x80, 0x7f))
  }

  int16(value: unknown): void {
    this.#two(this.#integer(value, -0x8000, 0x7fff))
  }

  uint16(value: unknown): void {
    this.#two(this.#integer(value, 0, 0xffff))
  }

  int32(value: unknown): void {
    this.#four(this.#integer(value, -0x8000_0000, 0x7fff_ffff))
  }

  uint32(value: unknown): void {
    this.#four(this.#integer(value, 0, 0xffff_ffff))
  }

  int64(value: unknown): void {
    const integer = this.#integer(value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
    const high = Math.floor(integer / 0x1_0000_0000)
    this.#four(high)
    this.#four(integer - high * 0x1_0000_0000)
  }

  int64Wide(value: unknown): void {
    const wide = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value
    if (typeof wide !== 'bigint' || BigInt.asIntN(64, wide) !== wide) this.#refuse(value, 'an integer of 64 bits')
    const at = this.#take(8)
    this.#buffer.writeBigInt64BE(wide, at)
  }

  float64(value: unknown): void {
    if (typeof value !== 'number') this.#refuse(value, 'a number')
    const at = this.#take(8)
    this.#buffer.writeDoubleBE(value, at)
  }

  uuid(value: unknown): void {
    const at = this.#take(uuidSize)
    const valid =
      typeof value === 'string' &&
      value.length === 22 &&
      this.#buffer.write(value, at, uuidSize, 'base64url') === uuidSize
    if (!valid) this.#refuse(value, 'a uuid in text form, 22 characters of url-safe base64')
  }

  unsignedVarint(value: number): void {
    this.#reserve(5)
    this.#position = this.#varintAt(this.#position, value)
  }

  /** With an int16 length. */
  string(value: unknown): void {
    const size = this.#stringSize(value)
    this.#two(size)
    this.#text(value as string, size)
  }

  /** With an unsigned varint of length + 1. */
  compactString(value: unknown): void {
    const size = this.#stringSize(value)
    this.unsignedVarint(size + 1)
    this.#text(value as string, size)
  }

  /** Copies the bytes, without a length. */
  raw(value: Uint8Array): void {
    const at = this.#take(value.length)
    this.#buffer.set(value, at)
  }

  /** A `bytes` value with its length before it. */
  bytes(value: unknown, compact: boolean): void {
    if (!(value instanceof Uint8Array)) this.#refuse(value, 'bytes')
    this.length(value.length, compact)
    this.raw(value)
  }

  /** A `records` value with its length before it. */
  records(value: Exclude<RecordsValue, null>, compact: boolean): void {
    const chunks: readonly Chunk[] = isChunk(value) ? [value] : value
    if (!Array.isArray(chunks) || !chunks.every(isChunk)) this.#refuse(value, 'record bytes')
    let size = 0
    for (const chunk of chunks) size += chunk.byteLength
    if (!Number.isSafeInteger(size) || size < 0) this.#refuse(size, 'a size of record bytes')
    this.length(size, compact)
    for (const chunk of chunks) this.#chunk(chunk)
  }

  /** The length of bytes or the count of an array; -1 for null. */
  length(length: number, compact: boolean): void {
    if (length > 0x7fff_fffe) this.fail('too-large', `${length} does not fit into a length field`)
    if (compact) this.unsignedVarint(length + 1)
    else this.#four(length)
  }

  /** Writes what `write` writes, with its size as an unsigned varint before it. It must not write records. */
  sized(write: () => void): void {
    const mark = this.#take(1) - this.#start
    write()
    const from = this.#start + mark
    const size = this.#position - from - 1
    if (size >= 0x80) {
      const extra = varintSize(size) - 1
      this.#reserve(extra)
      const moved = this.#start + mark
      this.#buffer.copyWithin(moved + 1 + extra, moved + 1, moved + 1 + size)
      this.#position += extra
    }
    this.#varintAt(this.#start + mark, size)
  }

  #chunk(chunk: Chunk): void {
    if (Buffer.isBuffer(chunk) && chunk.length <= copySizeMax) {
      this.raw(chunk)
      return
    }
    this.#flush()
    this.#chunks.push(chunk)
    this.#flushedSize += chunk.byteLength
  }

  #flush(): void {
    if (this.#position === this.#start) return
    this.#chunks.push(this.#buffer.subarray(this.#start, this.#position))
    this.#flushedSize += this.#position - this.#start
    this.#start = this.#position
  }

  #reserve(size: number): void {
    if (this.#position + size > this.#buffer.length) this.#grow(size)
  }

  #grow(size: number): void {
    const used = this.#position - this.#start
    const grown = Buffer.allocUnsafeSlow(Math.max(slabSize, 2 * used, used + size))
    this.#buffer.copy(grown, 0, this.#start, this.#position)
    this.#buffer = grown
    this.#start = 0
    this.#position = used
  }

  #take(size: number): number {
    this.#reserve(size)
    const at = this.#position
    this.#position = at + size
    return at
  }

  #one(value: number): void {
    // The place first: taking it may replace the buffer.
    const at = this.#take(1)
    this.#buffer[at] = value
  }

  #two(value: number): void {
    const at = this.#take(2)
    this.#buffer[at] = value >>> 8
    this.#buffer[at + 1] = value
  }

  #four(value: number): void {
    const at = this.#take(4)
    const buffer = this.#buffer
    buffer[at] = value >>> 24
    buffer[at + 1] = value >>> 16
    buffer[at + 2] = value >>> 8
    buffer[at + 3] = value
  }

  #varintAt(position: number, value: number): number {
    let at = position
    let rest = value
    while (rest >= 0x80) {
      this.#buffer[at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.#buffer[at++] = rest
    return at
  }

  #stringSize(value: unknown): number {
    if (typeof value !== 'string') this.#refuse(value, 'a string')
    const size = Buffer.byteLength(value)
    if (size > stringSizeMax) {
      this.fail('too-large', `a string of ${size} bytes, above the limit of ${stringSizeMax}`)
    }
    return size
  }

  #text(value: string, size: number): void {
    const at = this.#take(size)
    if (size > 0) this.#buffer.write(value, at, size, 'utf8')
  }

  #integer(value: unknown, min: number, max: number): number {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
      this.#refuse(value, `an integer from ${min} to ${max}`)
    }
    return value
  }

  #refuse(value: unknown, expected: string): never {
    this.fail('invalid-value', `expected ${expected}, got ${show(value)}`)
  }
}

function isChunk(value: unknown): value is Chunk {
  return typeof value === 'object' && value !== null && 'byteLength' in value
}

function varintSize(value: number): number {
  let size = 1
  for (let rest = value; rest >= 0x80; rest >>>= 7) size++
  return size
}

/** A short form for messages: values may be huge, or secret. */
function show(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return `a string of ${value.length} characters`
  if (value === null) return 'null'
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`
}
