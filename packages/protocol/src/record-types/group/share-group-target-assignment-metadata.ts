/** ShareGroupTargetAssignmentMetadata record (12) of the group coordinator: the epoch of a share group's target assignment. */
import { int32, int64, string } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineCoordinatorRecord } from '../coordinator-record.ts'

export const ShareGroupTargetAssignmentMetadataRecord = defineCoordinatorRecord({
  id: 12,
  name: 'ShareGroupTargetAssignmentMetadata',
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

export interface ShareGroupTargetAssignmentMetadataKey
  extends Decoded<typeof ShareGroupTargetAssignmentMetadataRecord.key> {}
export interface ShareGroupTargetAssignmentMetadataValue
  extends Decoded<typeof ShareGroupTargetAssignmentMetadataRecord.value> {}
