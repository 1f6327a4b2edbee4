/** What a serde is, and the two that need nothing: bytes and text. */

/**
 * How values of one type are written and read. Null never gets here: it is a missing key, or a deletion. `encode` may give text,
 * which is written as UTF-8 without a buffer in between.
 */
export interface Serde<T> {
  /** Bytes, or text that is written as UTF-8. Throws when the value cannot be written. */
  encode(value: T): Uint8Array | string
  /** `bytes` is a view that is valid as long as the record is: copy what outlives it. */
  decode(bytes: Buffer): T
  /** `decode` gives the UTF-8 text of the bytes: readers may do that without making a buffer first. */
  readonly isText?: true
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

/** UTF-8 text. What is not UTF-8 reads as U+FFFD. */
export function string(): Serde<string> {
  return stringSerde
}
