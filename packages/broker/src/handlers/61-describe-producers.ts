/** DescribeProducers, version 0: who writes to a partition with sequence numbers. */
import { DescribeProducers, ErrorCode } from '@millrace/protocol'
import { defineHandler } from '../handler.ts'
import type { Partition } from '../replica/partition.ts'
import { findPartition } from '../replica/replica-manager.ts'

export const describeProducersHandler = defineHandler({
  api: DescribeProducers,

  handle(request, _context, services) {
    const cluster = services.cluster()
    return {
      topics: request.topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => {
          const found = findPartition(services.replicas, cluster, name, partitionIndex)
          if ('errorCode' in found) return { partitionIndex, errorCode: found.errorCode, activeProducers: [] }
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
