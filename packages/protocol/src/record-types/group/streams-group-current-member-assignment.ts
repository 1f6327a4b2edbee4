/** StreamsGroupCurrentMemberAssignment record (22) of the group coordinator: where a member of a Streams group is on the way to its target. */
import { array, int8, int32, string } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineCoordinatorRecord } from '../coordinator-record.ts'

const taskIds = {
  subtopologyId: string(),
  partitions: array(int32()),
  assignmentEpochs: array(int32(), { nullable: '0+', tag: 0 }),
}

export const StreamsGroupCurrentMemberAssignmentRecord = defineCoordinatorRecord({
  id: 22,
  name: 'StreamsGroupCurrentMemberAssignment',
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
    activeTasks: array(taskIds),
    standbyTasks: array(taskIds),
    warmupTasks: array(taskIds),
    activeTasksPendingRevocation: array(taskIds),
    standbyTasksPendingRevocation: array(taskIds),
    warmupTasksPendingRevocation: array(taskIds),
  },
})

export interface StreamsGroupCurrentMemberAssignmentKey
  extends Decoded<typeof StreamsGroupCurrentMemberAssignmentRecord.key> {}
export interface StreamsGroupCurrentMemberAssignmentValue
  extends Decoded<typeof StreamsGroupCurrentMemberAssignmentRecord.value> {}
