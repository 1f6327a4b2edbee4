/** The one error that users of the clients see. */
import { errorByCode, errorName } from '@millrace/protocol'

/**
 * - `broker`: the broker answered with an error; `brokerCode` and `brokerError` say which
 * - `connection`: no connection, or it was lost; the request may have arrived
 * - `timeout`: no answer before the deadline; the request may have arrived
 * - `aborted`: the caller's signal was aborted; `cause` is its reason
 * - `closed`: this client has been closed
 * - `unsupported-version`: the broker does not serve the API, or not in a version that this client needs
 * - `protocol`: the broker sent something that is no answer to what it was asked
 * - `overloaded`: more requests wait than allowed
 * - `buffer-full`: the producer's buffer is full
 * - `invalid-argument`: an option or argument that can not be right; nothing was sent
 * - `serialization`: a key or value could not be encoded or decoded
 * - `corrupt-data`: records failed their checksum or can not be read
 * - `revoked`: the partition is not assigned to this consumer any more
 * - `too-slow`: user code took longer than the group allows, and the partitions went to someone else
 */
export type MillraceErrorCode =
  | 'broker'
  | 'connection'
  | 'timeout'
  | 'aborted'
  | 'closed'
  | 'unsupported-version'
  | 'protocol'
  | 'overloaded'
  | 'buffer-full'
  | 'invalid-argument'
  | 'serialization'
  | 'corrupt-data'
  | 'revoked'
  | 'too-slow'

/** What a {@link MillraceError} says besides its code and message. */
export interface MillraceErrorOptions {
  /** Default false: nothing is tried again unless somebody said that it may help. */
  readonly retriable?: boolean | undefined
  readonly apiName?: string | undefined
  readonly brokerCode?: number | undefined
  /** See {@link MillraceError.mayHaveArrived}. Default false. */
  readonly mayHaveArrived?: boolean | undefined
  readonly cause?: unknown
}

/** What every operation of the clients rejects with, or throws. `code` says what happened; `retriable`, whether the same may work later. */
export class MillraceError extends Error {
  override readonly name: string = 'MillraceError'
  readonly code: MillraceErrorCode
  /** Whether the same operation may succeed later. */
  readonly retriable: boolean
  /** Kafka's name of the API that was called, if one was. */
  readonly apiName: string | undefined
  /** Kafka's error code, for `broker`. */
  readonly brokerCode: number | undefined
  /** The request was on its way when this happened: the broker may have done what it asked. */
  readonly mayHaveArrived: boolean

  constructor(code: MillraceErrorCode, message: string, options: MillraceErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retriable = options.retriable ?? false
    this.apiName = options.apiName
    this.brokerCode = options.brokerCode
    this.mayHaveArrived = options.mayHaveArrived ?? false
  }

  /** Kafka's name of the error code, for `broker`. */
  get brokerError(): string | undefined {
    return this.brokerCode === undefined ? undefined : errorName(this.brokerCode)
  }
}

/**
 * The error for a code that a broker answered with.
 *
 * @param what what failed, as the start of a sentence: `Creating topic "orders"`
 * @param detail the broker's own words
 */
export function brokerError(code: number, what: string, apiName?: string, detail?: string | null): MillraceError {
  const words = detail === undefined || detail === null || detail === '' ? '' : `: ${detail}`
  return new MillraceError('broker', `${what} failed with ${errorName(code)}${words}`, {
    retriable: errorByCode(code)?.retriable,
    apiName,
    brokerCode: code,
  })
}

/** The error of an operation whose `signal` was aborted; the signal's reason is its `cause`. `what` begins a sentence. */
export function abortedError(signal: AbortSignal, what: string): MillraceError {
  return new MillraceError('aborted', `${what} was aborted`, { cause: signal.reason })
}

/** The same error for a request that was on its way. */
export function inFlightError(error: MillraceError, apiName: string): MillraceError {
  const { code, message, retriable, brokerCode } = error
  return new MillraceError(code, message, { retriable, apiName, brokerCode, mayHaveArrived: true, cause: error.cause })
}

/** What came from below as a {@link MillraceError}: errors of other kinds are bugs or the environment, and not retriable. */
export function toMillraceError(error: unknown, what: string): MillraceError {
  if (error instanceof MillraceError) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new MillraceError('protocol', `${what} failed: ${reason}`, { cause: error })
}
