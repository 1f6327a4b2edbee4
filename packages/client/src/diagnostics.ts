/**
 * What the clients tell to whoever listens, by `node:diagnostics_channel`: the one door to it. Nothing is computed, and nothing printed,
 * while nobody does.
 *
 * ```ts
 * import { subscribe } from 'node:diagnostics_channel'
 * subscribe('millrace:request', (message) => console.log(message))
 * ```
 */
import { channel } from 'node:diagnostics_channel'
import type { MillraceError } from './error.ts'

/** `millrace:request`: a request was answered, or failed after it was sent. */
export interface RequestDiagnostics {
  readonly clientId: string | null
  /** `host:port` */
  readonly broker: string
  /** Kafka's name of the API. */
  readonly apiName: string
  readonly apiVersion: number
  /** From being written to being answered. */
  readonly durationMs: number
  readonly error: MillraceError | undefined
}

/** `millrace:connection`: a connection came up, was lost, or could not be made. */
export interface ConnectionDiagnostics {
  readonly clientId: string
  /** `host:port` */
  readonly broker: string
  readonly event: 'connected' | 'disconnected' | 'connect-failed'
  readonly error: MillraceError | undefined
}

/** `millrace:delivery`: the records of one batch of a producer were acknowledged, or failed. */
export interface DeliveryDiagnostics {
  readonly clientId: string
  readonly topic: string
  readonly partition: number
  readonly recordCount: number
  /** Of the first record; -1 when unknown or when they were not written. */
  readonly baseOffset: number
  readonly error: MillraceError | undefined
}

export interface DiagnosticsChannel<T> {
  readonly hasSubscribers: boolean
  publish(message: T): void
}

export const requestChannel: DiagnosticsChannel<RequestDiagnostics> = channel('millrace:request')
export const connectionChannel: DiagnosticsChannel<ConnectionDiagnostics> = channel('millrace:connection')
/** `millrace:delivery`: each batch of records that was acknowledged, or failed. */
export const deliveryChannel: DiagnosticsChannel<DeliveryDiagnostics> = channel('millrace:delivery')
