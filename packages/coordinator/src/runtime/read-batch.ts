/** Reads back what a coordinator's log holds: batches of records, and the markers that end transactions. */
import { batchSizeAt, decodeControlKey, decodeControlRecord, openBatch, type RecordView } from '@millrace/protocol'
import type { ProducerIdentity, TransactionMarker } from './shard.ts'

interface Span {
  /** The first offset after the batch. */
  readonly end: number
}

export interface RecordsBatch extends Span {
  readonly kind: 'records'
  /** Present when the records are part of a transaction. */
  readonly producer: ProducerIdentity | undefined
  /** Throws RecordsError when one is damaged. Keys and values are views. */
  records(): Iterable<RecordView>
}

export interface MarkerBatch extends Span {
  readonly kind: 'marker'
  readonly marker: TransactionMarker
}

/** A control batch that means nothing to a coordinator. */
export interface SkippedBatch extends Span {
  readonly kind: 'skipped'
}

export type ReadBatch = RecordsBatch | MarkerBatch | SkippedBatch

/** All complete batches in `bytes`, checksums verified. Throws RecordsError or DecodeError at the first that is damaged. */
export function* batches(bytes: Buffer): Generator<ReadBatch> {
  for (let position = 0; position < bytes.length; ) {
    const size = batchSizeAt(bytes, position, bytes.length)
    if (size === 0) return
    yield readBatch(bytes, position)
    position += size
  }
}

function readBatch(bytes: Buffer, position: number): ReadBatch {
  const batch = openBatch(bytes, position)
  const { producerId, producerEpoch } = batch
  const end = batch.lastOffset + 1
  if (!batch.isControl) {
    const producer = batch.isTransactional ? { producerId, producerEpoch } : undefined
    return { kind: 'records', end, producer, records: () => batch }
  }
  for (const { key, value } of batch) {
    if (key === null || value === null) continue
    const type = decodeControlKey(key)
    if (type !== 'Commit' && type !== 'Abort') continue
    const control = decodeControlRecord(key, value)
    const coordinatorEpoch = 'coordinatorEpoch' in control.data ? control.data.coordinatorEpoch : -1
    const marker = { producerId, producerEpoch, coordinatorEpoch, committed: type === 'Commit' }
    return { kind: 'marker', end, marker }
  }
  return { kind: 'skipped', end }
}
