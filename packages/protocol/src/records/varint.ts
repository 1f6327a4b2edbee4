/**
 * Zig-zag varints as records hold them. Like Kafka's, the readers ignore high bits that do not fit in the last byte and take
 * overlong forms; more than 5 bytes of an int, or 10 of a long, are an error.
 */
import { RecordsError } from './records-error.ts'

/** The most bytes of an int and of a long. */
export const varintSizeMax = 5
export const varlongSizeMax = 10

/** Bytes of a 32-bit integer. */
export function varintSize(value: number): number {
  const raw = ((value << 1) ^ (value >> 31)) >>> 0
  if (raw < 0x80) return 1
  if (raw < 0x4000) return 2
  if (raw < 0x20_0000) return 3
  return raw < 0x1000_0000 ? 4 : 5
}

/** Writes a 32-bit integer; returns where it ends. */
export function writeVarint(bytes: Uint8Array, position: number, value: number): number {
  let at = position
  let raw = ((value << 1) ^ (value >> 31)) >>> 0
  for (; raw >= 0x80; raw >>>= 7) bytes[at++] = raw | 0x80
  bytes[at++] = raw
  return at
}

/** Writes an integer within 2^53; returns where it ends. */
export function writeVarlong(bytes: Uint8Array, position: number, value: number): number {
  if (value === (value | 0)) return writeVarint(bytes, position, value)
  let at = position
  // Doubling could leave 2^53, so the sign goes into the first byte by hand.
  const magnitude = value < 0 ? -value - 1 : value
  let rest = Math.floor(magnitude / 0x40)
  const first = ((magnitude - rest * 0x40) << 1) | (value < 0 ? 1 : 0)
  bytes[at++] = first | 0x80
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes[at++] = (rest % 0x80) | 0x80
  bytes[at++] = rest
  return at
}

/** A varint that is too long, or that is cut by the end of its bytes. */
function unreadable(position: number, end: number, sizeMax: number): RecordsError {
  return position < end
    ? new RecordsError('invalid-record', position, `a varint has more than ${sizeMax} bytes`)
    : new RecordsError('truncated', position, 'a varint is cut')
}

/** Reads varints one after the other from `bytes[position, end)`. */
export class VarintReader {
  readonly bytes: Uint8Array
  readonly end: number
  /** Where the next one starts; anyone may move it. */
  position: number

  constructor(bytes: Uint8Array, position = 0, end = bytes.length) {
    this.bytes = bytes
    this.position = position
    this.end = end
  }

  /** A 32-bit integer. Throws RecordsError `truncated` or `invalid-record`. */
  varint(): number {
    const at = this.position
    if (at < this.end) {
      const byte = this.bytes[at] as number
      if (byte < 0x80) {
        this.position = at + 1
        return (byte >>> 1) ^ -(byte & 1)
      }
    }
    return this.#longVarint()
  }

  #longVarint(): number {
    const { bytes, end } = this
    let at = this.position
    let raw = 0
    for (let shift = 0; shift < 35; shift += 7) {
      if (at >= end) throw unreadable(at, end, varintSizeMax)
      const byte = bytes[at++] as number
      raw |= (byte & 0x7f) << shift
      if (byte < 0x80) {
        this.position = at
        return (raw >>> 1) ^ -(raw & 1)
      }
    }
    throw unreadable(this.position, end, varintSizeMax)
  }

  /** A 64-bit integer as the nearest number: exact within 2^53. Throws RecordsError `truncated` or `invalid-record`. */
  varlong(): number {
    const at = this.position
    if (at < this.end) {
      const byte = this.bytes[at] as number
      if (byte < 0x80) {
        this.position = at + 1
        return (byte >>> 1) ^ -(byte & 1)
      }
    }
    return this.#longVarlong()
  }

  #longVarlong(): number {
    const { bytes, end } = this
    let at = this.position
    let low = 0
    let middle = 0
    let high = 0
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= end) throw unreadable(at, end, varlongSizeMax)
      const byte = bytes[at++] as number
      if (shift < 28) low |= (byte & 0x7f) << shift
      else if (shift < 56) middle |= (byte & 0x7f) << (shift - 28)
      else high |= (byte & 0x7f) << (shift - 56)
      if (byte < 0x80) {
        this.position = at
        // Halved before the parts are put together: the doubled value may be beyond 2^53 when the value is not.
        const half = (low >>> 1) + middle * 2 ** 27 + (high & 0xff) * 2 ** 55
        return low & 1 ? -half - 1 : half
      }
    }
    throw unreadable(this.position, end, varlongSizeMax)
  }
}
