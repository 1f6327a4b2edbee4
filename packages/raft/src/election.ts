/** Winning and losing elections: pre-votes, votes, and how both are answered. */
import { zeroUuid } from '@millrace/base'
import { ErrorCode } from '@millrace/protocol'
import { isForeign } from './answer.ts'
import type { Core } from './core.ts'
import type { PendingRequest } from './in-flight.ts'
import type { VoteReply, VoteRequest } from './message.ts'
import type { Candidate, Prospective } from './role.ts'
import type { Tally } from './tally.ts'
import {
  becomeCandidate,
  becomeFollower,
  becomeLeader,
  becomeProspective,
  becomeUnattached,
  learnLeader,
} from './transition.ts'
import type { ReplicaKey, Voter } from './voter-set.ts'

/** Starts an election. The only voter needs nobody's opinion, but goes through the same epoch, vote and log record. */
export function startElection<P>(core: Core<P>): void {
  if (core.voters.isOnly(core.self)) {
    becomeCandidate(core)
    becomeLeader(core, [core.self.id])
  } else {
    becomeProspective(core)
  }
}

export function pollProspective<P>(core: Core<P>, role: Prospective): void {
  if (!core.canStand) {
    becomeUnattached(core, core.epoch)
    return
  }
  if (role.tally.isWon(core.voters)) {
    becomeCandidate(core)
    return
  }
  if (role.tally.isLost(core.voters) || core.now >= role.electionAt) {
    giveUpPreVote(core)
    return
  }
  core.wakeAt(role.electionAt)
  askForVotes(core, role.tally, true)
}

/** The others see a leader, or too few answer: fetches from the leader again if one is known, else waits a little. */
function giveUpPreVote<P>(core: Core<P>): void {
  const endpoint = core.leaderEndpoint()
  const isFollowable = core.leaderId >= 0 && core.leaderId !== core.self.id && endpoint !== undefined
  if (isFollowable) becomeFollower(core, core.epoch, core.leaderId, endpoint)
  else becomeUnattached(core, core.epoch, core.electionBackoff())
}

export function pollCandidate<P>(core: Core<P>, role: Candidate): void {
  if (!core.canStand) {
    becomeUnattached(core, core.epoch)
    return
  }
  if (role.tally.isWon(core.voters)) {
    becomeLeader(core, role.tally.granting(core.voters))
    return
  }
  if (role.retryAt === undefined && (role.tally.isLost(core.voters) || core.now >= role.electionAt)) {
    role.retryAt = core.electionBackoff()
  }
  if (role.retryAt === undefined) {
    core.wakeAt(role.electionAt)
    askForVotes(core, role.tally, false)
  } else if (core.now >= role.retryAt) becomeProspective(core)
  else core.wakeAt(role.retryAt)
}

function askForVotes<P>(core: Core<P>, tally: Tally, preVote: boolean): void {
  for (const { voter, target } of core.otherVoters()) {
    if (!tally.hasAnswer(voter.id)) core.trySend(target, voteRequest(core, voter, preVote))
  }
}

function voteRequest<P>(core: Core<P>, voter: Voter, preVote: boolean): VoteRequest {
  const { id, directoryId, clusterId } = core.self
  return {
    kind: 'Vote',
    clusterId,
    voter: { id: voter.id, directoryId: voter.directoryId },
    candidate: { id, directoryId },
    epoch: core.epoch,
    end: core.log.end,
    preVote,
  }
}

export function handleVoteResponse<P>(core: Core<P>, pending: PendingRequest, response: VoteReply): void {
  learnLeader(core, response)
  const { role } = core
  const { request } = pending
  if (request.kind !== 'Vote' || pending.epoch !== core.epoch) return
  const isAnswerToRole = request.preVote ? role.kind === 'prospective' : role.kind === 'candidate'
  if (!isAnswerToRole || (role.kind !== 'prospective' && role.kind !== 'candidate')) return
  if (response.errorCode === ErrorCode.NONE) role.tally.record(pending.target, response.voteGranted)
  // Not an opinion: the voter was replaced, or belongs to another cluster. Asked again, but not at once.
  else core.inFlight.pause(pending.target, 'Vote', core.now)
}

export function handleVote<P>(core: Core<P>, request: VoteRequest): VoteReply {
  const answer = (errorCode: number, voteGranted: boolean): VoteReply => ({
    kind: 'Vote',
    errorCode,
    ...core.leaderInfo(),
    voteGranted,
  })
  if (isForeign(core, request.clusterId)) return answer(ErrorCode.INCONSISTENT_CLUSTER_ID, false)
  if (request.candidate.id < 0) return answer(ErrorCode.INVALID_REQUEST, false)
  if (request.epoch < core.epoch) return answer(ErrorCode.FENCED_LEADER_EPOCH, false)
  if (!isMeant(core, request.voter)) return answer(ErrorCode.INVALID_VOTER_KEY, false)
  if (request.epoch > core.epoch) becomeUnattached(core, request.epoch)
  const isGranted = request.preVote ? canGrantPreVote(core, request) : canGrantVote(core, request)
  if (isGranted && !request.preVote) grant(core, request.candidate)
  return answer(ErrorCode.NONE, isGranted)
}

/** Whether a request that names a voter names this one. An id below 0 or a zero directory name nobody in particular. */
export function isMeant<P>(core: Core<P>, key: ReplicaKey): boolean {
  if (key.id < 0) return true
  return key.id === core.self.id && (key.directoryId === zeroUuid || key.directoryId === core.self.directoryId)
}

/** One vote an epoch, for a log that holds everything this one holds; none once the epoch has a leader. */
function canGrantVote<P>(core: Core<P>, request: VoteRequest): boolean {
  const { role, voted } = core
  if (role.kind !== 'unattached' && role.kind !== 'prospective') return false
  if (core.leaderId >= 0 || !core.log.isUpToDate(request.end)) return false
  return voted === undefined || isSame(voted, request.candidate)
}

const isSame = (a: ReplicaKey, b: ReplicaKey): boolean => a.id === b.id && a.directoryId === b.directoryId

/** A pre-vote binds nobody, so it needs only that this node sees no working leader. */
function canGrantPreVote<P>(core: Core<P>, request: VoteRequest): boolean {
  const { role } = core
  if (role.kind === 'leader' || (role.kind === 'follower' && role.hasFetched)) return false
  return core.log.isUpToDate(request.end)
}

function grant<P>(core: Core<P>, candidate: ReplicaKey): void {
  core.setElection(core.epoch, -1, candidate)
  const electionAt = core.electionDeadline()
  if (core.role.kind === 'unattached') core.role.electionAt = electionAt
  else becomeUnattached(core, core.epoch, electionAt)
}
