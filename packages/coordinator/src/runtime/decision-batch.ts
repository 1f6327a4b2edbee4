/** What a decision writes, as one record batch. */
import { encodeBatch, encodeControlBatch } from '@millrace/protocol'
import type { Decision, Shard, ShardState } from './shard.ts'

/** Apache Kafka's coordinators give every batch sequence 0, with or without a producer. */
const baseSequence = 0

/** Undefined when the decision writes nothing. Uncompressed; every record has the timestamp `now`. */
export function encodeDecision<State extends ShardState, Command, Query, Entry, Reply>(
  shard: Shard<State, Command, Query, Entry, Reply>,
  { entries, marker, producer }: Decision<Command, Entry, Reply>,
  now: number,
): Buffer | undefined {
  if (marker !== undefined) {
    const { producerId, producerEpoch, coordinatorEpoch, committed } = marker
    return encodeControlBatch([{ type: committed ? 'Commit' : 'Abort', data: { coordinatorEpoch } }], {
      timestamp: now,
      producerId,
      producerEpoch,
      isTransactional: true,
    })
  }
  if (entries.length === 0) return undefined
  const records = entries.map((entry) => ({ timestamp: now, ...shard.encode(entry) }))
  return encodeBatch(records, { baseSequence, isTransactional: producer !== undefined, ...producer })
}
