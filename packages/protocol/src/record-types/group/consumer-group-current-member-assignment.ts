/** ConsumerGroupCurrentMemberAssignment record (8) of the group coordinator: where a member of a consumer group is on the way to its target. */
import { array, int8, int32, string, uuid } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineCoordinatorRecord } from '../coordinator-record.ts'

const topicPartitions = {
  topicId: uuid(),
  partitions: array(int32()),
  assignmentEpochs: array(int32(), { nullable: '0+', tag: 0 }),
}

export const ConsumerGroupCurrentMemberAssignmentRecord = defineCoordinatorRecord({
  id: 8,
  name: 'ConsumerGroupCurrentMemberAssignment',
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
    partitionsPendingRevocation: array(topicPartitions),
  },
})

export interface ConsumerGroupCurrentMemberAssignmentKey
  extends Decoded<typeof ConsumerGroupCurrentMemberAssignmentRecord.key> {}
export interface ConsumerGroupCurrentMemberAssignmentValue
  extends Decoded<typeof ConsumerGroupCurrentMemberAssignmentRecord.value> {}
