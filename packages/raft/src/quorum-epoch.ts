/** Begin and end of a leader's epoch: what voters are told, what they make of it, and what a leader does that gave up. */
import { ErrorCode } from '@millrace/protocol'
import { isForeign } from './answer.ts'
import type { Core } from './core.ts'
import { isMeant } from './election.ts'
import type { PendingRequest } from './in-flight.ts'
import type { BeginQuorumEpochRequest, EndQuorumEpochRequest, QuorumEpochReply } from './message.ts'
import type { Resigned } from './role.ts'
import { becomeFollower, becomeUnattached, learnLeader } from './transition.ts'
import { type Endpoint, endpointOf } from './voter-set.ts'

function reply<P>(core: Core<P>, kind: QuorumEpochReply['kind'], errorCode: number): QuorumEpochReply {
  return { kind, errorCode, ...core.leaderInfo() }
}

export function handleBeginQuorumEpoch<P>(core: Core<P>, request: BeginQuorumEpochRequest): QuorumEpochReply {
  const { kind, leaderId, epoch } = request
  const errorCode = claimError(core, request.clusterId, leaderId, epoch)
  if (errorCode !== ErrorCode.NONE) return reply(core, kind, errorCode)
  if (!isMeant(core, request.voter)) return reply(core, kind, ErrorCode.INVALID_VOTER_KEY)
  const endpoint = leaderEndpointOf(core, leaderId, request.leaderEndpoints)
  if (endpoint === undefined) return reply(core, kind, ErrorCode.INVALID_REQUEST)
  if (epoch > core.epoch || core.role.kind !== 'follower') becomeFollower(core, epoch, leaderId, endpoint)
  return reply(core, kind, ErrorCode.NONE)
}

/** Why the claim "`leaderId` leads `epoch`" is refused. */
function claimError<P>(core: Core<P>, clusterId: string | null, leaderId: number, epoch: number): number {
  if (isForeign(core, clusterId)) return ErrorCode.INCONSISTENT_CLUSTER_ID
  if (epoch < core.epoch) return ErrorCode.FENCED_LEADER_EPOCH
  if (leaderId < 0 || leaderId === core.self.id) return ErrorCode.INVALID_REQUEST
  // Two leaders in one epoch cannot be: this node led it itself, or follows the other one.
  const isOtherLeader = epoch === core.epoch && core.leaderId >= 0 && core.leaderId !== leaderId
  return isOtherLeader ? ErrorCode.INVALID_REQUEST : ErrorCode.NONE
}

function leaderEndpointOf<P>(core: Core<P>, leaderId: number, endpoints: readonly Endpoint[]): Endpoint | undefined {
  const { listenerName } = core.self
  const voter = core.voters.byId(leaderId)
  const named = endpoints.find((endpoint) => endpoint.name === listenerName) ?? endpoints[0]
  return named ?? (voter === undefined ? undefined : endpointOf(voter, listenerName))
}

/** The leader gives up: the best of its candidates tries at once, the others a little later if that fails. */
export function handleEndQuorumEpoch<P>(core: Core<P>, request: EndQuorumEpochRequest): QuorumEpochReply {
  const { kind, leaderId, epoch } = request
  const errorCode = claimError(core, request.clusterId, leaderId, epoch)
  if (errorCode !== ErrorCode.NONE) return reply(core, kind, errorCode)
  const endpoint = leaderEndpointOf(core, leaderId, request.leaderEndpoints)
  const isNews = epoch > core.epoch || core.leaderId < 0
  if (isNews && endpoint !== undefined) becomeFollower(core, epoch, leaderId, endpoint)
  else if (epoch > core.epoch) becomeUnattached(core, epoch)
  if (core.role.kind === 'follower') {
    core.role.fetchTimeoutAt = electionTurn(core, request)
    core.role.hasFetched = false
  }
  return reply(core, kind, ErrorCode.NONE)
}

/** When this node's turn is. */
function electionTurn<P>(core: Core<P>, { preferredCandidates }: EndQuorumEpochRequest): number {
  const turn = preferredCandidates.findIndex((candidate) => candidate.id === core.self.id)
  if (turn < 0) return core.electionDeadline()
  const stepMs = core.config.electionBackoffMaxMs / 2 ** Math.max(0, preferredCandidates.length - 1)
  return turn === 0 ? core.now : core.now + Math.min(core.config.electionBackoffMaxMs, stepMs * 2 ** turn)
}

export function pollResigned<P>(core: Core<P>, role: Resigned): void {
  // Not again in this epoch: its vote was this node's own.
  if (core.now >= role.electionAt) {
    becomeUnattached(core, core.epoch + 1)
    return
  }
  core.wakeAt(role.electionAt)
  for (const { voter, target } of core.otherVoters()) {
    if (!role.unacknowledged.has(voter.id)) continue
    core.trySend(target, {
      kind: 'EndQuorumEpoch',
      clusterId: core.self.clusterId,
      leaderId: core.self.id,
      epoch: core.epoch,
      preferredCandidates: role.preferredCandidates,
      leaderEndpoints: core.self.endpoints,
    })
  }
}

export function handleQuorumEpochResponse<P>(core: Core<P>, pending: PendingRequest, response: QuorumEpochReply): void {
  learnLeader(core, response)
  const { role } = core
  if (role.kind !== 'resigned' || pending.epoch !== core.epoch) return
  if (response.errorCode === ErrorCode.NONE) role.unacknowledged.delete(pending.target)
  else core.inFlight.pause(pending.target, pending.request.kind, core.now)
}
