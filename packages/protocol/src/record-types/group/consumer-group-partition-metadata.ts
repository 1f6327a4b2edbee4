/** ConsumerGroupPartitionMetadata record (4) of the group coordinator: the partition counts a consumer group was assigned on; older versions wrote it, now it is only deleted. */
import { array, int32, string, uuid } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineCoordinatorRecord } from '../coordinator-record.ts'

export const ConsumerGroupPartitionMetadataRecord = defineCoordinatorRecord({
  id: 4,
  name: 'ConsumerGroupPartitionMetadata',
  key: {
    groupId: string(),
  },
  versions: '0',
  flexible: 0,
  value: {
    topics: array({
      topicId: uuid(),
      topicName: string(),
      numPartitions: int32(),
      partitionMetadata: array({
        partition: int32(),
        racks: array(string()),
      }),
    }),
  },
})

export interface ConsumerGroupPartitionMetadataKey extends Decoded<typeof ConsumerGroupPartitionMetadataRecord.key> {}
export interface ConsumerGroupPartitionMetadataValue
  extends Decoded<typeof ConsumerGroupPartitionMetadataRecord.value> {}
