/** Changes of role: the only place that enters one. Which change is right is decided by the roles' own files. */
import { assert } from '@millrace/base'
import { ErrorCode } from '@millrace/protocol'
import { fetchReply } from './answer.ts'
import type { ControlRecord } from './control-record.ts'
import type { Core } from './core.ts'
import type { LeaderInfo } from './message.ts'
import { Replicas } from './replicas.ts'
import type { Leader, Role, VoterChange } from './role.ts'
import { Tally } from './tally.ts'
import type { Endpoint, ReplicaKey } from './voter-set.ts'

function enter<P>(core: Core<P>, role: Role): void {
  const left = core.role
  core.role = role
  core.inFlight.clear()
  if (left.kind === 'leader') failWaiting(core, left)
  core.emit({ type: 'roleChanged', role: role.kind, epoch: core.epoch, leaderId: core.leaderId })
}

/** What waited for this leader is told to look for another one. */
function failWaiting<P>(core: Core<P>, leader: Leader): void {
  for (const fetch of leader.parked.values()) {
    core.reply(fetch.token, fetchReply(core, ErrorCode.NOT_LEADER_OR_FOLLOWER))
  }
  if (leader.change !== undefined) {
    answerChange(
      core,
      leader.change,
      ErrorCode.NOT_LEADER_OR_FOLLOWER,
      'leadership was lost before the change was committed',
    )
  }
}

/** Answers the request behind a voter change, if it still waits. */
export function answerChange<P>(
  core: Core<P>,
  change: VoterChange,
  errorCode: number,
  errorMessage: string | null,
): void {
  if (change.token === undefined) return
  const token = change.token
  change.token = undefined
  if (change.kind === 'UpdateRaftVoter') core.reply(token, { kind: change.kind, errorCode, ...core.leaderInfo() })
  else core.reply(token, { kind: change.kind, errorCode, errorMessage })
}

/** No leader to follow. A voter keeps what is left of its election timeout, so that stale candidates cannot put it off for ever. */
export function becomeUnattached<P>(core: Core<P>, epoch: number, electionAt = remainingElection(core)): void {
  if (epoch > core.epoch) core.setElection(epoch, -1, undefined)
  enter(core, { kind: 'unattached', electionAt, searchAt: core.now })
}

function remainingElection<P>(core: Core<P>): number {
  const { role } = core
  const isWaiting = role.kind === 'unattached' || role.kind === 'prospective' || role.kind === 'candidate'
  return isWaiting && role.electionAt > core.now ? role.electionAt : core.electionDeadline()
}

export function becomeFollower<P>(core: Core<P>, epoch: number, leaderId: number, leaderEndpoint: Endpoint): void {
  assert(leaderId !== core.self.id, `node ${leaderId} cannot follow itself in epoch ${epoch}`)
  const voted = epoch === core.epoch ? core.voted : undefined
  core.setElection(epoch, leaderId, voted)
  enter(core, {
    kind: 'follower',
    leaderEndpoint,
    fetchTimeoutAt: core.fetchDeadline(),
    hasFetched: false,
    announceAt: core.now + core.config.fetchTimeoutMs,
    announced: false,
    snapshot: undefined,
  })
}

export function becomeProspective<P>(core: Core<P>): void {
  const tally = new Tally()
  tally.record(core.self.id, true)
  enter(core, { kind: 'prospective', tally, electionAt: core.electionDeadline() })
}

export function becomeCandidate<P>(core: Core<P>): void {
  const { id, directoryId } = core.self
  core.setElection(core.epoch + 1, -1, { id, directoryId })
  const tally = new Tally()
  tally.record(id, true)
  enter(core, { kind: 'candidate', tally, electionAt: core.electionDeadline(), retryAt: undefined })
}

export function becomeLeader<P>(core: Core<P>, grantingVoterIds: readonly number[]): void {
  assert(core.epoch > core.log.epochs.lastEpoch, `epoch ${core.epoch} is already in the log`)
  core.setElection(core.epoch, core.self.id, undefined)
  enter(core, {
    kind: 'leader',
    epochStartOffset: core.log.endOffset,
    electedAt: core.now,
    replicas: new Replicas(core.config),
    parked: new Map(),
    beginAt: new Map(),
    isReady: false,
    change: undefined,
  })
  core.reportedHighWatermark = -1
  const leaderChange: ControlRecord = {
    type: 'leaderChange',
    leaderId: core.self.id,
    voterIds: core.voters.ids,
    grantingVoterIds,
  }
  appendControl(core, [leaderChange, ...bootstrapVoters(core)])
}

/** Voters that are only in the snapshot of the formatted directory go into the log with the first epoch (reference 4.5). */
function bootstrapVoters<P>(core: Core<P>): ControlRecord[] {
  if (core.log.voterHistory.latestOffset !== -1) return []
  return [
    { type: 'kraftVersion', kraftVersion: core.log.kraftVersion },
    { type: 'voters', voters: core.voters.voters },
  ]
}

/** Appends one control batch in the leader's epoch; returns its base offset. */
export function appendControl<P>(core: Core<P>, records: readonly ControlRecord[]): number {
  const baseOffset = core.log.endOffset
  core.log.append(core.epoch, records.length)
  core.emit({
    type: 'append',
    generation: core.generation,
    baseOffset,
    epoch: core.epoch,
    batch: { kind: 'control', records },
  })
  for (const [index, record] of records.entries()) applyControl(core, baseOffset + index, record)
  return baseOffset
}

export function applyControl<P>(core: Core<P>, offset: number, record: ControlRecord): void {
  core.log.applyControl(offset, record)
  if (record.type === 'voters') core.emit({ type: 'votersChanged', voters: core.voters })
}

export function becomeResigned<P>(core: Core<P>, preferredCandidates: readonly ReplicaKey[]): void {
  const unacknowledged = new Set(core.voters.ids.filter((id) => id !== core.self.id))
  enter(core, { kind: 'resigned', electionAt: core.electionDeadline(), unacknowledged, preferredCandidates })
}

/** Follows what another node says about epoch and leader, if that is news. */
export function learnLeader<P>(core: Core<P>, { leaderId, leaderEpoch, leaderEndpoint }: LeaderInfo): void {
  const isOther = leaderId >= 0 && leaderId !== core.self.id
  const isNewEpoch = leaderEpoch > core.epoch
  if (!isNewEpoch && (leaderEpoch < core.epoch || !isOther || !canAttach(core, leaderId))) return
  if (isOther && leaderEndpoint !== undefined) becomeFollower(core, leaderEpoch, leaderId, leaderEndpoint)
  else if (isNewEpoch) becomeUnattached(core, leaderEpoch)
}

/** Whether hearing of a leader in the present epoch changes anything. */
function canAttach<P>(core: Core<P>, leaderId: number): boolean {
  if (core.leaderId < 0) return core.role.kind !== 'leader'
  return core.leaderId === leaderId && core.role.kind === 'unattached'
}
