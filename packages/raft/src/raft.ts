/** The machine: takes one event at a time, gives back what is to be done. */
import { assert, type Random, unreachable } from '@millrace/base'
import { ErrorCode } from '@millrace/protocol'
import { handleAnnounced, pollAnnouncement } from './announcing.ts'
import { defaultRaftConfig, type RaftConfig } from './config.ts'
import { Core, type RaftIdentity } from './core.ts'
import type { RaftEffect, RoleName } from './effect.ts'
import { handleVote, handleVoteResponse, pollCandidate, pollProspective, startElection } from './election.ts'
import type { RaftEvent } from './event.ts'
import { handleFetchResponse, handleSnapshotResponse, pollFollower, snapshotInstalled } from './fetching.ts'
import type { PendingRequest } from './in-flight.ts'
import { pollLeader, preferredCandidates } from './leading.ts'
import { emptyLog, type LogContents, LogState, type SnapshotId } from './log-state.ts'
import type { DescribeQuorumReply, RaftRequest, RaftResponse, ReplicaReport } from './message.ts'
import {
  handleBeginQuorumEpoch,
  handleEndQuorumEpoch,
  handleQuorumEpochResponse,
  pollResigned,
} from './quorum-epoch.ts'
import { initialQuorumState, type QuorumState } from './quorum-state.ts'
import type { ReplicaProgress } from './replicas.ts'
import { cancelFetch, handleFetch, handleFetchSnapshot } from './serving.ts'
import { becomeFollower, becomeResigned } from './transition.ts'
import { pollUnattached } from './unattached.ts'
import { handleAddVoter, handleApiVersions, handleRemoveVoter, handleUpdateVoter } from './voter-change.ts'
import { VoterSet } from './voter-set.ts'

export interface RaftOptions {
  readonly identity: RaftIdentity
  readonly config?: RaftConfig
  readonly random: Random
  /** What the `quorum-state` file says; left out when there is none. */
  readonly quorumState?: QuorumState
  /** The log as found on disk; left out when it is empty. */
  readonly log?: LogContents
  /** `controller.quorum.voters`. They hold as long as neither log nor snapshot name voters. */
  readonly staticVoters?: VoterSet
}

/** Where the machine stands, for those who decide what to propose and what to show. */
export interface RaftStatus {
  readonly role: RoleName
  readonly epoch: number
  /** -1 for none. */
  readonly leaderId: number
  readonly startOffset: number
  readonly endOffset: number
  readonly durableOffset: number
  readonly highWatermark: number
  readonly latestSnapshotId: SnapshotId | undefined
  readonly kraftVersion: number
  readonly voters: VoterSet
  readonly isVoter: boolean
  /** As leader: the first record of the epoch is committed. */
  readonly isReady: boolean
}

/** A role that a step enters may have something to do at once; a chain of them is short. */
const roundsMax = 16

/**
 * KRaft as a deterministic machine: no clock, no disk, no network. `Proposal` is whatever the driver wants back in an `append`
 * effect. How to carry effects out is said in `effect.ts`; an event may be given at any time, also while effects wait.
 */
export class Raft<Proposal = unknown> {
  readonly #core: Core<Proposal>

  constructor(options: RaftOptions) {
    const log = new LogState(options.log ?? emptyLog, options.staticVoters ?? VoterSet.empty)
    const config = options.config ?? defaultRaftConfig
    const state = startState(options.quorumState ?? initialQuorumState, log)
    this.#core = new Core<Proposal>(options.identity, config, log, options.random, state, 0)
  }

  /** The first step. A lone voter leads when it returns; others look for a leader. */
  start(now: number): RaftEffect<Proposal>[] {
    const core = this.#core
    core.now = now
    core.role = { kind: 'unattached', electionAt: core.electionDeadline(), searchAt: now }
    const endpoint = core.leaderEndpoint()
    if (core.voters.isOnly(core.self)) startElection(core)
    // It led this epoch before it stopped: the others should not wait for it.
    else if (core.leaderId === core.self.id) becomeResigned(core, [])
    else if (core.leaderId >= 0 && endpoint !== undefined) becomeFollower(core, core.epoch, core.leaderId, endpoint)
    return this.#finish()
  }

  step(event: RaftEvent<Proposal>): RaftEffect<Proposal>[] {
    const core = this.#core
    if (core.isStopped) return []
    core.now = Math.max(core.now, event.now)
    this.#handle(event)
    return this.#finish()
  }

  /** When to give a `tick`, if nothing happens before. Infinity: never. */
  nextDeadline(): number {
    return this.#core.wakeTime
  }

