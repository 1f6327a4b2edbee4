/** The error of a batch that is not what it has to be, with the code that the wire has for it. */
import { ErrorCode } from '../errors.ts'

/**
 * - `truncated`: the batch, or a record in it, goes beyond its bytes
 * - `corrupt`: a size or checksum that cannot be right
 * - `unsupported-magic`: a format before record batches (magic 0 and 1), or one that nobody knows
 * - `unknown-codec`: compression 5, 6 or 7
 * - `corrupt-compression`: the compressed records are damaged
 * - `invalid-batch`: header fields that contradict each other, or that this sender may not set
 * - `invalid-record`: a record whose fields do not fill it, or fewer or more records than the header says
 * - `too-large`: more bytes, compressed or not, than are allowed
 */
export type RecordsErrorCode =
  | 'truncated'
  | 'corrupt'
  | 'unsupported-magic'
  | 'unknown-codec'
  | 'corrupt-compression'
  | 'invalid-batch'
  | 'invalid-record'
  | 'too-large'

/** What Apache Kafka answers to a produce request in each case (it has no better code for the two with -1). */
const errorCodes: Readonly<Record<RecordsErrorCode, ErrorCode>> = {
  truncated: ErrorCode.INVALID_RECORD,
  corrupt: ErrorCode.CORRUPT_MESSAGE,
  'unsupported-magic': ErrorCode.INVALID_RECORD,
  'unknown-codec': ErrorCode.UNKNOWN_SERVER_ERROR,
  'corrupt-compression': ErrorCode.UNKNOWN_SERVER_ERROR,
  'invalid-batch': ErrorCode.INVALID_RECORD,
  'invalid-record': ErrorCode.INVALID_RECORD,
  'too-large': ErrorCode.MESSAGE_TOO_LARGE,
}

export class RecordsError extends Error {
  override readonly name = 'RecordsError'
  readonly code: RecordsErrorCode
  /** Where: a byte in the buffer that was read; inside a compressed batch, in its decompressed records. */
  readonly position: number
  /** The wire's code for it. */
  readonly errorCode: ErrorCode

  constructor(code: RecordsErrorCode, position: number, reason: string, options?: ErrorOptions) {
    super(`${reason} (byte ${position})`, options)
    this.code = code
    this.position = position
    this.errorCode = errorCodes[code]
  }
}
