/** `.snapshot` files as Apache Kafka writes them: the producers of a log up to the offset in the file's name (reference 3.2). */
import {
  DecodeError,
  decodeProducerSnapshot,
  encodeProducerSnapshot,
  type ProducerSnapshotEntry,
} from '@millrace/protocol'
import type { ProducerEntry } from './producer-state.ts'

const noBatch = { lastSequence: -1, lastOffset: -1, offsetDelta: 0 }

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

/** The bytes of a snapshot. Of each producer, the last batch alone is kept, as in Kafka: after a restart, older ones are no duplicates. */
export function encodeSnapshot(producers: Iterable<ProducerEntry>): Buffer {
  return encodeProducerSnapshot(Array.from(producers, toSnapshotEntry))
}

function toSnapshotEntry({ batches, ...entry }: ProducerEntry): ProducerSnapshotEntry {
  const { lastSequence, lastOffset, offsetDelta } = batches.at(-1) ?? noBatch
  return {
    producerId: entry.producerId,
    epoch: entry.epoch,
    coordinatorEpoch: entry.coordinatorEpoch,
    timestamp: entry.lastTimestamp,
    currentTxnFirstOffset: entry.transactionStart,
    lastSequence,
    lastOffset,
    offsetDelta,
  }
}
