/** What a follower tells the leader about itself: changed endpoints or versions, or that it wants to vote. */
import { zeroUuid } from '@millrace/base'
import { ErrorCode } from '@millrace/protocol'
import type { Core } from './core.ts'
import type { PendingRequest } from './in-flight.ts'
import type {
  AddRaftVoterRequest,
  OutgoingRequest,
  RemoveRaftVoterRequest,
  UpdateRaftVoterReply,
  VoterChangeReply,
} from './message.ts'
import type { Follower } from './role.ts'
import { learnLeader } from './transition.ts'
import { sameVoter, type Voter } from './voter-set.ts'

/** Once a fetch timeout, as long as there is something to announce. */
export function pollAnnouncement<P>(core: Core<P>, role: Follower): void {
  if (core.now < role.announceAt) {
    core.wakeAt(role.announceAt)
    return
  }
  role.announceAt = core.now + core.config.fetchTimeoutMs
  const request = announcement(core, role)
  if (request === undefined) return
  core.wakeAt(role.announceAt)
  core.trySend({ id: core.leaderId, endpoint: role.leaderEndpoint }, request)
}

function announcement<P>(core: Core<P>, role: Follower): OutgoingRequest | undefined {
  if (core.isVoter) return isKnownAsIs(core, role) ? undefined : update(core)
  const canJoin = core.config.autoJoin && core.log.kraftVersion > 0 && core.self.directoryId !== zeroUuid
  return canJoin ? join(core) : undefined
}

/** Static voters are not in the log, so the leader is told once. */
function isKnownAsIs<P>(core: Core<P>, role: Follower): boolean {
  if (core.log.kraftVersion === 0) return role.announced
  const known = core.voters.byId(core.self.id)
  return known !== undefined && sameVoter(known, asVoter(core))
}

function asVoter<P>(core: Core<P>): Voter {
  const { id, directoryId, endpoints, kraftVersionMin, kraftVersionMax } = core.self
  return { id, directoryId, endpoints, kraftVersionMin, kraftVersionMax }
}

function update<P>(core: Core<P>): OutgoingRequest {
  return { kind: 'UpdateRaftVoter', clusterId: core.self.clusterId, epoch: core.epoch, voter: asVoter(core) }
}

/** Under this id an earlier disk may still vote: that one goes first. */
function join<P>(core: Core<P>): AddRaftVoterRequest | RemoveRaftVoterRequest {
  const { clusterId, id, directoryId, endpoints } = core.self
  const earlier = core.voters.byId(id)
  if (earlier !== undefined) {
    return { kind: 'RemoveRaftVoter', clusterId, voter: { id, directoryId: earlier.directoryId } }
  }
  const timeoutMs = core.config.requestTimeoutMs
  return { kind: 'AddRaftVoter', clusterId, timeoutMs, voter: { id, directoryId }, endpoints, ackWhenCommitted: false }
}

export function handleAnnounced<P>(
  core: Core<P>,
  pending: PendingRequest,
  response: UpdateRaftVoterReply | VoterChangeReply,
): void {
  if (response.kind === 'UpdateRaftVoter') learnLeader(core, response)
  const isAccepted = response.errorCode === ErrorCode.NONE && pending.epoch === core.epoch
  if (isAccepted && core.role.kind === 'follower') core.role.announced = true
}
