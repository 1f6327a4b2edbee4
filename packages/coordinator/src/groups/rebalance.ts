/** The course of a rebalance: preparing it, waiting for members to join, starting the generation, waiting for them to sync. */
import { ErrorCode } from '@millrace/protocol'
import type { Token } from '../runtime/shard.ts'
import type { ClassicGroup } from './classic-group.ts'
import { type ClassicMember, noBytes } from './classic-member.ts'
import type { GroupTurn } from './commands.ts'
import type { GroupState } from './group-state.ts'
import { groupRecord } from './records.ts'
import { startInitialJoin, startJoin, startSession, startSync, stopJoin, stopSession, stopSync } from './timers.ts'

/** Answers a JoinGroup with an error. */
export function refuseJoin(turn: GroupTurn, token: Token | undefined, errorCode: number, memberId: string): void {
  if (token === undefined) return
  turn.reply(token, {
    kind: 'join',
    errorCode,
    memberId,
    generationId: -1,
    protocolType: null,
    protocolName: null,
    leader: '',
    skipAssignment: false,
    members: [],
  })
}

/** Answers a SyncGroup with an error. */
export function refuseSync(turn: GroupTurn, token: Token | undefined, errorCode: number): void {
  if (token === undefined) return
  turn.reply(token, { kind: 'sync', errorCode, protocolType: null, protocolName: null, assignment: noBytes })
}

/** Answers what a member that is no longer one waits for. */
export function refuseMember(turn: GroupTurn, member: ClassicMember, errorCode: number, joinMemberId: string): void {
  refuseJoin(turn, member.joinToken, errorCode, joinMemberId)
  refuseSync(turn, member.syncToken, errorCode)
  member.joinToken = undefined
  member.syncToken = undefined
}

/** Takes a member out: its session ends, and what it waits for is answered with UNKNOWN_MEMBER_ID. */
export function removeMember(turn: GroupTurn, group: ClassicGroup, memberId: string): void {
  stopSession(turn, group, memberId)
  const member = group.remove(memberId)
  if (member !== undefined) refuseMember(turn, member, ErrorCode.UNKNOWN_MEMBER_ID, '')
}

/** After members came, went or changed: starts a rebalance, or ends the one that waited only for this. */
export function rebalanceOrComplete(state: GroupState, group: ClassicGroup, turn: GroupTurn): void {
  if (group.state === 'PreparingRebalance') completeIfAllJoined(group, turn)
  else prepareRebalance(state, group, turn)
}

/** Calls all members to join again. */
export function prepareRebalance(state: GroupState, group: ClassicGroup, turn: GroupTurn): void {
  if (group.state === 'CompletingRebalance') {
    for (const member of group.members.values()) {
      if (member.syncToken === undefined) continue
      refuseSync(turn, member.syncToken, ErrorCode.REBALANCE_IN_PROGRESS)
      member.syncToken = undefined
      // While it waited, its session timer may have fired without consequence.
      startSession(turn, group, member)
    }
  }
  stopSync(turn, group)
  const isInitial = group.state === 'Empty'
  group.transition('PreparingRebalance', turn.now)
  if (isInitial) {
    const { initialRebalanceDelayMs } = state.config
    const remainingMs = Math.max(group.rebalanceTimeoutMs - initialRebalanceDelayMs, 0)
    startInitialJoin(turn, group, initialRebalanceDelayMs, remainingMs)
  } else if (group.hasAllMembersJoined) {
    completeJoin(group, turn)
  } else {
    startJoin(turn, group)
  }
}

/** Ends the join phase when nobody is missing; the first rebalance of a group takes its full time. */
export function completeIfAllJoined(group: ClassicGroup, turn: GroupTurn): void {
  if (group.state === 'PreparingRebalance' && !group.isInitialRebalance && group.hasAllMembersJoined) {
    completeJoin(group, turn)
  }
}

/** The delay of a first rebalance is over: once more if someone came meanwhile, as long as there is time. */
export function onInitialJoinDue(
  state: GroupState,
  group: ClassicGroup,
  { delayMs, remainingMs }: { readonly delayMs: number; readonly remainingMs: number },
  turn: GroupTurn,
): void {
  if (!group.isInitialRebalance) return
  if (group.newMemberAdded && remainingMs > 0) {
    group.newMemberAdded = false
    const nextDelayMs = Math.min(state.config.initialRebalanceDelayMs, remainingMs)
    startInitialJoin(turn, group, nextDelayMs, Math.max(remainingMs - delayMs, 0))
  } else {
    completeJoin(group, turn)
  }
}

/** Ends the join phase: dynamic members that did not come are out, the others form the next generation. */
export function completeJoin(group: ClassicGroup, turn: GroupTurn): void {
  if (group.state !== 'PreparingRebalance') return
  stopJoin(turn, group)
  group.newMemberAdded = false
  for (const member of [...group.members.values()]) {
    if (member.joinToken === undefined && member.instanceId === null) removeMember(turn, group, member.memberId)
  }
  if (group.members.size > 0 && !group.electJoinedLeader()) {
    // Static members alone, none of them back: wait on, until one comes or their sessions end.
    startJoin(turn, group)
    return
  }
  group.nextGeneration(turn.now)
  if (group.members.size === 0) turn.append(groupRecord(group.groupId, group.toStored()))
  else startGeneration(group, turn)
}

function startGeneration(group: ClassicGroup, turn: GroupTurn): void {
  for (const member of group.members.values()) {
    const token = group.takeJoin(member)
    if (token !== undefined) turn.reply(token, group.joinReply(member.memberId))
    startSession(turn, group, member)
    member.isNew = false
    member.assignment = noBytes
    group.pendingSync.add(member.memberId)
  }
  startSync(turn, group)
}

/** The time to sync is over: who did not is out, and the rest starts again. */
export function onSyncDue(state: GroupState, group: ClassicGroup, generation: number, turn: GroupTurn): void {
  if (group.generation !== generation || group.pendingSync.size === 0) return
  if (group.state !== 'CompletingRebalance' && group.state !== 'Stable') return
  for (const memberId of [...group.pendingSync]) removeMember(turn, group, memberId)
  prepareRebalance(state, group, turn)
}
