/** DeleteGroups: a group that nobody uses, with its offsets. */
import { ErrorCode } from '@millrace/protocol'
import type { DeleteGroupCommand, GroupTurn } from './commands.ts'
import type { GroupState } from './group-state.ts'
import { consumerGroupTombstones, groupTombstone, offsetTombstone } from './records.ts'
import { stopAll } from './timers.ts'

export function deleteGroup(state: GroupState, { groupId }: DeleteGroupCommand, turn: GroupTurn): void {
  turn.reply(turn.token, { kind: 'error', errorCode: decideDelete(state, groupId, turn) })
}

function decideDelete(state: GroupState, groupId: string, turn: GroupTurn): number {
  const other = state.others.get(groupId)
  if (other !== undefined) {
    if (other.memberCount > 0) return ErrorCode.NON_EMPTY_GROUP
    // Share and streams groups own more than these records.
    if (other.type !== 'consumer') return ErrorCode.UNSUPPORTED_VERSION
    appendOffsetTombstones(state, groupId, turn)
    for (const tombstone of consumerGroupTombstones(groupId)) turn.append(tombstone)
    return ErrorCode.NONE
  }
  const group = state.live.get(groupId)
  if (!state.hasClassic(groupId)) return ErrorCode.GROUP_ID_NOT_FOUND
  if (group !== undefined && group.state !== 'Empty') return ErrorCode.NON_EMPTY_GROUP
  appendOffsetTombstones(state, groupId, turn)
  appendGroupTombstone(state, groupId, turn)
  return ErrorCode.NONE
}

function appendOffsetTombstones(state: GroupState, groupId: string, turn: GroupTurn): void {
  for (const { topic, partition } of state.offsets.ofGroup(groupId)) {
    turn.append(offsetTombstone(groupId, topic, partition))
  }
  for (const { topic, partition } of state.pending.ofGroup(groupId)) {
    if (state.offsets.get(groupId, topic, partition) === undefined)
      turn.append(offsetTombstone(groupId, topic, partition))
  }
}

/** Ends an empty group: also the ids it has handed out are void. */
export function appendGroupTombstone(state: GroupState, groupId: string, turn: GroupTurn): void {
  const group = state.live.get(groupId)
  if (group !== undefined) stopAll(turn, group)
  turn.append(groupTombstone(groupId))
}