  status(): RaftStatus {
    const { role, epoch, leaderId, log, voters, isVoter } = this.#core
    return {
      role: role.kind,
      epoch,
      leaderId,
      startOffset: log.startOffset,
      endOffset: log.endOffset,
      durableOffset: log.durableOffset,
      highWatermark: log.highWatermark,
      latestSnapshotId: log.latestSnapshot?.id,
      kraftVersion: log.kraftVersion,
      voters,
      isVoter,
      isReady: role.kind === 'leader' && role.isReady,
    }
  }

  /** What a snapshot that ends at `endOffset` must say about the quorum; undefined under kraft.version 0. */
  snapshotControl(endOffset: number): { readonly kraftVersion: number; readonly voters: VoterSet } | undefined {
    const { log } = this.#core
    const kraftVersion = log.kraftVersionHistory.before(endOffset) ?? 0
    const voters = log.voterHistory.before(endOffset)
    return kraftVersion === 0 || voters === undefined ? undefined : { kraftVersion, voters }
  }

  /** The epoch of the last record below `endOffset`: the second half of a snapshot's name. */
  epochBefore(endOffset: number): number {
    return this.#core.log.epochs.epochBefore(endOffset)
  }

  #finish(): RaftEffect<Proposal>[] {
    const core = this.#core
    core.inFlight.expire(core.now)
    for (let round = 0; ; round++) {
      assert(round < roundsMax, `the roles of epoch ${core.epoch} do not settle`)
      core.clearWakeTime()
      const before = core.role
      if (!this.#checkStop()) this.#poll()
      if (core.role === before) return core.takeEffects()
    }
  }

