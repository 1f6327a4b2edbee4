/** Changing the voters, one at a time (KIP-853): adding, removing, updating, as leader. */
import { zeroUuid } from '@millrace/base'
import { ErrorCode } from '@millrace/protocol'
import { isForeign } from './answer.ts'
import type { Core } from './core.ts'
import type { PendingRequest } from './in-flight.ts'
import { preferredCandidates } from './leading.ts'
import type {
  AddRaftVoterRequest,
  ApiVersionsResponse,
  RemoveRaftVoterRequest,
  UpdateRaftVoterReply,
  UpdateRaftVoterRequest,
  VoterChangeReply,
} from './message.ts'
import type { Leader, VoterChange } from './role.ts'
import { answerChange, appendControl, becomeResigned } from './transition.ts'
import { type Endpoint, keyText, sameVoter, type Voter } from './voter-set.ts'

/** However long the one who asks wants to wait. */
const changeTimeoutMsMax = 600_000

/** An outcome that needs no record. */
interface Outcome {
  readonly errorCode: number
  readonly errorMessage: string | null
}

const refuse = (errorCode: number, errorMessage: string): Outcome => ({ errorCode, errorMessage })
const done: Outcome = { errorCode: ErrorCode.NONE, errorMessage: null }

/** Why no change can start now. */
function notNow<P>(core: Core<P>, clusterId: string | null): Outcome | undefined {
  if (isForeign(core, clusterId))
    return refuse(ErrorCode.INCONSISTENT_CLUSTER_ID, `this is cluster ${core.self.clusterId}`)
  const { role } = core
  if (role.kind !== 'leader') return refuse(ErrorCode.NOT_LEADER_OR_FOLLOWER, `the leader is ${core.leaderId}`)
  // A record of this epoch must be committed first, and the change before too: else two majorities could have no voter in common.
  if (!role.isReady)
    return refuse(ErrorCode.REQUEST_TIMED_OUT, 'the leader has not committed a record of its epoch yet')
  const isPending = role.change !== undefined || (core.log.voterHistory.latestOffset ?? -1) >= core.log.highWatermark
  if (isPending) return refuse(ErrorCode.REQUEST_TIMED_OUT, 'another change of the voters is not committed yet')
  return undefined
}

function staticVoters<P>(core: Core<P>): Outcome | undefined {
  if (core.log.kraftVersion > 0) return undefined
  return refuse(ErrorCode.UNSUPPORTED_VERSION, 'the voters are static: kraft.version 0 does not support changing them')
}

const hasListener = (endpoints: readonly Endpoint[], name: string): boolean =>
  endpoints.some((endpoint) => endpoint.name === name)

export function handleAddVoter<P>(core: Core<P>, token: number, request: AddRaftVoterRequest): void {
  const outcome = addError(core, request)
  const { role } = core
  if (outcome !== undefined || role.kind !== 'leader') {
    replyOutcome(core, token, 'AddRaftVoter', outcome ?? done)
    return
  }
  const { voter, endpoints } = request
  // The range is filled in when the node has answered.
  const added: Voter = { ...voter, endpoints, kraftVersionMin: 0, kraftVersionMax: 0 }
  role.change = {
    kind: 'AddRaftVoter',
    next: core.voters.with(added),
    token,
    ackWhenCommitted: request.ackWhenCommitted,
    added: voter,
    expiresAt: core.now + Math.min(Math.max(0, request.timeoutMs), changeTimeoutMsMax),
    stage: 'versions',
    offset: -1,
  }
}

