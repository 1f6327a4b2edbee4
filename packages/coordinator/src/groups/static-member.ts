/** Static members (KIP-345): an instance that comes back takes its place again, and whoever held it is fenced. */
import { ErrorCode } from '@millrace/protocol'
import type { ClassicGroup } from './classic-group.ts'
import type { GroupTurn, JoinCommand } from './commands.ts'
import type { GroupState } from './group-state.ts'
import { completeIfAllJoined, prepareRebalance, rebalanceOrComplete, refuseMember } from './rebalance.ts'
import { groupRecord } from './records.ts'
import { startSession, stopSession } from './timers.ts'

/**
 * An instance id that is known joins without a member id. In a stable group whose protocol stays the same it gets generation and
 * assignment of before, and the group's record is written with its new id; otherwise there is a rebalance.
 */
export function rejoinStatic(
  state: GroupState,
  group: ClassicGroup,
  command: JoinCommand,
  instanceId: string,
  turn: GroupTurn,
) {
  const leaderBefore = group.leaderId ?? ''
  const { old, member } = group.replaceStatic(instanceId, command.newMemberId)
  stopSession(turn, group, old.memberId)
  refuseMember(turn, old, ErrorCode.FENCED_INSTANCE_ID, old.memberId)
  group.update(member, command)
  group.awaitJoin(member, turn.token)
  startSession(turn, group, member)
  switch (group.state) {
    case 'Stable':
      if (group.selectProtocol() !== group.protocol) return rebalanceOrComplete(state, group, turn)
      group.takeJoin(member)
      turn.append(groupRecord(group.groupId, group.toStored()))
      return turn.reply(turn.token, keptPlace(group, command, leaderBefore))
    case 'CompletingRebalance':
      // The leader may be assigning to the old id right now: the new one would end up with nothing.
      return prepareRebalance(state, group, turn)
    default:
      return completeIfAllJoined(group, turn)
  }
}

/**
 * A leader that came back must not assign again, for nobody else rejoins. From version 9 it is told so; before, it is named a
 * leader that it is not, and takes itself for a follower.
 */
function keptPlace(group: ClassicGroup, { newMemberId, canSkipAssignment }: JoinCommand, leaderBefore: string) {
  if (!canSkipAssignment) return group.joinReply(newMemberId, { leader: leaderBefore, withMembers: false })
  return group.joinReply(newMemberId, { skipAssignment: group.leaderId === newMemberId })
}
