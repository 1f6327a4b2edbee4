/** OffsetForLeaderEpoch, versions 2 to 4: where an epoch ends. 3 replica id, 4 flexible. Rules: reference section 2.12. */
import { ErrorCode, OffsetForLeaderEpoch } from '@millrace/protocol'
import { defineHandler } from '../handler.ts'
import { findPartition } from '../replica/replica-manager.ts'

export const offsetForLeaderEpochHandler = defineHandler({
  api: OffsetForLeaderEpoch,

  handle(request, _context, services) {
    const cluster = services.cluster()
    return {
      topics: request.topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition: index, currentLeaderEpoch, leaderEpoch }) => {
          const failed = (errorCode: number) => ({ partition: index, errorCode, leaderEpoch: -1, endOffset: -1 })
          const found = findPartition(services.replicas, cluster, topic, index)
          if ('errorCode' in found) return failed(found.errorCode)
          const fenced = found.partition.checkLeaderEpoch(currentLeaderEpoch)
          if (fenced !== ErrorCode.NONE) return failed(fenced)
          const { epoch, endOffset } = found.partition.endOffsetForEpoch(leaderEpoch)
          return { partition: index, errorCode: ErrorCode.NONE, leaderEpoch: epoch, endOffset }
        }),
      })),
    }
  },
})