function addError<P>(core: Core<P>, { clusterId, voter, endpoints }: AddRaftVoterRequest): Outcome | undefined {
  const busy = notNow(core, clusterId) ?? staticVoters(core)
  if (busy !== undefined) return busy
  if (voter.id < 0 || voter.directoryId === zeroUuid) {
    return refuse(ErrorCode.INVALID_REQUEST, 'a voter needs an id and a directory id')
  }
  if (!hasListener(endpoints, core.self.listenerName)) {
    return refuse(ErrorCode.INVALID_REQUEST, `no endpoint for the controller listener ${core.self.listenerName}`)
  }
  if (core.voters.byId(voter.id) !== undefined) {
    return refuse(ErrorCode.DUPLICATE_VOTER, `${voter.id} is a voter already; remove it first if its directory is new`)
  }
  return undefined
}

export function handleRemoveVoter<P>(core: Core<P>, token: number, request: RemoveRaftVoterRequest): void {
  const outcome = removeError(core, request)
  const { role } = core
  if (outcome !== undefined || role.kind !== 'leader') {
    replyOutcome(core, token, 'RemoveRaftVoter', outcome ?? done)
    return
  }
  const change: VoterChange = {
    kind: 'RemoveRaftVoter',
    next: core.voters.without(request.voter.id),
    token,
    ackWhenCommitted: true,
    added: undefined,
    expiresAt: Number.POSITIVE_INFINITY,
    stage: 'commit',
    offset: -1,
  }
  appendChange(core, role, change)
}

function removeError<P>(core: Core<P>, { clusterId, voter }: RemoveRaftVoterRequest): Outcome | undefined {
  const busy = notNow(core, clusterId) ?? staticVoters(core)
  if (busy !== undefined) return busy
  const known = core.voters.byId(voter.id)
  if (known === undefined || known.directoryId !== voter.directoryId) {
    return refuse(ErrorCode.VOTER_NOT_FOUND, `${keyText(voter)} is not a voter`)
  }
  if (core.voters.size === 1) return refuse(ErrorCode.VOTER_NOT_FOUND, `${voter.id} is the last voter`)
  return undefined
}

export function handleUpdateVoter<P>(core: Core<P>, token: number, request: UpdateRaftVoterRequest): void {
  const errorCode = updateError(core, request)
  const { role } = core
  const answer = (code: number): UpdateRaftVoterReply => ({
    kind: 'UpdateRaftVoter',
    errorCode: code,
    ...core.leaderInfo(),
  })
  if (errorCode !== ErrorCode.NONE || role.kind !== 'leader') {
    core.reply(token, answer(errorCode))
    return
  }
  const known = core.voters.byId(request.voter.id)
  // Static voters are what the configuration says; there is no record to write.
  const isUnchanged = core.log.kraftVersion === 0 || (known !== undefined && sameVoter(known, request.voter))
  if (isUnchanged) {
    core.reply(token, answer(ErrorCode.NONE))
    return
  }
  appendChange(core, role, {
    kind: 'UpdateRaftVoter',
    next: core.voters.with(request.voter),
    token,
    ackWhenCommitted: true,
    added: undefined,
    expiresAt: Number.POSITIVE_INFINITY,
    stage: 'commit',
    offset: -1,
  })
}

function updateError<P>(core: Core<P>, { clusterId, epoch, voter }: UpdateRaftVoterRequest): number {
  if (isForeign(core, clusterId)) return ErrorCode.INCONSISTENT_CLUSTER_ID
  if (epoch < core.epoch) return ErrorCode.FENCED_LEADER_EPOCH
  if (epoch > core.epoch) return ErrorCode.UNKNOWN_LEADER_EPOCH
  const busy = notNow(core, clusterId)
  if (busy !== undefined) return busy.errorCode
  if (!core.voters.has(voter)) return ErrorCode.VOTER_NOT_FOUND
  const { kraftVersion } = core.log
  const isSupported = voter.kraftVersionMin <= kraftVersion && kraftVersion <= voter.kraftVersionMax
  return isSupported && hasListener(voter.endpoints, core.self.listenerName)
    ? ErrorCode.NONE
    : ErrorCode.INVALID_REQUEST
}

function replyOutcome<P>(core: Core<P>, token: number, kind: VoterChangeReply['kind'], outcome: Outcome): void {
  core.reply(token, { kind, ...outcome })
}

