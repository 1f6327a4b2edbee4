/** ShareGroupTargetAssignmentMember record (13) of the group coordinator: the target assignment of a member of a share group. */
import { array, int32, string, uuid } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineCoordinatorRecord } from '../coordinator-record.ts'

export const ShareGroupTargetAssignmentMemberRecord = defineCoordinatorRecord({
  id: 13,
  name: 'ShareGroupTargetAssignmentMember',
  key: {
    groupId: string(),
    memberId: string(),
  },
  versions: '0',
  flexible: 0,
  value: {
    topicPartitions: array({
      topicId: uuid(),
      partitions: array(int32()),
    }),
  },
})

export interface ShareGroupTargetAssignmentMemberKey
  extends Decoded<typeof ShareGroupTargetAssignmentMemberRecord.key> {}
export interface ShareGroupTargetAssignmentMemberValue
  extends Decoded<typeof ShareGroupTargetAssignmentMemberRecord.value> {}
