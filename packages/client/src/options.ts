/** The options of a cluster connection, their defaults, and the check of their ranges. */
import {
  type Clock,
  type Logger,
  type Random,
  silentLogger,
  systemClock,
  systemRandom,
  ThreadWorkers,
  type Workers,
} from '@millrace/base'
import { type Address, nodeTransport, type Transport } from '@millrace/network'
import { parseBrokerList } from './broker-list.ts'
import { MillraceError } from './error.ts'
import type { ConnectionSetup } from './handshake.ts'

/** What happened to the connections of a cluster, for those who want to show or count it. */
export type ClusterEvent =
  | { readonly type: 'connected'; readonly address: Address }
  | { readonly type: 'disconnected'; readonly address: Address; readonly error: MillraceError }
  | {
      readonly type: 'connect-failed'
      readonly address: Address
      readonly error: MillraceError
      readonly retryMs: number
    }
  /** No known broker answers; all are tried again for ever. */
  | { readonly type: 'unreachable'; readonly error: MillraceError }
  /** A broker answers again. */
  | { readonly type: 'reachable' }

/** How to reach a cluster: where it is, how this client is called, how long things may take. Times are in milliseconds. */
export interface ClusterOptions {
  /** Where to begin: `host:port`, several with commas or as an array. The other brokers are found through these. */
  readonly brokers: string | readonly string[]
  /** What brokers see this client as, in logs and quotas. Default `millrace`. */
  readonly clientId?: string
  /** Default: TCP. */
  readonly transport?: Transport
  readonly clock?: Clock
  readonly random?: Random
  readonly logger?: Logger
  /**
   * What compresses and decompresses large lz4 and snappy batches. Default: a thread of its own, started when first needed and closed
   * with the cluster. Workers that are given are left open.
   */
  readonly workers?: Workers
  /** A step between connecting and first use, for each connection. */
  readonly setup?: ConnectionSetup
  /** How long one request may take, connecting included. Default 30000. */
  readonly requestTimeoutMs?: number
  /** How long connecting, and each question of the set-up, may take. Default 10000. */
  readonly connectTimeoutMs?: number
  /** How long an operation is tried again before its last error is given. Default 60000. */
  readonly retryTimeoutMs?: number
  /** Age after which metadata of topics in use is asked for again. Default 300000. */
  readonly metadataMaxAgeMs?: number
  /** The first wait before an operation is tried again; doubles up to the most. Default 100 and 1000. */
  readonly retryBackoffMs?: number
  readonly retryBackoffMaxMs?: number
  /** The first wait before a broker is connected to again; doubles up to the most. Default 50 and 1000. */
  readonly reconnectBackoffMs?: number
  readonly reconnectBackoffMaxMs?: number
  /** Unused connections are closed after this. Default 540000, a minute before brokers do. */
  readonly connectionIdleMs?: number
  /** Largest answer taken from a broker, in bytes. Default 128 MiB. */
  readonly responseSizeMax?: number
  /** Called for every change; it must not throw. */
  readonly onState?: (event: ClusterEvent) => void
}

export interface ResolvedClusterOptions extends Required<Omit<ClusterOptions, 'brokers' | 'setup' | 'onState'>> {
  readonly addresses: readonly Address[]
  readonly setup: ConnectionSetup | undefined
  readonly onState: ((event: ClusterEvent) => void) | undefined
}

/** Throws {@link MillraceError} `invalid-argument` unless `value` is an integer in the range. */
export function checkedInteger(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new MillraceError('invalid-argument', `${name} must be an integer from ${min} to ${max}, it is ${value}`)
}

const dayMs = 86_400_000
const sizeLimit = 0x7fff_ffff

/** Throws where the packages are not there: in an application that is bundled into one file. */
const workerEntry = () => new URL(import.meta.resolve('@millrace/protocol/worker'))

/** Fills in the defaults. Throws {@link MillraceError} `invalid-argument`. */
export function resolveClusterOptions(options: ClusterOptions): ResolvedClusterOptions {
  const duration = (name: string, value: number | undefined, fallback: number) =>
    checkedInteger(name, value ?? fallback, 1, dayMs)
  return {
    addresses: parseBrokerList(options.brokers),
    clientId: options.clientId ?? 'millrace',
    transport: options.transport ?? nodeTransport,
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    logger: options.logger ?? silentLogger,
    workers: options.workers ?? new ThreadWorkers({ entry: workerEntry, logger: options.logger ?? silentLogger }),
    setup: options.setup,
    onState: options.onState,
    requestTimeoutMs: duration('requestTimeoutMs', options.requestTimeoutMs, 30_000),
    connectTimeoutMs: duration('connectTimeoutMs', options.connectTimeoutMs, 10_000),
    retryTimeoutMs: duration('retryTimeoutMs', options.retryTimeoutMs, 60_000),
    metadataMaxAgeMs: duration('metadataMaxAgeMs', options.metadataMaxAgeMs, 300_000),
    retryBackoffMs: duration('retryBackoffMs', options.retryBackoffMs, 100),
    retryBackoffMaxMs: duration('retryBackoffMaxMs', options.retryBackoffMaxMs, 1000),
    reconnectBackoffMs: duration('reconnectBackoffMs', options.reconnectBackoffMs, 50),
    reconnectBackoffMaxMs: duration('reconnectBackoffMaxMs', options.reconnectBackoffMaxMs, 1000),
    connectionIdleMs: duration('connectionIdleMs', options.connectionIdleMs, 540_000),
    responseSizeMax: checkedInteger('responseSizeMax', options.responseSizeMax ?? 128 * 1024 * 1024, 1024, sizeLimit),
  }
}
