/** The options of a producer, their defaults, and the check of their ranges and combinations. */
import { type ClusterOptions, checkedInteger, MillraceError } from '@millrace/client'
import { type Codec, type CompressionName, codecByName, isCompressionLevel } from '@millrace/protocol'
import type { ProducerInterceptor } from './interceptor.ts'
import type { Partitioner } from './partitioner.ts'
import type { ProduceError } from './produce-error.ts'

/** How a producer writes: acknowledgement, batching, compression, limits. All have defaults. */
export interface ProducerSettings {
  /** Who must have a record before it counts: `all` in-sync replicas, the leader (1), or nobody (0). Default `all`. */
  readonly acks?: 'all' | 1 | 0
  /** Retries neither double nor reorder records. Default true where acks is `all`, else false. */
  readonly idempotent?: boolean
  /** How long an open batch waits for more records. Default 5. */
  readonly lingerMs?: number
  /** Bytes, uncompressed, at which a batch is full. Default 262144. */
  readonly batchSizeMax?: number
  /** Bytes of a produce request. Default 4 MiB. A larger record has a request to itself. */
  readonly requestSizeMax?: number
  /** Largest record, in bytes, uncompressed. Default 1048576; brokers take as much (`max.message.bytes`). */
  readonly recordSizeMax?: number
  /** Bytes that may wait to be sent or acknowledged. Default 32 MiB. */
  readonly bufferSizeMax?: number
  /** How long a record is tried to be delivered, from being accepted on. Default 120000. */
  readonly deliveryTimeoutMs?: number
  /** How long to wait for a topic to be known, and for room in the buffer. Default 60000. */
  readonly maxBlockMs?: number
  /** Default `none`. Batches of 64 KiB and more are compressed on the thread pool, where the codec can. */
  readonly compression?: CompressionName
  /** How hard to try: gzip 1 to 9, lz4 1 to 17, zstd -131072 to 22. Default: the codec's own, as in Kafka. */
  readonly compressionLevel?: number
  /**
   * Chooses for records that name no partition. Default: by the key as the Java client does; without a key, one partition until a
   * batch is full, then another, the likelier the less waits there (KIP-794).
   */
  readonly partitioner?: Partitioner
  /** See records on their way out, and what became of them; in this order. */
  readonly interceptors?: readonly ProducerInterceptor[]
  /** Requests in flight to one broker, 1 to 5. Default 5. */
  readonly maxInFlight?: number
  /** Called for each batch that failed, whoever waits for its records; it must not throw. */
  readonly onDeliveryFailed?: (error: ProduceError, recordCount: number) => void
}

/** Either a cluster of one's own, or one that others use too and that the producer does not close. */
export type ProducerOptions = ProducerSettings &
  (ClusterOptions | { readonly cluster: import('@millrace/client').Cluster })

export interface Compression {
  readonly codec: Codec
  /** Undefined for the codec's own. */
  readonly level: number | undefined
}

export interface ResolvedSettings {
  readonly acks: -1 | 0 | 1
  readonly isIdempotent: boolean
  readonly lingerMs: number
  readonly batchSizeMax: number
  readonly requestSizeMax: number
  readonly recordSizeMax: number
  readonly bufferSizeMax: number
  readonly deliveryTimeoutMs: number
  readonly maxBlockMs: number
  readonly compression: Compression
  readonly partitioner: Partitioner | undefined
  readonly interceptors: readonly ProducerInterceptor[]
  readonly maxInFlight: number
  readonly onDeliveryFailed: ((error: ProduceError, recordCount: number) => void) | undefined
}

const dayMs = 86_400_000
const gibibyte = 1024 ** 3

function checkedCompression(name: string, level: number | undefined): Compression {
  const codec = codecByName(name)
  if (codec === undefined) {
    throw new MillraceError('invalid-argument', `compression must be none, gzip, snappy, lz4 or zstd, it is "${name}"`)
  }
  if (level === undefined || isCompressionLevel(codec, level)) return { codec, level }
  const { min, max } = codec.levels
  const known = min === max ? `${name} has no levels` : `${name} has levels from ${min} to ${max}`
  throw new MillraceError('invalid-argument', `compressionLevel ${level}: ${known}`)
}

/** Fills in the defaults. Throws {@link MillraceError} `invalid-argument`. */
export function resolveSettings(settings: ProducerSettings): ResolvedSettings {
  const { acks = 'all' } = settings
  if (acks !== 'all' && acks !== 1 && acks !== 0) {
    throw new MillraceError('invalid-argument', `acks must be 'all', 1 or 0, it is ${String(acks)}`)
  }
  const isIdempotent = settings.idempotent ?? acks === 'all'
  if (isIdempotent && acks !== 'all') {
    throw new MillraceError('invalid-argument', `an idempotent producer needs acks: 'all', it is ${acks}`)
  }
  const batchSizeMax = checkedInteger('batchSizeMax', settings.batchSizeMax ?? 256 * 1024, 0, gibibyte)
  return {
    acks: acks === 'all' ? -1 : acks,
    isIdempotent,
    lingerMs: checkedInteger('lingerMs', settings.lingerMs ?? 5, 0, dayMs),
    batchSizeMax,
    requestSizeMax: checkedInteger('requestSizeMax', settings.requestSizeMax ?? 4 * 1024 * 1024, 1, gibibyte),
    recordSizeMax: checkedInteger('recordSizeMax', settings.recordSizeMax ?? 1024 * 1024, 1, gibibyte),
    bufferSizeMax: checkedInteger('bufferSizeMax', settings.bufferSizeMax ?? 32 * 1024 * 1024, 1, 64 * gibibyte),
    deliveryTimeoutMs: checkedInteger('deliveryTimeoutMs', settings.deliveryTimeoutMs ?? 120_000, 1, dayMs),
    maxBlockMs: checkedInteger('maxBlockMs', settings.maxBlockMs ?? 60_000, 1, dayMs),
    compression: checkedCompression(settings.compression ?? 'none', settings.compressionLevel),
    partitioner: settings.partitioner,
    interceptors: settings.interceptors ?? [],
    maxInFlight: checkedInteger('maxInFlight', settings.maxInFlight ?? 5, 1, 5),
    onDeliveryFailed: settings.onDeliveryFailed,
  }
}
