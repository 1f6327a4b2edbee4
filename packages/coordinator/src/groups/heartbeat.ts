/** Heartbeats, and what happens when they stay away. */
import { ErrorCode } from '@millrace/protocol'
import type { ClassicGroup } from './classic-group.ts'
import type { GroupTurn, HeartbeatCommand } from './commands.ts'
import type { GroupState } from './group-state.ts'
import { completeIfAllJoined, rebalanceOrComplete, removeMember } from './rebalance.ts'
import { startSession } from './timers.ts'

export function heartbeat(state: GroupState, command: HeartbeatCommand, turn: GroupTurn): void {
  turn.reply(turn.token, { kind: 'error', errorCode: check(state.live.get(command.groupId), command, turn) })
}

function check(group: ClassicGroup | undefined, command: HeartbeatCommand, turn: GroupTurn): number {
  const { memberId, instanceId, generationId } = command
  if (group === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
  const errorCode = group.validateMember(memberId, instanceId)
  if (errorCode !== ErrorCode.NONE) return errorCode
  if (generationId !== group.generation) return ErrorCode.ILLEGAL_GENERATION
  const member = group.member(memberId)
  if (member === undefined || group.state === 'Empty') return ErrorCode.UNKNOWN_MEMBER_ID
  startSession(turn, group, member)
  return group.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE
}

/** A member was not heard of for its session timeout, or did not use the id it was given. */
export function onSessionExpired(state: GroupState, groupId: string, memberId: string, turn: GroupTurn) {
  const group = state.live.get(groupId)
  if (group === undefined) return
  if (group.pendingMembers.delete(memberId)) {
    if (group.isForgettable) state.live.delete(groupId)
    return completeIfAllJoined(group, turn)
  }
  const member = group.member(memberId)
  if (member === undefined || member.needsNoHeartbeat) return
  removeMember(turn, group, memberId)
  rebalanceOrComplete(state, group, turn)
}
