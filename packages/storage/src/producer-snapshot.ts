/** `.snapshot` files as Apache Kafka writes them: the producers of a log up to the offset in the file's name (reference 3.2). */
import { DecodeError, decodeProducerSnapshot, type ProducerSnapshotEntry } from '@millrace/protocol'
import type { ProducerEntry } from './producer-state.ts'

/** About 700,000 producers. */
export const producerSnapshotBytesMax = 32 << 20

/** The producers of a snapshot; undefined when its bytes are damaged or of another version: an older one or a scan serves then. */
export function readProducerSnapshot(bytes: Buffer): ProducerEntry[] | undefined {
  try {
    return decodeProducerSnapshot(bytes).map(toEntry)
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

function toEntry(found: ProducerSnapshotEntry): ProducerEntry {
  const { lastSequence, lastOffset, offsetDelta, timestamp } = found
  return {
    producerId: found.producerId,
    epoch: found.epoch,
    coordinatorEpoch: found.coordinatorEpoch,
    lastTimestamp: timestamp,
    transactionStart: Math.max(-1, found.currentTxnFirstOffset),
    // Only the last batch is in a snapshot; none when the producer is known by a marker alone.
    batches: lastOffset >= 0 ? [{ lastSequence, lastOffset, offsetDelta, timestamp }] : [],
  }
}
