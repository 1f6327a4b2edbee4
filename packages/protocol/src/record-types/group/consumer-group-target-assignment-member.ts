/** ConsumerGroupTargetAssignmentMember record (7) of the group coordinator: the target assignment of a member of a consumer group. */
import { array, int32, string, uuid } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineCoordinatorRecord } from '../coordinator-record.ts'

export const ConsumerGroupTargetAssignmentMemberRecord = defineCoordinatorRecord({
  id: 7,
  name: 'ConsumerGroupTargetAssignmentMember',
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

export interface ConsumerGroupTargetAssignmentMemberKey
  extends Decoded<typeof ConsumerGroupTargetAssignmentMemberRecord.key> {}
export interface ConsumerGroupTargetAssignmentMemberValue
  extends Decoded<typeof ConsumerGroupTargetAssignmentMemberRecord.value> {}
