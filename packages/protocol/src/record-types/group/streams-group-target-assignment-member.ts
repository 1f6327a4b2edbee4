/** StreamsGroupTargetAssignmentMember record (21) of the group coordinator: the target tasks of a member of a Streams group. */
import { array, int32, string } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineCoordinatorRecord } from '../coordinator-record.ts'

const taskIds = {
  subtopologyId: string(),
  partitions: array(int32()),
}

export const StreamsGroupTargetAssignmentMemberRecord = defineCoordinatorRecord({
  id: 21,
  name: 'StreamsGroupTargetAssignmentMember',
  key: {
    groupId: string(),
    memberId: string(),
  },
  versions: '0',
  flexible: 0,
  value: {
    activeTasks: array(taskIds),
    standbyTasks: array(taskIds),
    warmupTasks: array(taskIds),
  },
})

export interface StreamsGroupTargetAssignmentMemberKey
  extends Decoded<typeof StreamsGroupTargetAssignmentMemberRecord.key> {}
export interface StreamsGroupTargetAssignmentMemberValue
  extends Decoded<typeof StreamsGroupTargetAssignmentMemberRecord.value> {}
