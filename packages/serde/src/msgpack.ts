/** MessagePack, by msgpackr: the only file that imports it. */
import { Packr } from 'msgpackr/pack'
import { checkWith } from './check.ts'
import { reasonOf, SerdeError } from './error.ts'
import { checkStructure } from './msgpack-structure.ts'
import type { Serde } from './serde.ts'
import type { StandardSchemaV1 } from './standard-schema.ts'

/** Options of {@link msgpack}. */
export interface MsgpackOptions<T> {
  /** As for `json`: a synchronous Standard Schema v1 validator. Default: none, and `T` is a promise of the caller. */
  readonly schema?: StandardSchemaV1<unknown, T>
}

/** Only what the specification has, so that every language reads it. */
const settings = {
  // Records are msgpackr's own, and so is how it says `undefined`: properties without a value are left out, as in JSON.
  useRecords: false,
  skipValues: [undefined],
  encodeUndefinedAsNil: true,
  // The shortest form of a map, whatever its size.
  variableMapSize: true,
  int64AsType: 'auto' as const,
  onInvalidDate: () => {
    throw new SerdeError('a Date is invalid')
  },
}

/**
 * Values as MessagePack: what JSON has, and `Date` (timestamps), `Uint8Array` and `bigint` of up to 64 bits. Integers of more than 32 bits
 * that are a `number` are written as float 64, exactly; as int 64 if they are a `bigint`. 64-bit integers are read as a `number` if that
 * is exact, else as a `bigint`. Bytes are read as views. `encode` and `decode` throw {@link SerdeError}.
 */
export function msgpack<T = unknown>(options: MsgpackOptions<T> = {}): Serde<T> {
  const check = checkWith(options.schema)
  const packr = new Packr({ ...settings })
  return {
    encode(value) {
      check(value)
      return pack(packr, value)
    },
    decode(bytes) {
      checkStructure(bytes)
      return check(unpack(packr, bytes))
    },
  }
}

function pack(packr: Packr, value: unknown): Uint8Array {
  if (value === undefined || typeof value === 'function') throw new SerdeError(`MessagePack has no ${typeof value}`)
  try {
    return packr.pack(value)
  } catch (cause) {
    throw new SerdeError(`MessagePack cannot express it: ${packReason(cause)}`, { cause })
  }
}

function packReason(cause: unknown): string {
  const isOverflow = cause instanceof RangeError && cause.message.includes('call stack')
  return isOverflow ? 'it contains itself, or is nested too deep' : reasonOf(cause)
}

function unpack(packr: Packr, bytes: Buffer): unknown {
  try {
    return packr.unpack(bytes)
  } catch (cause) {
    throw new SerdeError(`It is no MessagePack value that can be read: ${reasonOf(cause)}`, { cause })
  }
}
