/** Makes live groups of what their records say: after a load, after a revert, and when the log refused a record. */
import { ErrorCode } from '@millrace/protocol'
import { ClassicGroup } from './classic-group.ts'
import type { GroupTurn } from './commands.ts'
import type { GroupState } from './group-state.ts'
import { prepareRebalance } from './rebalance.ts'
import { startSession, stopAll } from './timers.ts'

/**
 * Drops the live group and makes it anew from its record, if it has one. Requests that waited fail: their senders come back, and
 * find what the record says. Every member gets a full session.
 */
export function restoreGroup(state: GroupState, groupId: string, turn: GroupTurn): void {
  const old = state.live.get(groupId)
  if (old !== undefined) {
    stopAll(turn, old)
    for (const { joinToken, syncToken } of old.members.values()) {
      if (joinToken !== undefined) turn.fail(joinToken, ErrorCode.COORDINATOR_NOT_AVAILABLE)
      if (syncToken !== undefined) turn.fail(syncToken, ErrorCode.COORDINATOR_NOT_AVAILABLE)
    }
    state.live.delete(groupId)
  }
  const stored = state.stored.get(groupId)
  if (stored === undefined) return
  const group = ClassicGroup.fromStored(groupId, stored)
  // Members may have been told of a generation whose record is lost; nobody else may get its number.
  group.highestGeneration = Math.max(group.generation, old?.highestGeneration ?? 0)
  state.live.set(groupId, group)
  for (const member of group.members.values()) startSession(turn, group, member)
  if (group.members.size > state.config.groupSizeMax) prepareRebalance(state, group, turn)
}

export function restoreAll(state: GroupState, turn: GroupTurn): void {
  for (const groupId of state.stored.keys()) restoreGroup(state, groupId, turn)
}

/** After a revert: the groups whose record is no longer the one they are in accord with. */
export function restoreChanged(state: GroupState, turn: GroupTurn): void {
  const changed = new Set<string>()
  for (const [groupId, group] of state.live) if (group.stored !== state.stored.get(groupId)) changed.add(groupId)
  for (const groupId of state.stored.keys()) if (!state.live.has(groupId)) changed.add(groupId)
  for (const groupId of changed) restoreGroup(state, groupId, turn)
}
