/** What a topic's configuration demands of a client's batch, and does to it: checks, compression, timestamps (reference 2.4). */

import { assert } from '@millrace/base'
import {
  BatchHeader,
  codecByName,
  type ProduceRules,
  RecordsError,
  recompressBatch,
  validateProduce,
} from '@millrace/protocol'
import { type LogConfig, unlimited } from './config.ts'

export interface RecordError {
  /** Place of the record in its batch. */
  readonly batchIndex: number
  readonly message: string
}

export interface Refusal {
  readonly kind: 'refused'
  /** Of the protocol. */
  readonly errorCode: number
  readonly message: string
  /** The records at fault, when single ones are. */
  readonly recordErrors?: readonly RecordError[]
}

/** Why the batch is not taken; undefined when it is. `produceVersion` is the request's, when there was one. */
export function validateClientBatch(
  bytes: Buffer,
  config: LogConfig,
  nowMs: number,
  produceVersion: number | undefined,
): Refusal | undefined {
  const refusal = validateProduce(bytes, produceRules(config, nowMs, produceVersion))
  if (refusal === undefined) return undefined
  const { errorCode, message, recordFaults } = refusal
  if (recordFaults.length === 0) return { kind: 'refused', errorCode, message }
  return { kind: 'refused', errorCode, message, recordErrors: recordFaults }
}

function produceRules(config: LogConfig, nowMs: number, produceVersion: number | undefined): ProduceRules {
  const limit = (ms: number) => (ms >= unlimited ? Number.POSITIVE_INFINITY : ms)
  return {
    batchSizeMax: config.maxMessageBytes,
    segmentSizeMax: config.segmentBytes,
    ...(produceVersion === undefined ? {} : { produceVersion }),
    compacted: config.cleanupPolicy.includes('compact'),
    timestamps: {
      type: config.messageTimestampType,
      nowMs,
      beforeMaxMs: limit(config.messageTimestampBeforeMaxMs),
      afterMaxMs: limit(config.messageTimestampAfterMaxMs),
    },
  }
}

/** The batch as the topic stores it: in its compression, with the broker's time if it says so. The same buffer where possible. */
export function stampClientBatch(bytes: Buffer, config: LogConfig, nowMs: number): Buffer | Refusal {
  const stored = convert(bytes, config)
  if (Buffer.isBuffer(stored) && config.messageTimestampType === 'LogAppendTime') {
    BatchHeader.setLogAppendTime(stored, 0, nowMs)
  }
  return stored
}

function convert(bytes: Buffer, config: LogConfig): Buffer | Refusal {
  if (config.compressionType === 'producer') return bytes
  const codec = codecByName(config.compressionType === 'uncompressed' ? 'none' : config.compressionType)
  assert(codec !== undefined, `compression.type ${config.compressionType} has a codec`)
  if (BatchHeader.codec(bytes, 0) === codec.id) return bytes
  try {
    return recompressBatch(bytes, 0, codec, { level: levelOf(config) })
  } catch (error) {
    if (!(error instanceof RecordsError)) throw error
    return { kind: 'refused', errorCode: error.errorCode, message: error.message }
  }
}

function levelOf(config: LogConfig): number | undefined {
  switch (config.compressionType) {
    case 'gzip':
      return config.compressionGzipLevel
    case 'lz4':
      return config.compressionLz4Level
    case 'zstd':
      return config.compressionZstdLevel
    default:
      return undefined
  }
}
