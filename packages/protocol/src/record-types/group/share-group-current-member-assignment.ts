/** ShareGroupCurrentMemberAssignment record (14) of the group coordinator: the current assignment of a member of a share group. */
import { array, int8, int32, string, uuid } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineCoordinatorRecord } from '../coordinator-record.ts'

const topicPartitions = {
  topicId: uuid(),
  partitions: array(int32()),
}

export const ShareGroupCurrentMemberAssignmentRecord = defineCoordinatorRecord({
  id: 14,
  name: 'ShareGroupCurrentMemberAssignment',
  key: {
    groupId: string(),
    memberId: string(),
  },
  versions: '0',
  flexible: 0,
  value: {
    memberEpoch: int32(),
    previousMemberEpoch: int32(),
    state: int8(),
    assignedPartitions: array(topicPartitions),
  },
})

export interface ShareGroupCurrentMemberAssignmentKey
  extends Decoded<typeof ShareGroupCurrentMemberAssignmentRecord.key> {}
export interface ShareGroupCurrentMemberAssignmentValue
  extends Decoded<typeof ShareGroupCurrentMemberAssignmentRecord.value> {}
