/** Typed topics: a name with the way its keys and values become bytes and come back. */

/**
 * How values of one type are written and read. Null never gets here: it is a missing key, or a deletion. `encode` may give text,
 * which is written as UTF-8 without a buffer in between.
 */
export interface Serde<T> {
  encode(value: T): Uint8Array | string
  /** `bytes` is a view that is valid as long as the record is: copy what outlives it. */
  decode(bytes: Buffer): T
  /** `decode` gives the UTF-8 text of the bytes: readers may do that without making a buffer first. */
  readonly isText?: true
}

/** A topic whose keys are `K` and values are `V`. */
export interface Topic<K, V> {
  readonly name: string
  readonly key: Serde<K>
  readonly value: Serde<V>
}

const bytesSerde: Serde<Buffer> = {
  encode: (value) => value,
  decode: (bytes) => bytes,
}

const stringSerde: Serde<string> = {
  encode: (value) => value,
  decode: (bytes) => bytes.toString('utf8'),
  isText: true,
}

/** Bytes as they are. */
export function bytes(): Serde<Buffer> {
  return bytesSerde
}

/** UTF-8 text. */
export function string(): Serde<string> {
  return stringSerde
}

/**
 * A typed topic.
 *
 * ```ts
 * const names = topic('names', { key: string(), value: string() })
 * ```
 */
export function topic<K = Buffer, V = Buffer>(
  name: string,
  serdes: { readonly key?: Serde<K>; readonly value?: Serde<V> } = {},
): Topic<K, V> {
  return {
    name,
    key: serdes.key ?? (bytesSerde as unknown as Serde<K>),
    value: serdes.value ?? (bytesSerde as unknown as Serde<V>),
  }
}
