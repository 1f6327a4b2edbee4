/**
 * ListOffsets, versions 1 to 11. 2 isolation level, 4 leader epochs, 6 flexible, 7 max timestamp (-3), 8 earliest local (-4),
 * 9 latest tiered (-5), 10 timeout, 11 earliest pending upload (-6). Rules: reference section 2.11.
 */
import { ErrorCode, ListOffsets } from '@millrace/protocol'
import { defineHandler } from '../handler.ts'
import type { Partition } from '../replica/partition.ts'
import { findPartition } from '../replica/replica-manager.ts'

const latest = -1
const earliest = -2
const maxTimestamp = -3
const earliestLocal = -4
const latestTiered = -5
const earliestPendingUpload = -6

/** The first version that knows a special timestamp. */
const minVersions: ReadonlyMap<number, number> = new Map([
  [latest, 0],
  [earliest, 0],
  [maxTimestamp, 7],
  [earliestLocal, 8],
  [latestTiered, 9],
  [earliestPendingUpload, 11],
])

interface Found {
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number
}

const nothing: Found = { offset: -1, timestamp: -1, leaderEpoch: -1 }

export const listOffsetsHandler = defineHandler({
  api: ListOffsets,

  async handle(request, context, services) {
    const cluster = services.cluster()
    const topics = await Promise.all(
      request.topics.map(async (topic) => {
        const seen = new Set<number>()
        const duplicates = new Set<number>()
        for (const { partitionIndex } of topic.partitions) {
          if (seen.has(partitionIndex)) duplicates.add(partitionIndex)
          seen.add(partitionIndex)
        }
        const wanted = topic.partitions.filter((each, index) => {
          return (
            !duplicates.has(each.partitionIndex) ||
            topic.partitions.findIndex((other) => other.partitionIndex === each.partitionIndex) === index
          )
        })
        const partitions = await Promise.all(
          wanted.map(async (asked) => {
            const { partitionIndex } = asked
            const answer = (errorCode: number, { leaderEpoch, ...found }: Found) => {
              // Older clients cannot be told the epoch.
              return { partitionIndex, errorCode, ...found, ...(context.apiVersion >= 4 ? { leaderEpoch } : {}) }
            }
            const fail = (errorCode: number) => answer(errorCode, nothing)
            if (duplicates.has(partitionIndex)) return fail(ErrorCode.INVALID_REQUEST)
            const minVersion = asked.timestamp >= 0 ? 0 : minVersions.get(asked.timestamp)
            if (minVersion === undefined || context.apiVersion < minVersion) return fail(ErrorCode.UNSUPPORTED_VERSION)
            const found = findPartition(services.replicas, cluster, topic.name, partitionIndex)
            if ('errorCode' in found) return fail(found.errorCode)
            const { partition } = found
            const fenced = partition.checkLeaderEpoch(asked.currentLeaderEpoch)
            if (fenced !== ErrorCode.NONE) return fail(fenced)
            const upperOffset = upperOffsetOf(partition, request.replicaId, request.isolationLevel)
            return answer(ErrorCode.NONE, await lookUp(partition, asked.timestamp, upperOffset))
          }),
        )
        return { name: topic.name, partitions }
      }),
    )
    return { topics }
  },
})

/** Up to where this caller may see: a replica everything, a consumer the committed records. */
function upperOffsetOf(partition: Partition, replicaId: number, isolationLevel: number): number {
  if (replicaId >= 0) return partition.endOffset
  return isolationLevel === 1 ? partition.lastStableOffset : partition.highWatermark
}

async function lookUp(partition: Partition, timestamp: number, upperOffset: number): Promise<Found> {
  switch (timestamp) {
    case latest:
      return { offset: upperOffset, timestamp: -1, leaderEpoch: partition.leaderEpoch }
    case earliest:
    case earliestLocal: {
      const offset = partition.logStartOffset
      return { offset, timestamp: -1, leaderEpoch: partition.epochAt(offset) }
    }
    // Without tiered storage nothing is remote, and nothing waits for an upload.
    case latestTiered:
    case earliestPendingUpload:
      return nothing
    default: {
      const found =
        timestamp === maxTimestamp
          ? await partition.offsetOfMaxTimestamp()
          : await partition.offsetForTimestamp(timestamp)
      return found === undefined || found.offset >= upperOffset ? nothing : found
    }
  }
}
