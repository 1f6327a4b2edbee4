/** SyncGroup: the leader hands in the assignment, everybody gets their part. */
import { ErrorCode } from '@millrace/protocol'
import type { ClassicGroup } from './classic-group.ts'
import { type ClassicMember, noBytes } from './classic-member.ts'
import type { GroupTurn, SyncCommand } from './commands.ts'
import type { GroupState } from './group-state.ts'
import { refuseSync } from './rebalance.ts'
import { groupRecord } from './records.ts'
import { startSession, stopSync } from './timers.ts'

export function sync(state: GroupState, command: SyncCommand, turn: GroupTurn) {
  const group = state.live.get(command.groupId)
  const member = group?.member(command.memberId)
  const errorCode = group === undefined ? ErrorCode.UNKNOWN_MEMBER_ID : validate(group, command)
  if (group === undefined || member === undefined || errorCode !== ErrorCode.NONE) {
    return refuseSync(turn, turn.token, errorCode)
  }
  switch (group.state) {
    case 'Empty':
      return refuseSync(turn, turn.token, ErrorCode.UNKNOWN_MEMBER_ID)
    case 'PreparingRebalance':
      return refuseSync(turn, turn.token, ErrorCode.REBALANCE_IN_PROGRESS)
    case 'CompletingRebalance':
      // A repeated request takes the place of the one that waits.
      refuseSync(turn, member.syncToken, ErrorCode.REBALANCE_IN_PROGRESS)
      member.syncToken = turn.token
      noteSync(group, member, turn)
      if (group.leaderId === member.memberId) assign(group, command, turn)
      return
    case 'Stable':
      noteSync(group, member, turn)
      startSession(turn, group, member)
      return answer(group, turn, turn.token, member.assignment)
  }
}

function validate(group: ClassicGroup, command: SyncCommand): number {
  const errorCode = group.validateMember(command.memberId, command.instanceId)
  if (errorCode !== ErrorCode.NONE) return errorCode
  if (command.generationId !== group.generation) return ErrorCode.ILLEGAL_GENERATION
  const { protocolType, protocolName } = command
  const differs =
    (protocolType !== null && protocolType !== group.protocolType) ||
    (protocolName !== null && protocolName !== group.protocol)
  return differs ? ErrorCode.INCONSISTENT_GROUP_PROTOCOL : ErrorCode.NONE
}

function noteSync(group: ClassicGroup, member: ClassicMember, turn: GroupTurn): void {
  group.pendingSync.delete(member.memberId)
  if (group.pendingSync.size === 0) stopSync(turn, group)
}

/** Writes the generation with its assignment. Applying the record makes the group stable; the answers wait for its commit. */
function assign(group: ClassicGroup, command: SyncCommand, turn: GroupTurn): void {
  const given = new Map(command.assignments.map(({ memberId, assignment }) => [memberId, assignment]))
  const stored = group.toStored(({ memberId }) => given.get(memberId) ?? noBytes)
  turn.append(groupRecord(group.groupId, stored))
  for (const member of group.members.values()) {
    if (member.syncToken === undefined) continue
    answer(group, turn, member.syncToken, given.get(member.memberId) ?? noBytes)
    member.syncToken = undefined
    startSession(turn, group, member)
  }
}

function answer(group: ClassicGroup, turn: GroupTurn, token: number, assignment: Buffer): void {
  const { protocolType = null, protocol } = group
  turn.reply(token, { kind: 'sync', errorCode: ErrorCode.NONE, protocolType, protocolName: protocol, assignment })
}
