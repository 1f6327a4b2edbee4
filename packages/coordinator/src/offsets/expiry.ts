/** Offsets nobody has renewed for the retention time, and empty groups that have none left. */
import type { ClassicGroup } from '../groups/classic-group.ts'
import type { GroupTurn } from '../groups/commands.ts'
import { appendGroupTombstone } from '../groups/delete.ts'
import type { GroupState } from '../groups/group-state.ts'
import { offsetTombstone } from '../groups/records.ts'
import type { TableOffset } from './offset-table.ts'

const timerKey = 'expire-offsets'

/** One batch must stay far below what the log accepts: what is left is done by the next one, at once. */
const tombstonesPerTurn = 1000

export function startExpiry(state: GroupState, turn: GroupTurn): void {
  turn.schedule(timerKey, state.config.offsetsRetentionCheckMs, { kind: 'expireOffsets' })
}

export function onExpireOffsets(state: GroupState, turn: GroupTurn): void {
  const groupIds = new Set([...state.live.keys(), ...state.offsets.groupIds()])
  for (const groupId of groupIds) {
    if (turn.entries.length < tombstonesPerTurn) expireGroup(state, groupId, turn)
  }
  if (turn.entries.length < tombstonesPerTurn) startExpiry(state, turn)
  else turn.schedule(timerKey, 0, { kind: 'expireOffsets' })
}

function expireGroup(state: GroupState, groupId: string, turn: GroupTurn): void {
  // Groups that are not run here keep what they have.
  if (state.others.get(groupId) !== undefined) return
  const group = state.live.get(groupId)
  let keptCount = 0
  for (const stored of state.offsets.ofGroup(groupId)) {
    const { topic, partition } = stored
    const isKept = state.pending.has(groupId, topic, partition) || !isExpired(state, group, stored, turn.now)
    if (isKept) keptCount++
    else if (turn.entries.length < tombstonesPerTurn) turn.append(offsetTombstone(groupId, topic, partition))
    else return
  }
  const isInUse = group !== undefined && (group.state !== 'Empty' || group.pendingMembers.size > 0)
  if (keptCount > 0 || isInUse || state.pending.hasGroup(groupId)) return
  appendGroupTombstone(state, groupId, turn)
}

/** kafka-reference, "Offsets", the rule on expiry. */
function isExpired(state: GroupState, group: ClassicGroup | undefined, stored: TableOffset, now: number): boolean {
  const since = retentionStart(group, stored)
  if (since === undefined) return false
  if (stored.expireTimestamp !== -1) return now >= stored.expireTimestamp
  return now - since >= state.config.offsetsRetentionMs
}

/** From when on the retention time counts; undefined while it does not. */
function retentionStart(group: ClassicGroup | undefined, stored: TableOffset): number | undefined {
  if (group?.protocolType === undefined) return stored.commitTimestamp
  if (group.state === 'Empty') return group.stateTimestamp === -1 ? stored.commitTimestamp : group.stateTimestamp
  const isUnused = group.state === 'Stable' && group.topics !== undefined && !group.topics.has(stored.topic)
  return isUnused ? stored.commitTimestamp : undefined
}
