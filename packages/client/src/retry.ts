/** When to try again: pure. Defaults are Kafka's (reference section 7.1). */
import { type Random, randomFraction } from '@millrace/base'
import { errorByCode } from '@millrace/protocol'
import { MillraceError } from './error.ts'

/** Waits that double from `minMs` to `maxMs`, each up to `jitter` (0 to 1) shorter or longer. */
export interface BackoffOptions {
  readonly minMs: number
  readonly maxMs: number
  readonly jitter: number
}

/** Pauses between two tries of an operation, unless the caller has its own. */
export const retryBackoff: BackoffOptions = { minMs: 100, maxMs: 1000, jitter: 0.2 }
export const reconnectBackoff: BackoffOptions = { minMs: 50, maxMs: 1000, jitter: 0.2 }

/** How long to wait before the try after `failureCount` (>= 1) failures in a row. */
export function backoffMs(failureCount: number, random: Random, options: BackoffOptions = retryBackoff): number {
  const { minMs, maxMs, jitter } = options
  const plainMs = Math.min(maxMs, minMs * 2 ** Math.min(failureCount - 1, 30))
  return Math.round(plainMs * (1 - jitter + 2 * jitter * randomFraction(random)))
}

/** What an error asks for before the next try. */
export interface Remedy {
  readonly retriable: boolean
  /** Ask for metadata again: leaders or brokers are out of date. */
  readonly refreshMetadata: boolean
  /** Find the coordinator again. */
  readonly refreshCoordinator: boolean
}

const giveUp: Remedy = { retriable: false, refreshMetadata: false, refreshCoordinator: false }

/** By Kafka's table; codes that nobody knows are not retriable. */
export function remedyForCode(code: number): Remedy {
  return errorByCode(code) ?? giveUp
}

/** A lost connection may mean that everything moved. */
export function remedyForError(error: unknown): Remedy {
  if (!(error instanceof MillraceError)) return giveUp
  if (error.brokerCode !== undefined) return remedyForCode(error.brokerCode)
  return { retriable: error.retriable, refreshMetadata: error.retriable, refreshCoordinator: error.retriable }
}
