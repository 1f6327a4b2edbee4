/**
 * Whether bytes are exactly one MessagePack value (https://github.com/msgpack/msgpack/blob/master/spec.md), decided before anything is
 * made of them: every length against what is there, nesting, trailing bytes, and no extension but the timestamp. What decoders read
 * in addition (records, references, regular expressions, big integers) is refused, since its meaning is not the format's.
 */
import { SerdeError } from './error.ts'

/** Deeper than any data model, and far from the end of the stack of whatever walks the value. */
const depthMax = 500
const timestampType = 0xff
const nanosecondsMax = 999_999_999
/** The range of `Date`, on both sides of 1970. */
const secondsMax = 8_640_000_000_000

type Kind = 'contents' | 'array' | 'map' | 'extension'

/** What follows a first byte: a length of `lengthSize` bytes, or else `length` itself; then so many bytes, values, or pairs of values. */
interface Format {
  readonly kind: Kind
  readonly lengthSize: number
  readonly length: number
}

function formatOf(first: number): Format | undefined {
  if (first < 0x80 || first >= 0xe0) return fixed('contents', 0)
  if (first < 0x90) return fixed('map', first & 0x0f)
  if (first < 0xa0) return fixed('array', first & 0x0f)
  if (first < 0xc0) return fixed('contents', first & 0x1f)
  return others[first - 0xc0]
}

function fixed(kind: Kind, length: number): Format {
  return { kind, lengthSize: 0, length }
}

function sized(kind: Kind, lengthSize: number): Format {
  return { kind, lengthSize, length: 0 }
}

/** 0xc0 to 0xdf, as the specification lists them. */
const others: readonly (Format | undefined)[] = [
  fixed('contents', 0), // nil
  undefined,
  fixed('contents', 0), // false
  fixed('contents', 0), // true
  ...[1, 2, 4].map((size) => sized('contents', size)), // bin
  ...[1, 2, 4].map((size) => sized('extension', size)),
  ...[4, 8].map((size) => fixed('contents', size)), // float
  ...[1, 2, 4, 8].map((size) => fixed('contents', size)), // uint
  ...[1, 2, 4, 8].map((size) => fixed('contents', size)), // int
  ...[1, 2, 4, 8, 16].map((size) => fixed('extension', size)),
  ...[1, 2, 4].map((size) => sized('contents', size)), // str
  ...[2, 4].map((size) => sized('array', size)),
  ...[2, 4].map((size) => sized('map', size)),
]

/** By first byte; undefined for 0xc1, which stands for nothing. */
const formats: readonly (Format | undefined)[] = Array.from({ length: 256 }, (_, first) => formatOf(first))

/** Throws {@link SerdeError}. */
export function checkStructure(bytes: Buffer): void {
  const walk = new StructureWalk(bytes)
  walk.run()
  const restSize = bytes.length - walk.position
  if (restSize > 0)
    throw new SerdeError(`It is no MessagePack value: ${restSize} of ${bytes.length} bytes come after it`)
}

class StructureWalk {
  readonly #bytes: Buffer
  position = 0
  /** Values still to come in the innermost container, and those of the containers around it. */
  #restCount = 1
  readonly #outerCounts: number[] = []

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  run(): void {
    for (;;) {
      while (this.#restCount === 0) {
        const outer = this.#outerCounts.pop()
        if (outer === undefined) return
        this.#restCount = outer
      }
      this.#restCount--
      this.#takeValue()
    }
  }

  #takeValue(): void {
    const format = formats[this.#uint(1)]
    if (format === undefined) throw this.#error('byte 0xc1 stands for nothing')
    const length = format.lengthSize === 0 ? format.length : this.#uint(format.lengthSize)
    if (format.kind === 'contents') this.#skip(length)
    else if (format.kind === 'extension') this.#skipTimestamp(length)
    else this.#enter(format.kind === 'map' ? length * 2 : length)
  }

  #enter(count: number): void {
    // Every value takes a byte at least.
    this.#need(count)
    if (this.#outerCounts.length === depthMax) throw this.#error(`it is nested more than ${depthMax} levels deep`)
    this.#outerCounts.push(this.#restCount)
    this.#restCount = count
  }

  #skipTimestamp(size: number): void {
    const type = this.#uint(1)
    if (type !== timestampType) throw this.#error(`extension type ${(type << 24) >> 24} is not known`)
    if (size !== 4 && size !== 8 && size !== 12) throw this.#error(`a timestamp cannot have ${size} bytes`)
    this.#need(size)
    if (!isTimestamp(this.#bytes, this.position, size))
      throw this.#error('a timestamp is outside of what a Date can be')
    this.position += size
  }

  #skip(size: number): void {
    this.#need(size)
    this.position += size
  }

  #uint(size: number): number {
    this.#need(size)
    let value = 0
    for (let index = 0; index < size; index++) value = value * 256 + (this.#bytes[this.position++] as number)
    return value
  }

  #need(size: number): void {
    const missing = size - (this.#bytes.length - this.position)
    if (missing > 0) throw this.#error(`it ends too early, at least ${missing} bytes are missing`)
  }

  #error(what: string): SerdeError {
    return new SerdeError(`It is no MessagePack value: ${what}, at byte ${this.position} of ${this.#bytes.length}`)
  }
}

/** In 8 bytes, 30 bits are nanoseconds and 34 bits seconds; in 12 bytes they have 32 and 64 (signed). In 4 bytes there are but seconds. */
function isTimestamp(bytes: Buffer, position: number, size: 4 | 8 | 12): boolean {
  if (size === 4) return true
  if (size === 8) return bytes.readUInt32BE(position) >>> 2 <= nanosecondsMax
  const seconds = bytes.readInt32BE(position + 4) * 0x1_0000_0000 + bytes.readUInt32BE(position + 8)
  return bytes.readUInt32BE(position) <= nanosecondsMax && seconds >= -secondsMax && seconds < secondsMax
}
