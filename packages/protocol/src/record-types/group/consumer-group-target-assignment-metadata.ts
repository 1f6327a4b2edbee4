/** ConsumerGroupTargetAssignmentMetadata record (6) of the group coordinator: the epoch of a consumer group's target assignment. */
import { int32, int64, string } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineCoordinatorRecord } from '../coordinator-record.ts'

export const ConsumerGroupTargetAssignmentMetadataRecord = defineCoordinatorRecord({
  id: 6,
  name: 'ConsumerGroupTargetAssignmentMetadata',
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

export interface ConsumerGroupTargetAssignmentMetadataKey
  extends Decoded<typeof ConsumerGroupTargetAssignmentMetadataRecord.key> {}
export interface ConsumerGroupTargetAssignmentMetadataValue
  extends Decoded<typeof ConsumerGroupTargetAssignmentMetadataRecord.value> {}
