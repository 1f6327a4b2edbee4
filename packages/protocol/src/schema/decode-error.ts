/** The error of input that is not what its schema says. */

/**
 * - `truncated`: a value, or a count or length announced, goes beyond the input
 * - `trailing-bytes`: the message ended before the input
 * - `invalid-length`: a length or count that is negative or above the limit of its type
 * - `unexpected-null`: null where the version does not allow it
 * - `out-of-range`: an int64 that a number cannot hold, a varint that is too long
 * - `unsupported-version`: the schema has no such version
 * - `unknown-type`: a record or control record of a type that does not exist
 * - `corrupt`: a checksum does not match
 */
export type DecodeErrorCode =
  | 'truncated'
  | 'trailing-bytes'
  | 'invalid-length'
  | 'unexpected-null'
  | 'out-of-range'
  | 'unsupported-version'
  | 'unknown-type'
  | 'corrupt'

export interface DecodeErrorFacts {
  readonly code: DecodeErrorCode
  readonly api: string
  readonly version: number
  readonly field: string
  readonly position: number
  readonly reason: string
}

/** Bytes from outside that cannot be decoded. The sender is at fault: close its connection, keep everything else going. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
  readonly code: DecodeErrorCode
  /** The message: `FetchRequest`, `TopicRecord`. */
  readonly api: string
  readonly version: number
  /** The way to the field, such as `topics[2].partitions[0].index`; empty when the message as a whole is at fault. */
  readonly field: string
  /** Where in the input, in bytes from its start. */
  readonly position: number

  constructor({ code, api, version, field, position, reason }: DecodeErrorFacts) {
    super(`${api} version ${version}${field === '' ? '' : `, field ${field}`}, at byte ${position}: ${reason}`)
    this.code = code
    this.api = api
    this.version = version
    this.field = field
    this.position = position
  }
}
