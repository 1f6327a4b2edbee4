/** What the batches of a log say about leader epochs and producers: built again by walking them (reference 3.7). */
import {
  BatchHeader,
  type ControlRecord,
  DecodeError,
  decodeControlRecord,
  openBatch,
  RecordsError,
} from '@millrace/protocol'
import type { LeaderEpochs } from './leader-epochs.ts'
import type { IncomingBatch, IncomingMarker, ProducerState, ProducerUndo } from './producer-state.ts'
import type { AbortedTransaction } from './transaction-index.ts'

/** The producer's side of a data batch. */
export function incomingBatch(
  bytes: Buffer,
  at: number,
  baseOffset = BatchHeader.baseOffset(bytes, at),
): IncomingBatch {
  return {
    producerId: BatchHeader.producerId(bytes, at),
    epoch: BatchHeader.producerEpoch(bytes, at),
    baseSequence: BatchHeader.baseSequence(bytes, at),
    baseOffset,
    lastOffset: baseOffset + BatchHeader.lastOffsetDelta(bytes, at),
    maxTimestamp: BatchHeader.maxTimestamp(bytes, at),
    isTransactional: BatchHeader.isTransactional(bytes, at),
  }
}

/** The end of a transaction that a control batch marks; undefined when it marks none, or compaction emptied it. */
export function incomingMarker(bytes: Buffer, at: number): IncomingMarker | undefined {
  const control = readControlRecord(bytes, at)
  if (control?.type !== 'Abort' && control?.type !== 'Commit') return undefined
  return {
    producerId: BatchHeader.producerId(bytes, at),
    epoch: BatchHeader.producerEpoch(bytes, at),
    coordinatorEpoch: control.data.coordinatorEpoch,
    isAbort: control.type === 'Abort',
    offset: BatchHeader.baseOffset(bytes, at),
    timestamp: BatchHeader.maxTimestamp(bytes, at),
  }
}

/** Undefined for a control batch without a record, or one that this version does not know. */
function readControlRecord(bytes: Buffer, at: number): ControlRecord | undefined {
  try {
    const [record] = openBatch(bytes, at, { checkCrc: false }).records()
    return record?.key && record.value ? decodeControlRecord(record.key, record.value) : undefined
  } catch (error) {
    if (error instanceof DecodeError || error instanceof RecordsError) return undefined
    throw error
  }
}

/** Takes a batch that is in the log into the producers' state. The transaction that it aborts, if it does. */
export function replayProducer(
  producers: ProducerState,
  bytes: Buffer,
  at: number,
  undo?: ProducerUndo,
): AbortedTransaction | undefined {
  if (BatchHeader.producerId(bytes, at) < 0) return undefined
  if (!BatchHeader.isControl(bytes, at)) {
    producers.append(incomingBatch(bytes, at), undo)
    return undefined
  }
  const marker = incomingMarker(bytes, at) ?? emptiedMarker(producers, bytes, at)
  const completed = marker && producers.appendMarker(marker, undo)
  if (completed?.isAbort !== true) return undefined
  const { producerId, firstOffset, lastOffset } = completed
  return { producerId, firstOffset, lastOffset, lastStableOffset: producers.firstOpenOffset(lastOffset + 1) }
}

/**
 * What compaction leaves of a marker when the records of its transaction are gone: a batch without records. A snapshot from before may
 * still have the transaction open, and then nothing else would ever end it. How it ended concerns nobody any more.
 */
function emptiedMarker(producers: ProducerState, bytes: Buffer, at: number): IncomingMarker | undefined {
  if (BatchHeader.recordCount(bytes, at) > 0) return undefined
  const producerId = BatchHeader.producerId(bytes, at)
  return {
    producerId,
    epoch: BatchHeader.producerEpoch(bytes, at),
    coordinatorEpoch: producers.get(producerId)?.coordinatorEpoch ?? -1,
    isAbort: false,
    offset: BatchHeader.baseOffset(bytes, at),
    timestamp: BatchHeader.maxTimestamp(bytes, at),
  }
}

/** Takes a batch that is in the log into the leader epochs. True when a new epoch starts with it. */
export function replayEpoch(epochs: LeaderEpochs, bytes: Buffer, at: number): boolean {
  const epoch = BatchHeader.partitionLeaderEpoch(bytes, at)
  return epoch > epochs.latest && epochs.assign(epoch, BatchHeader.baseOffset(bytes, at))
}
