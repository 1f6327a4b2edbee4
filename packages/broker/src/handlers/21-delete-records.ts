/** DeleteRecords, versions 0 to 2: moves the log start. 1 throttle, 2 flexible. Rules: reference section 2.16. */
import { DeleteRecords, ErrorCode } from '@millrace/protocol'
import { internalTopics } from '../cluster-view.ts'
import { defineHandler } from '../handler.ts'
import { findPartition } from '../replica/replica-manager.ts'
import type { Services } from '../services.ts'

/** Stands for the high watermark. */
const toHighWatermark = -1

export const deleteRecordsHandler = defineHandler({
  api: DeleteRecords,

  async handle(request, _context, services) {
    const topics = await Promise.all(
      request.topics.map(async ({ name, partitions }) => ({
        name,
        partitions: await Promise.all(
          partitions.map(async ({ partitionIndex, offset }) => ({
            partitionIndex,
            ...(await deleteBefore(services, name, partitionIndex, offset)),
          })),
        ),
      })),
    )
    return { topics }
  },
})

async function deleteBefore(services: Services, topic: string, index: number, asked: number) {
  const failed = (errorCode: number) => ({ lowWatermark: -1, errorCode })
  if (internalTopics.has(topic)) return failed(ErrorCode.INVALID_TOPIC_EXCEPTION)
  const found = findPartition(services.replicas, services.cluster(), topic, index)
  if ('errorCode' in found) return failed(found.errorCode)
  if (!services.configs.topicConfig(topic).cleanupPolicy.includes('delete')) return failed(ErrorCode.POLICY_VIOLATION)
  const { partition } = found
  const offset = asked === toHighWatermark ? partition.highWatermark : asked
  if (offset < 0 || offset > partition.highWatermark) return failed(ErrorCode.OFFSET_OUT_OF_RANGE)
  await partition.deleteRecordsBefore(offset)
  return { lowWatermark: partition.logStartOffset, errorCode: ErrorCode.NONE }
}
