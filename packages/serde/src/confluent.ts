/** Confluent's wire format around another serde. No registry: ids are given. */
import { ConfluentError, encodeFrame, readMessageIndexes, readSchemaId, schemaPartSize } from './confluent-frame.ts'
import type { Serde } from './serde.ts'

export { ConfluentError }

/** Options of {@link confluent}. */
export interface ConfluentOptions {
  /** The id that the registry gave to the schema: written before every value. */
  readonly schemaId: number
  /**
   * For Protocol Buffers, and there always: the place of the message in its schema, outermost first; `[0]` for the first message of the
   * file. It is written and, for every id, expected.
   */
  readonly messageIndexes?: readonly number[]
  /** Which ids may be read besides `schemaId`: those of schemas that `inner` reads as well. Default: none. */
  readonly accept?: ReadonlySet<number> | ((schemaId: number) => boolean)
}

/**
 * What `inner` writes, in Confluent's frame: a 0, the schema id and, for Protocol Buffers, the message indexes. `decode` throws
 * {@link ConfluentError} for another frame, or none, before `inner` sees anything. Throws `SerdeError` for options that cannot be right.
 *
 * ```ts
 * const value = confluent(json<Order>(), { schemaId: 42 })
 * ```
 */
export function confluent<T>(inner: Serde<T>, options: ConfluentOptions): Serde<T> {
  const { schemaId, messageIndexes, accept = () => false } = options
  const frame = encodeFrame(schemaId, messageIndexes)
  const accepts = typeof accept === 'function' ? accept : (id: number) => accept.has(id)
  return {
    encode: (value) => framed(frame, inner.encode(value)),
    decode(bytes) {
      const id = readSchemaId(bytes)
      if (id !== schemaId && !accepts(id)) throw unexpectedId(id, schemaId)
      return inner.decode(
        bytes.subarray(messageIndexes === undefined ? schemaPartSize : endOfFrame(bytes, messageIndexes)),
      )
    },
  }
}

function framed(frame: Buffer, payload: Uint8Array | string): Buffer {
  if (typeof payload !== 'string') return Buffer.concat([frame, payload])
  const bytes = Buffer.allocUnsafe(frame.length + Buffer.byteLength(payload))
  frame.copy(bytes)
  bytes.write(payload, frame.length)
  return bytes
}

function unexpectedId(id: number, expected: number): ConfluentError {
  return new ConfluentError(`It is written with schema ${id}, expected is ${expected} (see accept)`, {
    magicByte: 0,
    schemaId: id,
  })
}

function endOfFrame(bytes: Buffer, expected: readonly number[]): number {
  const { messageIndexes, end } = readMessageIndexes(bytes)
  if (messageIndexes.length === expected.length && messageIndexes.every((each, index) => each === expected[index])) {
    return end
  }
  const schemaId = bytes.readInt32BE(1)
  const message = `It is message [${messageIndexes}] of schema ${schemaId}, expected is message [${expected}]`
  throw new ConfluentError(message, { magicByte: 0, schemaId, messageIndexes })
}