  #poll(): void {
    const core = this.#core
    const { role } = core
    switch (role.kind) {
      case 'unattached':
        pollUnattached(core, role)
        return
      case 'prospective':
        pollProspective(core, role)
        return
      case 'candidate':
        pollCandidate(core, role)
        return
      case 'leader':
        pollLeader(core, role)
        return
      case 'follower':
        pollFollower(core, role)
        if (core.role === role) pollAnnouncement(core, role)
        return
      case 'resigned':
        pollResigned(core, role)
        return
      default:
        unreachable(role, 'role')
    }
  }

  #handle(event: RaftEvent<Proposal>): void {
    const core = this.#core
    switch (event.type) {
      case 'tick':
        return
      case 'request':
        this.#request(event.token, event.request)
        return
      case 'requestCancelled':
        if (core.role.kind === 'leader') cancelFetch(core.role, event.token)
        return
      case 'response': {
        const pending = core.inFlight.answered(event.requestId)
        if (pending !== undefined && pending.request.kind === event.response.kind) {
          this.#response(pending, event.response)
        }
        return
      }
      case 'requestFailed':
        core.inFlight.failed(event.requestId, core.now)
        return
      case 'propose':
        this.#propose(event.proposal, event.recordCount)
        return
      case 'logPersisted':
        this.#logPersisted(event.generation, event.writtenOffset, event.durableOffset)
        return
      case 'snapshotCreated':
        core.log.addSnapshot(event.snapshot)
        return
      case 'logStartAdvanced':
        core.log.startAt(event.startOffset)
        return
      case 'snapshotInstalled':
        snapshotInstalled(core, event.snapshot, event.control)
        return
      case 'resign':
        this.#resign(event.epoch)
        return
      case 'shutdown':
        this.#shutdown(event.timeoutMs)
        return
      default:
        unreachable(event, 'event')
    }
  }

  #request(token: number, request: RaftRequest): void {
    const core = this.#core
    switch (request.kind) {
      case 'Vote':
        core.reply(token, handleVote(core, request))
        return
      case 'BeginQuorumEpoch':
        core.reply(token, handleBeginQuorumEpoch(core, request))
        return
      case 'EndQuorumEpoch':
        core.reply(token, handleEndQuorumEpoch(core, request))
        return
      case 'Fetch':
        handleFetch(core, token, request)
        return
      case 'FetchSnapshot':
        core.reply(token, handleFetchSnapshot(core, request))
        return
      case 'AddRaftVoter':
        handleAddVoter(core, token, request)
        return
      case 'RemoveRaftVoter':
        handleRemoveVoter(core, token, request)
        return
      case 'UpdateRaftVoter':
        handleUpdateVoter(core, token, request)
        return
      case 'DescribeQuorum':
        core.reply(token, this.#describe())
        return
      default:
        unreachable(request, 'request')
    }
  }

  #response(pending: PendingRequest, response: RaftResponse): void {
    const core = this.#core
    switch (response.kind) {
      case 'Vote':
        handleVoteResponse(core, pending, response)
        return
      case 'BeginQuorumEpoch':
      case 'EndQuorumEpoch':
        handleQuorumEpochResponse(core, pending, response)
        return
      case 'Fetch':
        handleFetchResponse(core, pending, response)
        return
      case 'FetchSnapshot':
        handleSnapshotResponse(core, pending, response)
        return
      case 'ApiVersions':
        handleApiVersions(core, pending, response)
        return
      case 'AddRaftVoter':
      case 'RemoveRaftVoter':
      case 'UpdateRaftVoter':
        handleAnnounced(core, pending, response)
        return
      default:
        unreachable(response, 'response')
    }
  }

  #propose(proposal: Proposal, recordCount: number): void {
    const core = this.#core
    assert(Number.isSafeInteger(recordCount) && recordCount > 0, `a proposal of ${recordCount} records`)
    if (core.role.kind !== 'leader') {
      core.emit({ type: 'refuseProposal', proposal, leaderId: core.leaderId, epoch: core.epoch })
      return
    }
    const baseOffset = core.log.endOffset
    core.log.append(core.epoch, recordCount)
    const batch = { kind: 'proposal', proposal, recordCount } as const
    core.emit({ type: 'append', generation: core.generation, baseOffset, epoch: core.epoch, batch })
  }

  #logPersisted(generation: number, writtenOffset: number, durableOffset: number): void {
    const core = this.#core
    // The log was cut since: another report follows, of what is there now.
    if (generation !== core.generation) return
    const { log } = core
    const isSane = durableOffset <= writtenOffset && writtenOffset <= log.endOffset
    assert(isSane, `log persisted to ${writtenOffset} (durable ${durableOffset}) but it ends at ${log.endOffset}`)
    log.writtenOffset = Math.max(log.writtenOffset, writtenOffset)
    log.durableOffset = Math.max(log.durableOffset, durableOffset)
    core.advanceHighWatermark(core.commitTarget)
  }

  #resign(epoch: number): void {
    const core = this.#core
    if (core.role.kind !== 'leader' || core.epoch !== epoch) return
    const candidates = preferredCandidates(core, core.role)
    becomeResigned(core, candidates)
  }

  #shutdown(timeoutMs: number): void {
    const core = this.#core
    if (core.stopAt !== undefined) return
    const canHandOver = core.role.kind === 'leader' && core.otherVoters().length > 0
    core.stopAt = canHandOver ? core.now + timeoutMs : core.now
    if (canHandOver && core.role.kind === 'leader') becomeResigned(core, preferredCandidates(core, core.role))
  }

  /** A leader that stops stays to vote until there is another one. */
  #checkStop(): boolean {
    const core = this.#core
    if (core.stopAt === undefined) return false
    const hasSuccessor = core.leaderId >= 0 && core.leaderId !== core.self.id
    if (hasSuccessor || core.now >= core.stopAt) {
      core.isStopped = true
      core.clearWakeTime()
      core.emit({ type: 'stopped' })
      return true
    }
    core.wakeAt(core.stopAt)
    return false
  }

  #describe(): DescribeQuorumReply {
    const core = this.#core
    const { role, voters, log } = core
    const answer = { kind: 'DescribeQuorum', ...core.leaderInfo() } as const
    if (role.kind !== 'leader') {
      const nothing = { highWatermark: -1, voters: [], observers: [], nodes: [] }
      return { ...answer, errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER, ...nothing }
    }
    const self: ReplicaReport = {
      key: core.self,
      endOffset: log.endOffset,
      lastFetchAt: core.now,
      lastCaughtUpAt: core.now,
    }
    const reports = voters.voters.map((voter): ReplicaReport => {
      if (voter.id === core.self.id) return { ...self, key: { id: voter.id, directoryId: core.self.directoryId } }
      const progress = role.replicas.ofVoter(voters, voter.id)
      return progress === undefined
        ? { key: voter, endOffset: -1, lastFetchAt: -1, lastCaughtUpAt: -1 }
        : report(progress)
    })
    return {
      ...answer,
      errorCode: ErrorCode.NONE,
      highWatermark: role.isReady ? log.highWatermark : -1,
      voters: reports,
      observers: role.replicas.observers(voters, core.now).map(report),
      nodes: voters.voters,
    }
  }
}

const report = ({ key, endOffset, lastFetchAt, lastCaughtUpAt }: ReplicaProgress): ReplicaReport => ({
  key,
  endOffset,
  lastFetchAt,
  lastCaughtUpAt,
})

/** The file may be lost while the log is not: an epoch that is in the log is over for this node. */
function startState(state: QuorumState, log: LogState): QuorumState {
  const { lastEpoch } = log.epochs
  return state.leaderEpoch >= lastEpoch ? state : { ...initialQuorumState, leaderEpoch: lastEpoch }
}
