/** ShareGroupStatePartitionMetadata record (15) of the group coordinator: which share partitions of a group have state, get it or lose it. */
import { array, int32, string, uuid } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineCoordinatorRecord } from '../coordinator-record.ts'

const topicPartitionsInfo = {
  topicId: uuid(),
  topicName: string(),
  partitions: array(int32()),
}

const topicInfo = { topicId: uuid(), topicName: string() }

export const ShareGroupStatePartitionMetadataRecord = defineCoordinatorRecord({
  id: 15,
  name: 'ShareGroupStatePartitionMetadata',
  key: {
    groupId: string(),
  },
  versions: '0',
  flexible: 0,
  value: {
    initializingTopics: array(topicPartitionsInfo),
    initializedTopics: array(topicPartitionsInfo),
    deletingTopics: array(topicInfo),
  },
})

export interface ShareGroupStatePartitionMetadataKey
  extends Decoded<typeof ShareGroupStatePartitionMetadataRecord.key> {}
export interface ShareGroupStatePartitionMetadataValue
  extends Decoded<typeof ShareGroupStatePartitionMetadataRecord.value> {}
