/** What a topic's configuration demands of a client's batch, and does to it: checks, compression, timestamps (reference 2.4). */

import { assert, type Workers } from '@millrace/base'
import {
  BatchHeader,
  batchHeaderSize,
  batchMagic,
  type Codec,
  codecById,
  codecByName,
  ErrorCode,
  type ProduceRules,
  RecordsError,
  recompressBatch,
  recompressBatchAsync,
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
  const codec = codecFor(bytes, config)
  if (codec === undefined) return bytes
  try {
    return sizeChecked(recompressBatch(bytes, 0, codec, { level: levelOf(config) }), config)
  } catch (error) {
    if (!(error instanceof RecordsError)) throw error
    return { kind: 'refused', errorCode: error.errorCode, message: error.message }
  }
}

/** The codec that a client's batch is to get; undefined when it stays as it is. */
function codecFor(bytes: Buffer, { compressionType }: LogConfig): Codec | undefined {
  if (compressionType === 'producer') return undefined
  const codec = codecByName(compressionType === 'uncompressed' ? 'none' : compressionType)
  assert(codec !== undefined, `compression.type ${compressionType} has a codec`)
  return BatchHeader.codec(bytes, 0) === codec.id ? undefined : codec
}

/** Another codec may need more room than the client's. */
function sizeChecked(bytes: Buffer, { maxMessageBytes, compressionType }: LogConfig): Buffer | Refusal {
  if (bytes.length <= maxMessageBytes) return bytes
  const message = `the batch has ${bytes.length} bytes with compression.type=${compressionType}, and max.message.bytes is ${maxMessageBytes}`
  return { kind: 'refused', errorCode: ErrorCode.MESSAGE_TOO_LARGE, message }
}

/** Whether giving the batch the topic's compression is too long a stop for the event loop. */
export function isForBeside(bytes: Buffer, config: LogConfig): boolean {
  if (config.compressionType === 'producer' || bytes.length < batchHeaderSize) return false
  if (BatchHeader.magic(bytes, 0) !== batchMagic) return false
  const codec = codecFor(bytes, config)
  if (codec === undefined) return false
  const isLong = bytes.length >= codec.besideSizeMin.compress(levelOf(config))
  return isLong || bytes.length >= (codecById(BatchHeader.codec(bytes, 0))?.besideSizeMin.decompress ?? 0)
}

/** The batch in the topic's compression, made beside the event loop; as it is when that fails: appending it says why. */
export async function convertBeside(bytes: Buffer, config: LogConfig, workers: Workers): Promise<Buffer> {
  const codec = codecFor(bytes, config)
  if (codec === undefined || bytes.length > config.maxMessageBytes) return bytes
  try {
    return await recompressBatchAsync(bytes, 0, codec, { level: levelOf(config), workers })
  } catch (error) {
    if (error instanceof RecordsError) return bytes
    throw error
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
