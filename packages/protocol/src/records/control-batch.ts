/** Control batches: the ends of transactions and the bookkeeping of the raft log, as records that applications never see. */
import { type ControlRecordInput, encodeControlRecord } from '../record-types/control-record.ts'
import { type BuildOptions, encodeBatch } from './encode.ts'

export interface ControlBatchOptions extends Omit<BuildOptions, 'codec' | 'level' | 'isControl' | 'baseSequence'> {
  /** Of all its records, milliseconds since 1970. */
  readonly timestamp: number
}

/**
 * A control batch, uncompressed and without a sequence, as Kafka writes them. The end of a transaction is one record in a
 * batch of its own, with `isTransactional` and the producer's id and epoch. Throws EncodeError.
 */
export function encodeControlBatch(records: readonly ControlRecordInput[], options: ControlBatchOptions): Buffer {
  const { timestamp, ...rest } = options
  const inputs = records.map((record) => ({ timestamp, ...encodeControlRecord(record) }))
  return encodeBatch(inputs, { ...rest, isControl: true })
}
