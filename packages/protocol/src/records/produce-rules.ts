/** What decides whether a produced batch is taken, and what is answered when it is not. */
import type { ErrorCode } from '../errors.ts'
import type { TimestampType } from './batch-header.ts'

/** What the topic and the broker say about timestamps. */
export interface TimestampRules {
  /** `message.timestamp.type`. */
  readonly type: TimestampType
  /** The broker's clock. */
  readonly nowMs: number
  /** `message.timestamp.before.max.ms`; Infinity for no limit, which is what Kafka's default of 2^63 - 1 means. */
  readonly beforeMaxMs: number
  /** `message.timestamp.after.max.ms`; Infinity for no limit. */
  readonly afterMaxMs: number
}

export interface ProduceRules {
  /** `max.message.bytes`: largest batch as it was sent, header included. */
  readonly batchSizeMax: number
  /** `segment.bytes`. No limit when left out. */
  readonly segmentSizeMax?: number
  /** Version of the produce request: zstd needs 7. The newest when left out. */
  readonly produceVersion?: number
  /** Whether records need keys. Default false. */
  readonly compacted?: boolean
  /** Any timestamp will do when left out. */
  readonly timestamps?: TimestampRules
  /** Whether every record is checked, whatever the other rules need. Default false. */
  readonly deep?: boolean
  /** Largest size of the records after decompression, where they are looked at. Default `defaultDecompressedSizeMax`. */
  readonly decompressedSizeMax?: number
}

/** One refused record: its index in the batch. */
export interface RecordFault {
  readonly batchIndex: number
  readonly message: string
}

/** What is to be answered for a batch that is not appended. */
export interface BatchRefusal {
  readonly errorCode: ErrorCode
  readonly message: string
  /** The records at fault, at most `recordFaultsMax` of them; empty when the batch as a whole is at fault. */
  readonly recordFaults: readonly RecordFault[]
}
