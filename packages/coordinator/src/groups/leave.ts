/** LeaveGroup: members that go, and static members that an administrator removes. */
import { ErrorCode } from '@millrace/protocol'
import type { ClassicGroup } from './classic-group.ts'
import type { GroupTurn, LeaveCommand } from './commands.ts'
import type { GroupState } from './group-state.ts'
import { completeIfAllJoined, rebalanceOrComplete, removeMember } from './rebalance.ts'
import { stopSession } from './timers.ts'

export function leave(state: GroupState, command: LeaveCommand, turn: GroupTurn): void {
  const group = state.live.get(command.groupId)
  const countBefore = group?.members.size
  const members = command.members.map(({ memberId, instanceId }) => ({
    memberId,
    groupInstanceId: instanceId,
    errorCode: group === undefined ? ErrorCode.UNKNOWN_MEMBER_ID : leaveOne(group, memberId, instanceId, turn),
  }))
  turn.reply(turn.token, { kind: 'leave', members })
  if (group === undefined) return
  if (group.isForgettable) state.live.delete(group.groupId)
  // Someone who only had an id was perhaps the last one waited for, but is missed by nobody.
  if (group.members.size === countBefore) completeIfAllJoined(group, turn)
  else if (group.state !== 'Empty') rebalanceOrComplete(state, group, turn)
}

function leaveOne(group: ClassicGroup, memberId: string, instanceId: string | null, turn: GroupTurn): number {
  if (memberId === '') {
    const staticId = instanceId === null ? undefined : group.staticMemberId(instanceId)
    if (staticId === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
    removeMember(turn, group, staticId)
    return ErrorCode.NONE
  }
  if (group.pendingMembers.has(memberId)) {
    stopSession(turn, group, memberId)
    group.remove(memberId)
    return ErrorCode.NONE
  }
  const errorCode = group.validateMember(memberId, instanceId)
  if (errorCode === ErrorCode.NONE) removeMember(turn, group, memberId)
  return errorCode
}
