/** What becomes of a batch as a whole, before its records are looked at (reference 3.5). Pure. */
import { BatchHeader } from '@millrace/protocol'
import type { ProducerEntry } from '../producer-state.ts'
import { incomingMarker } from '../replay.ts'
import type { CleanedTransactions, ControlBatch } from './transactions.ts'

/** The last trace in the log of a producer that may write again. */
export interface ActiveProducer {
  readonly producerId: number
  readonly producerEpoch: number
  /** Last offset of its last data batch; undefined when it is known by markers alone. */
  readonly lastDataOffset: number | undefined
}

/** The producers of a log's state, as a cleaning needs them. */
export function activeProducers(entries: Iterable<ProducerEntry>): ActiveProducer[] {
  return Array.from(entries, ({ producerId, epoch, batches }) => ({
    producerId,
    producerEpoch: epoch,
    lastDataOffset: batches.at(-1)?.lastOffset,
  }))
}

export interface Verdict {
  /** All records go, whatever they are. */
  readonly dropsRecords: boolean
  /** The batch stays although it has no records left: for what its header says. */
  readonly staysEmpty: boolean
  /** A marker without a transaction: its time until it may go begins now, if it has not. */
  readonly isIdleMarker: boolean
}

export interface Jury {
  readonly transactions: CleanedTransactions
  readonly producers: ReadonlyMap<number, ActiveProducer>
  /** Where the round of cleaning ends: the batch that ends there keeps the log's offsets from going back. */
  readonly endOffset: number
  readonly nowMs: number
}

/** Judges the batch at `at`, and takes it into the transactions. */
export function judgeBatch(bytes: Buffer, at: number, jury: Jury): Verdict {
  const lastOffset = BatchHeader.lastOffset(bytes, at)
  const isControl = BatchHeader.isControl(bytes, at)
  const mayGo = isControl
    ? jury.transactions.onControl(controlBatchAt(bytes, at))
    : jury.transactions.onData({
        producerId: BatchHeader.producerId(bytes, at),
        isTransactional: BatchHeader.isTransactional(bytes, at),
        baseOffset: BatchHeader.baseOffset(bytes, at),
        lastOffset,
      })
  return {
    dropsRecords: mayGo && (!isControl || isHorizonPast(bytes, at, jury.nowMs)),
    staysEmpty: isLastOfProducer(bytes, at, jury.producers) || lastOffset + 1 === jury.endOffset,
    isIdleMarker: isControl && mayGo,
  }
}

/** What a control batch ends. */
export function controlBatchAt(bytes: Buffer, at: number): ControlBatch {
  const batch = { producerId: BatchHeader.producerId(bytes, at), lastOffset: BatchHeader.lastOffset(bytes, at) }
  if (BatchHeader.recordCount(bytes, at) === 0) return { ...batch, kind: 'empty' }
  const marker = incomingMarker(bytes, at)
  if (marker === undefined) return { ...batch, kind: 'other' }
  return { ...batch, kind: marker.isAbort ? 'abort' : 'commit' }
}

/** Whether an earlier cleaning said when tombstones and markers may go, and that time has come. */
export function isHorizonPast(bytes: Buffer, at: number, nowMs: number): boolean {
  return BatchHeader.hasDeleteHorizon(bytes, at) && BatchHeader.baseTimestamp(bytes, at) <= nowMs
}

/** The last batch of a producer holds its last sequence number; without one, its last marker holds its epoch. */
function isLastOfProducer(bytes: Buffer, at: number, producers: ReadonlyMap<number, ActiveProducer>): boolean {
  const producer = producers.get(BatchHeader.producerId(bytes, at))
  if (producer === undefined) return false
  if (producer.lastDataOffset !== undefined) return BatchHeader.lastOffset(bytes, at) === producer.lastDataOffset
  return BatchHeader.isControl(bytes, at) && BatchHeader.producerEpoch(bytes, at) === producer.producerEpoch
}
