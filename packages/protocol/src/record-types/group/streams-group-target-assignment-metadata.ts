/** StreamsGroupTargetAssignmentMetadata record (20) of the group coordinator: the epoch of a Streams group's target assignment. */
import { int32, int64, string } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineCoordinatorRecord } from '../coordinator-record.ts'

export const StreamsGroupTargetAssignmentMetadataRecord = defineCoordinatorRecord({
  id: 20,
  name: 'StreamsGroupTargetAssignmentMetadata',
  key: {
    groupId: string(),
  },
  versions: '0',
  flexible: 0,
  value: {
    assignmentEpoch: int32(),
    assignmentTimestamp: int64({ tag: 0 }),
  },
})

export interface StreamsGroupTargetAssignmentMetadataKey
  extends Decoded<typeof StreamsGroupTargetAssignmentMetadataRecord.key> {}
export interface StreamsGroupTargetAssignmentMetadataValue
  extends Decoded<typeof StreamsGroupTargetAssignmentMetadataRecord.value> {}
