/** The error of a record that was not acknowledged. */
import { MillraceError, type MillraceErrorCode, type MillraceErrorOptions } from '@millrace/client'

/**
 * Whether the record is in the log. `not-written`: certainly not, sending it again cannot double it. `unknown`: no answer came in
 * time; it may be there.
 */
export type WriteOutcome = 'not-written' | 'unknown'

/** The error of records that were not acknowledged: of which topic and partition, and whether they may be in the log all the same. */
export class ProduceError extends MillraceError {
  override readonly name = 'ProduceError'
  readonly topic: string
  /** Undefined when it failed before it had one. */
  readonly partition: number | undefined
  readonly outcome: WriteOutcome

  constructor(
    code: MillraceErrorCode,
    message: string,
    where: { readonly topic: string; readonly partition?: number | undefined; readonly outcome: WriteOutcome },
    options?: MillraceErrorOptions,
  ) {
    super(code, message, options)
    this.topic = where.topic
    this.partition = where.partition
    this.outcome = where.outcome
  }
}

/** The reason `cause` as the error of one partition's records. */
export function produceError(
  cause: MillraceError,
  topic: string,
  partition: number | undefined,
  outcome: WriteOutcome,
): ProduceError {
  const place = partition === undefined ? topic : `${topic}-${partition}`
  const written = outcome === 'unknown' ? 'may have been written' : 'were not written'
  const message = `Records for ${place} ${written}: ${cause.message}`
  const { code, retriable, apiName, brokerCode, mayHaveArrived } = cause
  return new ProduceError(
    code,
    message,
    { topic, partition, outcome },
    { retriable, apiName, brokerCode, mayHaveArrived, cause },
  )
}
