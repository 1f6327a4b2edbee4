/**
 * The checks of a produced batch, in the order in which Apache Kafka makes them, with its error codes (reference section 2.4).
 *
 * Header and checksum are always checked. Records are looked at only where something depends on them: a compacted topic, a
 * limit on how old timestamps may be, a maximum timestamp beyond the limit, or a caller that asks for it. Otherwise records
 * that contradict their header pass if the checksum is right, where Kafka, which reads every record, refuses them.
 */
import { codecById } from '../compression/index.ts'
import { ErrorCode } from '../errors.ts'
import { BatchHeader } from './batch-header.ts'
import { checkRecords } from './check-records.ts'
import { defaultDecompressedSizeMax, openBatch, openBatchAsync } from './decode.ts'
import type { BatchRefusal, ProduceRules } from './produce-rules.ts'
import { RecordsError } from './records-error.ts'
import { batchSizeAt } from './split.ts'

/** The first version of Produce that may carry zstd, and zstd's id. */
const zstdProduceVersion = 7
const zstdCodec = 4

function refusal(errorCode: ErrorCode, message: string): BatchRefusal {
  return { errorCode, message, recordFaults: [] }
}

function invalid(message: string): BatchRefusal {
  return refusal(ErrorCode.INVALID_RECORD, message)
}

/** Exactly one batch, of the format and in the compression that the request may carry. */
function requestRefusal(
  bytes: Buffer,
  { produceVersion = zstdProduceVersion }: ProduceRules,
): BatchRefusal | undefined {
  const size = batchSizeAt(bytes, 0, bytes.length)
  if (size === 0) return invalid('the records are not one complete record batch')
  if (BatchHeader.codec(bytes, 0) === zstdCodec && produceVersion < zstdProduceVersion) {
    const message = `zstd needs version ${zstdProduceVersion} of the produce request, this is version ${produceVersion}`
    return refusal(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, message)
  }
  if (batchSizeAt(bytes, size, bytes.length) > 0) return invalid('the records are more than one record batch')
  return undefined
}

/** What a log checks of every batch before it reads it. */
function appendRefusal(bytes: Buffer, { batchSizeMax }: ProduceRules): BatchRefusal | undefined {
  const baseOffset = BatchHeader.baseOffset(bytes, 0)
  if (baseOffset !== 0)
    return invalid(`the base offset of a produced batch is 0, not ${baseOffset}: the broker assigns offsets`)
  const size = BatchHeader.size(bytes, 0)
  if (size > batchSizeMax) {
    const message = `the batch has ${size} bytes, the topic takes ${batchSizeMax} (max.message.bytes)`
    return refusal(ErrorCode.MESSAGE_TOO_LARGE, message)
  }
  if (!BatchHeader.isCrcValid(bytes, 0))
    return refusal(ErrorCode.CORRUPT_MESSAGE, 'the checksum of the batch does not match')
  if (size !== bytes.length) return invalid(`${bytes.length - size} bytes follow the record batch`)
  const codec = BatchHeader.codec(bytes, 0)
  if (codecById(codec) === undefined) {
    return refusal(ErrorCode.UNKNOWN_SERVER_ERROR, `the batch has the unknown compression ${codec}`)
  }
  return undefined
}

/** Header fields that contradict each other, or that a client may not set. */
function headerRefusal(bytes: Buffer): BatchRefusal | undefined {
  const count = BatchHeader.recordCount(bytes, 0)
  const lastOffsetDelta = BatchHeader.lastOffsetDelta(bytes, 0)
  if (lastOffsetDelta < 0) return invalid(`the batch has the last offset delta ${lastOffsetDelta}`)
  if (count <= 0) return invalid(`the batch has a record count of ${count}`)
  if (lastOffsetDelta + 1 !== count)
    return invalid(`the batch has ${count} records and the last offset delta ${lastOffsetDelta}`)
  if (BatchHeader.isControl(bytes, 0)) return invalid('clients do not write control batches')
  const producerId = BatchHeader.producerId(bytes, 0)
  const baseSequence = BatchHeader.baseSequence(bytes, 0)
  if (producerId >= 0 && baseSequence < 0) return invalid(`producer ${producerId} sent the sequence ${baseSequence}`)
  // Kafka gives out ids from 0 upwards. One beyond 2^53 was given out by nobody, and could not be told from its neighbours.
  if (producerId > Number.MAX_SAFE_INTEGER) return invalid('the batch has a producer id that no broker gave out')
  return undefined
}

/** Whether the records have to be looked at. */
function needsRecords(bytes: Buffer, { compacted, deep, timestamps }: ProduceRules): boolean {
  if (deep || compacted) return true
  if (timestamps === undefined) return false
  const { type, nowMs, beforeMaxMs, afterMaxMs } = timestamps
  if (BatchHeader.isLogAppendTime(bytes, 0)) return true
  if (type === 'LogAppendTime') return false
  if (beforeMaxMs < nowMs) return true
  return (
    BatchHeader.maxTimestamp(bytes, 0) - nowMs > afterMaxMs || BatchHeader.baseTimestamp(bytes, 0) - nowMs > afterMaxMs
  )
}

/** Everything that the header and the checksum tell, in Kafka's order. */
function refusalByHeader(bytes: Buffer, rules: ProduceRules): BatchRefusal | undefined {
  return requestRefusal(bytes, rules) ?? appendRefusal(bytes, rules) ?? headerRefusal(bytes)
}

/** What a log checks last. */
function segmentRefusal(bytes: Buffer, { segmentSizeMax = bytes.length }: ProduceRules): BatchRefusal | undefined {
  if (bytes.length <= segmentSizeMax) return undefined
  const message = `the batch has ${bytes.length} bytes, a segment of the topic takes ${segmentSizeMax} (segment.bytes)`
  return refusal(ErrorCode.RECORD_LIST_TOO_LARGE, message)
}

function openOptions({ decompressedSizeMax = defaultDecompressedSizeMax }: ProduceRules) {
  return { decompressedSizeMax, checkCrc: false }
}

function refusalFor(error: unknown): BatchRefusal {
  if (error instanceof RecordsError) return refusal(error.errorCode, error.message)
  throw error
}

/**
 * Why the records of one partition in a client's produce request are not to be appended; undefined if they are. `bytes` are the
 * partition's records as they came, nothing more. Never throws, whatever they are.
 *
 * With errors of single records (a missing key, a timestamp outside the limits) no record is appended, and `recordFaults`
 * says which. Decompresses in place where records are looked at: {@link validateProduceAsync} leaves the event loop free.
 */
export function validateProduce(bytes: Buffer, rules: ProduceRules): BatchRefusal | undefined {
  try {
    const refused = refusalByHeader(bytes, rules)
    if (refused !== undefined) return refused
    const fault = needsRecords(bytes, rules) ? checkRecords(openBatch(bytes, 0, openOptions(rules)), rules) : undefined
    return fault ?? segmentRefusal(bytes, rules)
  } catch (error) {
    return refusalFor(error)
  }
}

/** As {@link validateProduce}, decompressing on the thread pool where the codec can. `bytes` must not change until it settles. */
export async function validateProduceAsync(bytes: Buffer, rules: ProduceRules): Promise<BatchRefusal | undefined> {
  try {
    const refused = refusalByHeader(bytes, rules)
    if (refused !== undefined) return refused
    const fault = needsRecords(bytes, rules)
      ? checkRecords(await openBatchAsync(bytes, 0, openOptions(rules)), rules)
      : undefined
    return fault ?? segmentRefusal(bytes, rules)
  } catch (error) {
    return refusalFor(error)
  }
}
