/** Protocol Buffers, by the message types of protobufjs: the only file that knows them, and by their types only. */
import type { Type } from 'protobufjs'
import { reasonOf, SerdeError } from './error.ts'
import type { Serde } from './serde.ts'

/** What a message class made by `pbjs --target static-module` (protobufjs-cli 2) has. */
export interface MessageClass<T> {
  /** A writer that holds the encoded message. */
  encode(message: NoInfer<T>): {
    /** The bytes of the message. */
    finish(): Uint8Array
  }
  /** The message in `bytes`. Throws when they are no message of this type. */
  decode(bytes: Uint8Array): T
  /** What is wrong with a message; null for nothing. */
  verify(message: Record<string, unknown>): string | null
  readonly name?: string
}

/**
 * Messages of one type, given as a class or as the `Type` that reflection has. They are checked by the type's `verify` before they are
 * written. What is read is an instance of the class, with defaults for what is not there; 64-bit integers are `Long`, bytes are views.
 * With a class, `T` is what its `decode` gives: write `Order.create({ ... })`, or name the type of its properties
 * (`protobuf<Order.$Properties>(Order)`) and write plain objects.
 * `encode` and `decode` throw {@link SerdeError}.
 *
 * ```ts
 * const orders = topic('orders', { key: string(), value: protobuf<Order>(root.lookupType('shop.Order')) })
 * ```
 */
export function protobuf<T extends object = Record<string, unknown>>(type: Type): Serde<T>
export function protobuf<T extends object>(type: MessageClass<T>): Serde<T>
export function protobuf<T extends object>(type: MessageClass<T> | Type): Serde<T> {
  const messages = type as MessageClass<T>
  return {
    encode: (value) => encode(messages, value),
    decode: (bytes) => decode(messages, bytes),
  }
}

function nameOf({ name = 'message' }: MessageClass<object>): string {
  return name
}

function encode<T extends object>(messages: MessageClass<T>, value: T): Uint8Array {
  let problem: string | null
  try {
    problem = messages.verify(value as Record<string, unknown>)
    if (problem === null) return messages.encode(value).finish()
  } catch (cause) {
    throw new SerdeError(`The ${nameOf(messages)} cannot be encoded: ${reasonOf(cause)}`, { cause })
  }
  throw new SerdeError(`It is no ${nameOf(messages)}: ${reasonOf(problem)}`)
}

function decode<T extends object>(messages: MessageClass<T>, bytes: Buffer): T {
  try {
    return messages.decode(bytes)
  } catch (cause) {
    throw new SerdeError(`It is no ${nameOf(messages)} (${bytes.length} bytes): ${reasonOf(cause)}`, { cause })
  }
}
