/** OffsetDelete between the wire and the shard. */
import { ErrorCode, type OffsetDeleteRequest, type OffsetDeleteResponse } from '@millrace/protocol'
import type { DeleteOffsetsCommand, PartitionErrorsReply } from '../groups/commands.ts'
import type { MetadataView } from '../metadata-view.ts'

type Topics = DeleteOffsetsCommand['topics']

/** Topics that exist go to the shard; of the others every partition is unknown. */
export function splitKnownTopics(
  request: OffsetDeleteRequest,
  metadata: MetadataView,
): { readonly known: Topics; readonly unknown: PartitionErrorsReply['topics'] } {
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => partitionIndex),
  }))
  const exists = ({ name }: Topics[number]) => metadata.partitionCount(name) !== undefined
  const unknown = topics
    .filter((topic) => !exists(topic))
    .map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((partition) => ({ partition, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION })),
    }))
  return { known: topics.filter(exists), unknown }
}

export function deleteOffsetsResponse(
  known: PartitionErrorsReply['topics'],
  unknown: PartitionErrorsReply['topics'],
): OffsetDeleteResponse {
  const topics = [...known, ...unknown].map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partition, errorCode }) => ({ partitionIndex: partition, errorCode })),
  }))
  return { errorCode: ErrorCode.NONE, throttleTimeMs: 0, topics }
}
