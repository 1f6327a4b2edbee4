/**
 * The bytes that clients of Confluent's schema registry put in front of a key or value: a magic byte 0, the schema's id as int32
 * (big-endian), and for Protocol Buffers the place of the message in its schema: a list of indexes, outermost first, as zigzag varints after
 * their count; the list [0] is a count of 0 alone. (Confluent's documentation, "Wire format".)
 */
import { SerdeError } from './error.ts'

const magicByte = 0
const indexCountMax = 32
const varintSizeMax = 5
const int32Max = 0x7fff_ffff
export const schemaPartSize = 5

/** Bytes with another frame than expected, or with none. Says what was there, as far as it was read. */
export class ConfluentError extends SerdeError {
  override readonly name = 'ConfluentError'
  readonly magicByte: number | undefined
  readonly schemaId: number | undefined
  /** For Protocol Buffers. */
  readonly messageIndexes: readonly number[] | undefined

  constructor(message: string, seen: Partial<Pick<ConfluentError, 'magicByte' | 'schemaId' | 'messageIndexes'>> = {}) {
    super(message)
    this.magicByte = seen.magicByte
    this.schemaId = seen.schemaId
    this.messageIndexes = seen.messageIndexes
  }
}

/** The frame for a schema; without `messageIndexes` it has no such list. Throws {@link SerdeError} for what cannot be right. */
export function encodeFrame(schemaId: number, messageIndexes: readonly number[] | undefined): Buffer {
  if (!isInt32(schemaId)) throw new SerdeError(`A schema id is an integer from 0 to 2147483647, not ${schemaId}`)
  const frame = Buffer.alloc(schemaPartSize)
  frame.writeInt32BE(schemaId, 1)
  if (messageIndexes === undefined) return frame
  const { length } = messageIndexes
  if (length === 0 || length > indexCountMax || !messageIndexes.every(isInt32)) {
    throw new SerdeError(`messageIndexes are 1 to ${indexCountMax} places from 0, not [${messageIndexes}]`)
  }
  const isFirst = length === 1 && messageIndexes[0] === 0
  return Buffer.concat([frame, Buffer.from((isFirst ? [0] : [length, ...messageIndexes]).flatMap(varint))])
}

function isInt32(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= int32Max
}

/** Zigzag doubles what is not negative. */
function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value * 2
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  return [...bytes, rest]
}

/** The schema id in front of `bytes`. Throws {@link ConfluentError}. */
export function readSchemaId(bytes: Buffer): number {
  const { length } = bytes
  const [magic] = bytes
  if (magic !== undefined && magic !== magicByte) {
    throw new ConfluentError(`It has no Confluent frame: it begins with byte ${magic}, not with 0`, {
      magicByte: magic,
    })
  }
  if (length < schemaPartSize) {
    const seen = magic === undefined ? {} : { magicByte: magic }
    throw new ConfluentError(
      `It has no Confluent frame: it has ${length} bytes, the frame takes ${schemaPartSize}`,
      seen,
    )
  }
  return bytes.readInt32BE(1)
}

/** The message indexes after the schema id, and where they end. Throws {@link ConfluentError}. */
export function readMessageIndexes(bytes: Buffer): {
  readonly messageIndexes: readonly number[]
  readonly end: number
} {
  const reader = new VarintReader(bytes, schemaPartSize)
  const count = reader.next()
  if (count === 0) return { messageIndexes: [0], end: reader.position }
  if (count > indexCountMax) throw reader.error(`${count} of them, at most ${indexCountMax} can be`)
  const messageIndexes = Array.from({ length: count }, () => reader.next())
  return { messageIndexes, end: reader.position }
}

class VarintReader {
  readonly #bytes: Buffer
  position: number

  constructor(bytes: Buffer, position: number) {
    this.#bytes = bytes
    this.position = position
  }

  /** Neither counts nor places are negative. */
  next(): number {
    let value = 0
    for (let size = 0; size < varintSizeMax; size++) {
      const byte = this.#bytes[this.position]
      if (byte === undefined) throw this.error(`they end too early, after ${this.#bytes.length} bytes`)
      this.position++
      value += (byte & 0x7f) * 2 ** (7 * size)
      if (byte < 0x80) return this.#unsigned(value)
    }
    throw this.error(`a number of more than ${varintSizeMax} bytes`)
  }

  #unsigned(value: number): number {
    if (value % 2 === 0 && value / 2 <= int32Max) return value / 2
    throw this.error('a number is negative or too large')
  }

  error(what: string): ConfluentError {
    const seen = { magicByte, schemaId: this.#bytes.readInt32BE(1) }
    return new ConfluentError(`The message indexes of its Confluent frame cannot be read: ${what}`, seen)
  }
}
