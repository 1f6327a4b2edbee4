/** Reads wire values from a buffer. Every read checks its bounds first; a failed one throws {@link Failure}. */
import { uuidFromBytes, uuidSize } from '@millrace/base'
import type { DecodeErrorCode } from './decode-error.ts'
import { Failure } from './failure.ts'

/** Kafka's limit for a string, in bytes of UTF-8. */
export const stringSizeMax = 0x7fff

export class Reader {
  readonly bytes: Buffer
  readonly end: number
  position: number

  constructor(bytes: Buffer, position = 0, end = bytes.length) {
    this.bytes = bytes
    this.position = position
    this.end = end
  }

  get remaining(): number {
    return this.end - this.position
  }

  fail(code: DecodeErrorCode, reason: string, position = this.position): never {
    throw new Failure(code, reason, position)
  }

  /** Moves over `size` bytes and returns where they start. */
  take(size: number): number {
    const start = this.position
    if (size > this.end - start) this.fail('truncated', `needs ${size} bytes, ${this.end - start} are left`)
    this.position = start + size
    return start
  }

  bool(): boolean {
    return this.bytes[this.take(1)] !== 0
  }

  int8(): number {
    return ((this.bytes[this.take(1)] as number) << 24) >> 24
  }

  int16(): number {
    return (this.uint16() << 16) >> 16
  }

  uint16(): number {
    const at = this.take(2)
    return ((this.bytes[at] as number) << 8) | (this.bytes[at + 1] as number)
  }

  int32(): number {
    const { bytes } = this
    const at = this.take(4)
    return (
      ((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)
    )
  }

  uint32(): number {
    return this.int32() >>> 0
  }

  /** A number within 2^53; fails beyond. */
  int64(): number {
    const start = this.position
    if (this.end - start < 8) this.take(8)
    const value = this.int32() * 0x1_0000_0000 + this.uint32()
    if (!Number.isSafeInteger(value)) {
      this.fail('out-of-range', `${this.bytes.readBigInt64BE(start)} is beyond 2^53 - 1`, start)
    }
    return value
  }

  int64Wide(): bigint {
    return this.bytes.readBigInt64BE(this.take(8))
  }

  float64(): number {
    return this.bytes.readDoubleBE(this.take(8))
  }

  uuid(): string {
    return uuidFromBytes(this.bytes, this.take(uuidSize))
  }

  /** At most five bytes; stray high bits of the fifth are ignored, as Kafka does. */
  unsignedVarint(): number {
    const start = this.position
    let value = 0
    for (let shift = 0; shift <= 28; shift += 7) {
      const byte = this.bytes[this.take(1)] as number
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    return this.fail('out-of-range', 'an unsigned varint of more than 5 bytes', start)
  }

  /** An unsigned varint of length + 1; -1 is null. */
  compactLength(): number {
    return this.unsignedVarint() - 1
  }

  string(size: number): string {
    if (size > stringSizeMax)
      this.fail('invalid-length', `a string of ${size} bytes, above the limit of ${stringSizeMax}`)
    const at = this.take(size)
    return this.bytes.toString('utf8', at, at + size)
  }

  /** A view of the next `size` bytes. */
  view(size: number): Buffer {
    const at = this.take(size)
    return this.bytes.subarray(at, at + size)
  }
}
