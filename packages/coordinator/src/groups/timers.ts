/** The timers of a classic group, by name. Ids may hold any character, so that lengths keep the names apart. */
import type { ClassicGroup } from './classic-group.ts'
import type { ClassicMember } from './classic-member.ts'
import type { GroupTurn } from './commands.ts'

function sessionKey(groupId: string, memberId: string): string {
  return `session:${groupId.length}:${groupId}${memberId}`
}

function joinKey(groupId: string): string {
  return `join:${groupId}`
}

function syncKey(groupId: string): string {
  return `sync:${groupId}`
}

/** (Re)starts the time after which a silent member is removed. */
export function startSession(turn: GroupTurn, group: ClassicGroup, member: ClassicMember): void {
  startTimeout(turn, group, member.memberId, member.sessionTimeoutMs)
}

/** The same with a time of its own: for new and pending members. */
export function startTimeout(turn: GroupTurn, group: ClassicGroup, memberId: string, timeoutMs: number): void {
  const { groupId } = group
  turn.schedule(sessionKey(groupId, memberId), timeoutMs, { kind: 'sessionExpired', groupId, memberId })
}

export function stopSession(turn: GroupTurn, group: ClassicGroup, memberId: string): void {
  turn.cancel(sessionKey(group.groupId, memberId))
}

/** The first rebalance: wait `delayMs`, and if someone new came, again, up to `remainingMs` in all. */
export function startInitialJoin(turn: GroupTurn, group: ClassicGroup, delayMs: number, remainingMs: number): void {
  const { groupId } = group
  turn.schedule(joinKey(groupId), delayMs, { kind: 'initialJoinDue', groupId, delayMs, remainingMs })
}

/** Later rebalances: those who have not joined by then are out. */
export function startJoin(turn: GroupTurn, group: ClassicGroup): void {
  const { groupId } = group
  turn.schedule(joinKey(groupId), group.rebalanceTimeoutMs, { kind: 'joinDue', groupId })
}

export function stopJoin(turn: GroupTurn, group: ClassicGroup): void {
  turn.cancel(joinKey(group.groupId))
}

/** Those who have not asked for their assignment by then are out. */
export function startSync(turn: GroupTurn, group: ClassicGroup): void {
  const { groupId, generation } = group
  turn.schedule(syncKey(groupId), group.rebalanceTimeoutMs, { kind: 'syncDue', groupId, generation })
}

export function stopSync(turn: GroupTurn, group: ClassicGroup): void {
  turn.cancel(syncKey(group.groupId))
}

/** For a group that is dropped or made anew. */
export function stopAll(turn: GroupTurn, group: ClassicGroup): void {
  stopJoin(turn, group)
  stopSync(turn, group)
  for (const memberId of group.members.keys()) stopSession(turn, group, memberId)
  for (const memberId of group.pendingMembers) stopSession(turn, group, memberId)
}