/** Takes the next step of a change that has not reached the log. */
export function pollVoterChange<P>(core: Core<P>, leader: Leader): void {
  const { change } = leader
  if (change === undefined || change.stage === 'commit') return
  if (core.now >= change.expiresAt) {
    const what = change.stage === 'versions' ? 'could not be reached' : 'did not catch up with the log'
    endChange(core, leader, ErrorCode.REQUEST_TIMED_OUT, `the new voter ${what} in time`)
    return
  }
  core.wakeAt(change.expiresAt)
  if (change.stage === 'versions') askVersions(core, change)
  else if (isCaughtUp(core, leader, change)) appendChange(core, leader, change)
}

function askVersions<P>(core: Core<P>, change: VoterChange): void {
  const voter = change.added === undefined ? undefined : change.next.byId(change.added.id)
  const endpoint = voter?.endpoints.find((each) => each.name === core.self.listenerName)
  if (voter !== undefined && endpoint !== undefined) core.trySend({ id: voter.id, endpoint }, { kind: 'ApiVersions' })
}

/** A voter that lags would only make majorities harder to reach. */
function isCaughtUp<P>(core: Core<P>, leader: Leader, { added }: VoterChange): boolean {
  const progress = added === undefined ? undefined : leader.replicas.get(added)
  if (progress === undefined || progress.lastCaughtUpAt < 0) return false
  return core.now - progress.lastCaughtUpAt <= core.config.fetchTimeoutMs
}

export function handleApiVersions<P>(core: Core<P>, pending: PendingRequest, response: ApiVersionsResponse): void {
  const leader = core.role
  if (leader.kind !== 'leader' || pending.epoch !== core.epoch) return
  const { change } = leader
  if (change?.added === undefined || change.stage !== 'versions' || change.added.id !== pending.target) return
  const { errorCode, kraftVersionMin, kraftVersionMax } = response
  if (errorCode !== ErrorCode.NONE) {
    core.inFlight.pause(pending.target, 'ApiVersions', core.now)
    return
  }
  const { kraftVersion } = core.log
  const voter = change.next.byId(change.added.id)
  if (voter === undefined || kraftVersion < kraftVersionMin || kraftVersion > kraftVersionMax) {
    const range = `${kraftVersionMin}-${kraftVersionMax}`
    endChange(
      core,
      leader,
      ErrorCode.INVALID_REQUEST,
      `the new voter supports kraft.version ${range}, not ${kraftVersion}`,
    )
    return
  }
  leader.change = {
    ...change,
    stage: 'catchUp',
    next: change.next.with({ ...voter, kraftVersionMin, kraftVersionMax }),
  }
}

function appendChange<P>(core: Core<P>, leader: Leader, change: VoterChange): void {
  const offset = appendControl(core, [{ type: 'voters', voters: change.next.voters }])
  const appended: VoterChange = { ...change, stage: 'commit', offset }
  leader.change = appended
  if (!change.ackWhenCommitted) answerChange(core, appended, ErrorCode.NONE, null)
}

function endChange<P>(core: Core<P>, leader: Leader, errorCode: number, errorMessage: string | null): void {
  const { change } = leader
  leader.change = undefined
  if (change !== undefined) answerChange(core, change, errorCode, errorMessage)
}

/** Answers a change whose record is committed; a leader that was removed by it leaves. */
export function changeCommitted<P>(core: Core<P>, leader: Leader): void {
  const { change } = leader
  if (change?.stage === 'commit' && change.offset < core.log.highWatermark)
    endChange(core, leader, ErrorCode.NONE, null)
  const isVotersCommitted = (core.log.voterHistory.latestOffset ?? -1) < core.log.highWatermark
  if (leader.isReady && isVotersCommitted && !core.isVoter) becomeResigned(core, preferredCandidates(core, leader))
}
