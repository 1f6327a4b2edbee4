/** JSON text in UTF-8 (RFC 8259), with or without a schema. */
import { checkWith } from './check.ts'
import { reasonOf, SerdeError } from './error.ts'
import type { Serde } from './serde.ts'
import type { StandardSchemaV1 } from './standard-schema.ts'

/** Options of {@link json}. */
export interface JsonOptions<T> {
  /**
   * Any Standard Schema v1 validator (Zod, Valibot, ArkType, ...), a synchronous one. What is read is what it gives, with its defaults
   * and conversions; what is written must pass it, and is written as it was given: so it has to accept what it gives. Default: none,
   * and `T` is a promise of the caller.
   */
  readonly schema?: StandardSchemaV1<unknown, T>
}

/**
 * Values as JSON text. `encode` throws {@link SerdeError} for what JSON cannot express: `undefined`, functions, symbols and numbers that
 * are not finite, as a whole; a `bigint` or a cycle, anywhere. Else what is inside of objects and arrays is as in `JSON.stringify`.
 * `decode` throws it for what is not JSON in UTF-8; a byte order mark is passed over.
 *
 * ```ts
 * const orders = topic('orders', { key: string(), value: json({ schema: z.object({ id: z.string() }) }) })
 * ```
 */
export function json<T = unknown>(options: JsonOptions<T> = {}): Serde<T> {
  const check = checkWith(options.schema)
  return {
    encode(value) {
      check(value)
      return toJson(value)
    },
    decode: (bytes) => check(fromJson(bytes)),
  }
}

function toJson(value: unknown): string {
  const text = stringify(value)
  if (text === undefined) throw new SerdeError(`JSON cannot express it: it is ${typeof value}`)
  if (text === 'null' && value !== null) {
    throw new SerdeError(`JSON would make null of it: it is ${typeof value === 'number' ? value : typeof value}`)
  }
  return text
}

function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch (cause) {
    // Engines describe a cycle in several lines.
    throw new SerdeError(`JSON cannot express it: ${reasonOf(cause).replaceAll(/\s+/g, ' ')}`, { cause })
  }
}

function fromJson(bytes: Buffer): unknown {
  const text = textOf(bytes)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new SerdeError(`It is no JSON (${bytes.length} bytes): ${reasonOf(cause)}`, { cause })
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Buffers are faster than decoders, and say nothing of what they had to replace: only a replacement is worth a second look. */
function textOf(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  if (text.includes('\ufffd')) checkUtf8(bytes)
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

function checkUtf8(bytes: Buffer): void {
  try {
    utf8.decode(bytes)
  } catch (cause) {
    throw new SerdeError(`It is no JSON: its ${bytes.length} bytes are not UTF-8`, { cause })
  }
}
