/** The checks of single records in a produced batch: structure, keys, timestamps. */
import { ErrorCode } from '../errors.ts'
import type { RecordBatch } from './decode.ts'
import type { BatchRefusal, ProduceRules, RecordFault, TimestampRules } from './produce-rules.ts'
import type { RecordCursor } from './record-cursor.ts'

/** How many records a refusal names. */
export const recordFaultsMax = 1000

const noTimestamp = -1

/** What is wrong with a timestamp, if anything. */
function timestampFault(timestamp: number, isLogAppendTime: boolean, rules: TimestampRules): string | undefined {
  const { type, nowMs, beforeMaxMs, afterMaxMs } = rules
  if (type === 'LogAppendTime' || timestamp === noTimestamp) {
    return isLogAppendTime ? 'a client sets the timestamp type CreateTime, not LogAppendTime' : undefined
  }
  if (nowMs - timestamp <= beforeMaxMs && timestamp - nowMs <= afterMaxMs) return undefined
  return `the timestamp ${timestamp} is not within [${nowMs - beforeMaxMs}, ${nowMs + afterMaxMs}]`
}

/** The faults of single records as they are found. */
class Faults {
  readonly #named: RecordFault[] = []
  #count = 0
  #errorCode: ErrorCode = ErrorCode.INVALID_RECORD

  add(batchIndex: number, message: string, errorCode: ErrorCode): void {
    if (this.#count++ < recordFaultsMax) this.#named.push({ batchIndex, message })
    // One bad timestamp decides, as in Kafka.
    if (errorCode === ErrorCode.INVALID_TIMESTAMP) this.#errorCode = errorCode
  }

  get refusal(): BatchRefusal | undefined {
    if (this.#count === 0) return undefined
    const message = `${this.#count} of the records are not acceptable; the first: ${this.#named[0]?.message}`
    return { errorCode: this.#errorCode, message, recordFaults: this.#named }
  }
}

function checkRecord(
  cursor: RecordCursor,
  index: number,
  batch: RecordBatch,
  rules: ProduceRules,
  faults: Faults,
): void {
  if (rules.compacted && cursor.keySize < 0) {
    faults.add(index, 'a compacted topic needs a key in every record', ErrorCode.INVALID_RECORD)
    return
  }
  if (rules.timestamps === undefined) return
  const fault = timestampFault(cursor.timestamp, batch.logAppendTime !== undefined, rules.timestamps)
  if (fault !== undefined) faults.add(index, fault, ErrorCode.INVALID_TIMESTAMP)
}

/** Reads every record of a batch whose header has been checked. Throws RecordsError for records that cannot be read. */
export function checkRecords(batch: RecordBatch, rules: ProduceRules): BatchRefusal | undefined {
  const faults = new Faults()
  let hasGaps = false
  const cursor = batch.cursor()
  for (let index = 0; cursor.next(); index++) {
    if (cursor.offsetDelta !== index) hasGaps = true
    checkRecord(cursor, index, batch, rules, faults)
  }
  if (batch.codec !== 0 && hasGaps) {
    // Offsets inside an uncompressed batch are taken as they are; here Kafka would have to write the batch anew, and fails.
    const message = 'the offset deltas of the compressed records are not 0, 1, 2 and so on'
    return { errorCode: ErrorCode.UNKNOWN_SERVER_ERROR, message, recordFaults: [] }
  }
  return faults.refusal
}
