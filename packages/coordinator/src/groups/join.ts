/** JoinGroup: who may become or stay a member, and whether that starts a rebalance. */
import { assert } from '@millrace/base'
import { ErrorCode } from '@millrace/protocol'
import { ClassicGroup } from './classic-group.ts'
import { ClassicMember } from './classic-member.ts'
import type { GroupTurn, JoinCommand } from './commands.ts'
import type { GroupState } from './group-state.ts'
import { completeIfAllJoined, rebalanceOrComplete, refuseJoin } from './rebalance.ts'
import { consumerGroupTombstones, groupRecord } from './records.ts'
import { rejoinStatic } from './static-member.ts'
import { startTimeout, stopSession } from './timers.ts'

export function join(state: GroupState, command: JoinCommand, turn: GroupTurn) {
  const isNewMember = command.memberId === ''
  const other = state.others.get(command.groupId)
  if (other !== undefined && (other.type !== 'consumer' || other.memberCount > 0)) {
    return refuse(turn, ErrorCode.INCONSISTENT_GROUP_PROTOCOL, isNewMember ? '' : command.memberId)
  }
  const known = state.live.get(command.groupId)
  if (known === undefined && !isNewMember) {
    return refuse(turn, ErrorCode.UNKNOWN_MEMBER_ID, command.memberId)
  }
  const group = known ?? new ClassicGroup(command.groupId, turn.now)
  if (!hasRoom(state, group, command)) {
    stopSession(turn, group, command.memberId)
    group.remove(command.memberId)
    refuse(turn, ErrorCode.GROUP_MAX_SIZE_REACHED, '')
  } else if (!group.supportsProtocols(command.protocolType, command.protocols)) {
    return refuse(turn, ErrorCode.INCONSISTENT_GROUP_PROTOCOL, command.memberId)
  } else if (isNewMember) {
    if (known === undefined) createGroup(state, group, turn)
    joinNew(state, group, command, turn)
  } else {
    joinAgain(state, group, command, turn)
  }
  completeIfAllJoined(group, turn)
}

/** As in Apache Kafka, a group has a record from its first member on, before it has a generation. */
function createGroup(state: GroupState, group: ClassicGroup, turn: GroupTurn): void {
  state.live.set(group.groupId, group)
  if (state.others.get(group.groupId) !== undefined) {
    for (const tombstone of consumerGroupTombstones(group.groupId)) turn.append(tombstone)
  }
  turn.append(groupRecord(group.groupId, group.toStored()))
}

/**
 * While members rejoin, those that wait count, so that a group above its limit loses those that come last; later all members
 * count, for the others are gone.
 */
function hasRoom(state: GroupState, group: ClassicGroup, { memberId }: JoinCommand): boolean {
  const { groupSizeMax, pendingMembersMax } = state.config
  if (memberId === '' && group.pendingMembers.size >= pendingMembersMax) return false
  const member = group.member(memberId)
  switch (group.state) {
    case 'Empty':
      return true
    case 'PreparingRebalance':
      return member?.joinToken !== undefined || group.awaitingJoinCount < groupSizeMax
    default:
      return member !== undefined || group.members.size < groupSizeMax
  }
}

function joinNew(state: GroupState, group: ClassicGroup, command: JoinCommand, turn: GroupTurn): void {
  const { instanceId, newMemberId, sessionTimeoutMs } = command
  if (instanceId !== null) {
    if (group.staticMemberId(instanceId) === undefined) addMember(state, group, command, newMemberId, turn)
    else rejoinStatic(state, group, command, instanceId, turn)
  } else if (command.requireKnownMemberId) {
    group.pendingMembers.add(newMemberId)
    startTimeout(turn, group, newMemberId, sessionTimeoutMs)
    refuse(turn, ErrorCode.MEMBER_ID_REQUIRED, newMemberId)
  } else {
    addMember(state, group, command, newMemberId, turn)
  }
}

function joinAgain(state: GroupState, group: ClassicGroup, command: JoinCommand, turn: GroupTurn) {
  const { memberId, instanceId } = command
  if (group.pendingMembers.has(memberId)) {
    // Ids are handed out to dynamic members only.
    if (instanceId !== null) return refuse(turn, ErrorCode.UNKNOWN_MEMBER_ID, memberId)
    return addMember(state, group, command, memberId, turn)
  }
  const errorCode = group.validateMember(memberId, instanceId)
  if (errorCode !== ErrorCode.NONE) return refuse(turn, errorCode, memberId)
  const member = group.member(memberId)
  assert(member !== undefined, 'a validated member is there')
  switch (group.state) {
    case 'PreparingRebalance':
      return updateMember(state, group, member, command, turn)
    case 'CompletingRebalance':
      // The same metadata: it may not have received the answer. It gets the generation it is in.
      if (member.matches(command.protocols)) return turn.reply(turn.token, group.joinReply(memberId))
      return updateMember(state, group, member, command, turn)
    case 'Stable':
      // A leader joins again when what it assigns has changed, such as the number of partitions.
      if (group.leaderId === memberId || !member.matches(command.protocols)) {
        return updateMember(state, group, member, command, turn)
      }
      return turn.reply(turn.token, group.joinReply(memberId))
    case 'Empty':
      return refuse(turn, ErrorCode.UNKNOWN_MEMBER_ID, memberId)
  }
}

function addMember(
  state: GroupState,
  group: ClassicGroup,
  command: JoinCommand,
  memberId: string,
  turn: GroupTurn,
): void {
  if (group.members.size === 0) group.protocolType = command.protocolType
  if (group.isInitialRebalance) group.newMemberAdded = true
  const member = new ClassicMember({ ...command, memberId })
  member.isNew = true
  group.add(member)
  group.awaitJoin(member, turn.token)
  // It sends no heartbeats while it waits, and its connection is not watched: it gets this time, then has to ask again.
  startTimeout(turn, group, memberId, state.config.newMemberJoinTimeoutMs)
  rebalanceOrComplete(state, group, turn)
}

function updateMember(
  state: GroupState,
  group: ClassicGroup,
  member: ClassicMember,
  command: JoinCommand,
  turn: GroupTurn,
): void {
  group.update(member, command)
  const earlier = group.awaitJoin(member, turn.token)
  refuseJoin(turn, earlier, ErrorCode.REBALANCE_IN_PROGRESS, member.memberId)
  rebalanceOrComplete(state, group, turn)
}

function refuse(turn: GroupTurn, errorCode: number, memberId: string): void {
  refuseJoin(turn, turn.token, errorCode, memberId)
}
