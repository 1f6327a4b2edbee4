/** StreamsGroupMetadata record (17) of the group coordinator: the epoch of a Streams group. */
import { array, int32, int64, string } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineCoordinatorRecord } from '../coordinator-record.ts'

const lastAssignmentConfig = { key: string(), value: string() }

export const StreamsGroupMetadataRecord = defineCoordinatorRecord({
  id: 17,
  name: 'StreamsGroupMetadata',
  key: {
    groupId: string(),
  },
  versions: '0',
  flexible: 0,
  value: {
    epoch: int32(),
    metadataHash: int64({ wide: true }),
    validatedTopologyEpoch: int32({ tag: 0, default: -1 }),
    lastAssignmentConfigs: array(lastAssignmentConfig, { nullable: '0+', tag: 1 }),
  },
})

export interface StreamsGroupMetadataKey extends Decoded<typeof StreamsGroupMetadataRecord.key> {}
export interface StreamsGroupMetadataValue extends Decoded<typeof StreamsGroupMetadataRecord.value> {}
