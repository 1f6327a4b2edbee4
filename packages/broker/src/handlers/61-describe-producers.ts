/** DescribeProducers, version 0: who writes to a partition with sequence numbers. */
import { DescribeProducers, ErrorCode } from '@millrace/protocol'
import { defineHandler } from '../handler.ts'
import type { Partition } from '../replica/partition.ts'
import { findPartition } from '../replica/replica-manager.ts'

const messages: ReadonlyMap<number, string> = new Map([
  [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'This server does not host this topic-partition.'],
  [ErrorCode.NOT_LEADER_OR_FOLLOWER, 'This server does not lead this topic-partition.'],
])

export const describeProducersHandler = defineHandler({
  api: DescribeProducers,

  handle(request, _context, services) {
    const cluster = services.cluster()
    return {
      topics: request.topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => {
          const found = findPartition(services.replicas, cluster, name, partitionIndex)
          if ('errorCode' in found) {
            const { errorCode } = found
            return { partitionIndex, errorCode, errorMessage: messages.get(errorCode) ?? null, activeProducers: [] }
          }
          return { partitionIndex, errorCode: ErrorCode.NONE, activeProducers: activeProducers(found.partition) }
        }),
      })),
    }
  },
})

function activeProducers(partition: Partition) {
  return (partition.log?.activeProducers() ?? []).map((producer) => ({
    producerId: producer.producerId,
    producerEpoch: producer.epoch,
    lastSequence: producer.batches.at(-1)?.lastSequence ?? -1,
    lastTimestamp: producer.lastTimestamp,
    coordinatorEpoch: producer.coordinatorEpoch,
    currentTxnStartOffset: producer.transactionStart,
  }))
}
