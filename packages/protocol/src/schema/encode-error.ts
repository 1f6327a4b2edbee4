/** The error of a value that its schema cannot write. */

/**
 * - `invalid-value`: a value of the wrong type or outside the range of its wire type
 * - `unexpected-null`: null where the version does not allow it
 * - `unsupported-field`: a value for a field that the version lacks and that must not be dropped
 * - `unsupported-version`: the schema has no such version
 * - `too-large`: a string, array or message above the limit of its length field
 */
export type EncodeErrorCode =
  | 'invalid-value'
  | 'unexpected-null'
  | 'unsupported-field'
  | 'unsupported-version'
  | 'too-large'

export interface EncodeErrorFacts {
  readonly code: EncodeErrorCode
  readonly api: string
  readonly version: number
  readonly field: string
  readonly reason: string
}

/** A message that cannot be written in the version asked for. The caller is at fault; nothing was sent. */
export class EncodeError extends Error {
  override readonly name = 'EncodeError'
  readonly code: EncodeErrorCode
  /** The message: `FetchRequest`, `TopicRecord`. */
  readonly api: string
  readonly version: number
  /** The way to the field, such as `topics[2].partitions[0].index`; empty when the message as a whole is at fault. */
  readonly field: string

  constructor({ code, api, version, field, reason }: EncodeErrorFacts) {
    super(`${api} version ${version}${field === '' ? '' : `, field ${field}`}: ${reason}`)
    this.code = code
    this.api = api
    this.version = version
    this.field = field
  }
}
