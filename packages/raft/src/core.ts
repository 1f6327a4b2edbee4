/** What all roles share: identity, epoch and vote, the log's state, the effects of this step, and the next deadline. */
import { assert, type Random, randomBelow, zeroUuid } from '@millrace/base'
import type { RaftConfig } from './config.ts'
import type { RaftEffect } from './effect.ts'
import { InFlight, type PendingRequest } from './in-flight.ts'
import type { LogState } from './log-state.ts'
import type { LeaderInfo, OutgoingRequest, RaftReply } from './message.ts'
import type { QuorumState } from './quorum-state.ts'
import type { Role } from './role.ts'
import { type Endpoint, endpointOf, type ReplicaKey, type Voter, type VoterSet } from './voter-set.ts'

/** This node, as the others are to see it. */
export interface RaftIdentity extends Voter {
  /** Null: requests are not checked. */
  readonly clusterId: string | null
  /** The listener by which controllers talk to each other. */
  readonly listenerName: string
  /** Where to look for a leader besides the voters (`controller.quorum.bootstrap.servers`). */
  readonly bootstrap: readonly Endpoint[]
}

/** A node to ask: its id, or a number below -1 for one of the bootstrap endpoints. */
export interface Target {
  readonly id: number
  readonly endpoint: Endpoint
}

export class Core<Proposal> {
  readonly self: RaftIdentity
  readonly config: RaftConfig
  readonly log: LogState
  readonly random: Random
  readonly inFlight: InFlight
  now: number
  epoch: number
  leaderId: number
  voted: ReplicaKey | undefined
  role: Role
  /** Counts what makes earlier reports about the log void: truncation and replacement. */
  generation = 0
  /** What a leader said is committed; the high watermark follows as far as the log is written. */
  commitTarget = -1
  /** What goes into the next fetch; -1 at the start and after a truncation. */
  reportedHighWatermark = -1
  /** A snapshot is replacing the log: no fetching and no election until it is done. */
  isInstalling = false
  /** When a shutdown that waits for another leader ends anyway. */
  stopAt: number | undefined
  isStopped = false
  #wakeAt = Number.POSITIVE_INFINITY
  #effects: RaftEffect<Proposal>[] = []

  constructor(self: RaftIdentity, config: RaftConfig, log: LogState, random: Random, state: QuorumState, now: number) {
    this.self = self
    this.config = config
    this.log = log
    this.random = random
    this.inFlight = new InFlight(config.retryBackoffMs)
    this.now = now
    this.epoch = state.leaderEpoch
    this.leaderId = state.leaderId
    this.voted = state.votedId < 0 ? undefined : { id: state.votedId, directoryId: state.votedDirectoryId }
    this.role = { kind: 'unattached', electionAt: this.electionDeadline(), searchAt: now }
  }

  get voters(): VoterSet {
    return this.log.voters
  }

  get isVoter(): boolean {
    return this.voters.has(this.self)
  }

  /**
   * Whether this node may ask for votes. Also one that the newest voters leave out, while that is not known to be committed: a
   * leader that removed itself and crashed can be the only one with that record, and then nobody else can win.
   */
  get canStand(): boolean {
    if (this.isVoter) return true
    const { voterHistory, highWatermark } = this.log
    const { latestOffset } = voterHistory
    if (latestOffset === undefined || latestOffset < highWatermark) return false
    return voterHistory.before(latestOffset)?.has(this.self) === true
  }

  emit(effect: RaftEffect<Proposal>): void {
    this.#effects.push(effect)
  }

  takeEffects(): RaftEffect<Proposal>[] {
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  reply(token: number, reply: RaftReply): void {
    this.emit({ type: 'reply', token, reply })
  }

  get wakeTime(): number {
    return this.#wakeAt
  }

  clearWakeTime(): void {
    this.#wakeAt = Number.POSITIVE_INFINITY
  }

  /** Something is due at `time`, if nothing happens before. */
  wakeAt(time: number): void {
    this.#wakeAt = Math.min(this.#wakeAt, time)
  }

  /** A random moment between one and two election timeouts from now. */
  electionDeadline(): number {
    return (
      this.now + this.config.electionTimeoutMs + randomBelow(this.random, Math.max(1, this.config.electionTimeoutMs))
    )
  }

  /** When a silent leader counts as lost. Followers that heard from it at the same moment must not all try to succeed it together. */
  fetchDeadline(): number {
    const jitterMs = Math.floor(this.config.fetchTimeoutMs / 10)
    return this.now + this.config.fetchTimeoutMs + randomBelow(this.random, Math.max(1, jitterMs))
  }

  electionBackoff(): number {
    return this.now + 1 + randomBelow(this.random, Math.max(1, this.config.electionBackoffMaxMs))
  }

  /** Sends when nothing of the kind is under way to the target; else looks again when that ends. */
  trySend(target: Target, request: OutgoingRequest): PendingRequest | undefined {
    const freeAt = this.inFlight.freeAt(target.id, request.kind)
    if (freeAt > this.now) {
      this.wakeAt(freeAt)
      return undefined
    }
    const timeoutMs = this.#timeoutOf(request)
    const pending = this.inFlight.add(target.id, request, this.epoch, this.now + timeoutMs)
    const to = { nodeId: target.id, host: target.endpoint.host, port: target.endpoint.port }
    this.wakeAt(pending.expiresAt)
    this.emit({ type: 'send', requestId: pending.id, to, request, timeoutMs })
    return pending
  }

  /** A lost fetch must be noticed while there is time for another one before the leader counts as lost. */
  #timeoutOf(request: OutgoingRequest): number {
    const { requestTimeoutMs, fetchTimeoutMs, fetchWaitMs } = this.config
    if (request.kind !== 'Fetch') return requestTimeoutMs
    return Math.min(requestTimeoutMs, Math.max(fetchTimeoutMs / 2, 2 * fetchWaitMs))
  }

  /** The other voters whose address is known. */
  otherVoters(): { voter: Voter; target: Target }[] {
    const others: { voter: Voter; target: Target }[] = []
    for (const voter of this.voters.voters) {
      const endpoint = endpointOf(voter, this.self.listenerName)
      if (voter.id === this.self.id || endpoint === undefined) continue
      others.push({ voter, target: { id: voter.id, endpoint } })
    }
    return others
  }

  /** Where the leader of this epoch is, if both are known. */
  leaderEndpoint(): Endpoint | undefined {
    if (this.role.kind === 'follower') return this.role.leaderEndpoint
    if (this.leaderId === this.self.id) return endpointOf(this.self, this.self.listenerName)
    const voter = this.voters.byId(this.leaderId)
    return voter === undefined ? undefined : endpointOf(voter, this.self.listenerName)
  }

  leaderInfo(): LeaderInfo {
    const leaderEndpoint = this.leaderId < 0 ? undefined : this.leaderEndpoint()
    return { leaderId: this.leaderId, leaderEpoch: this.epoch, leaderEndpoint }
  }

  /** Sets epoch, leader and vote, and makes them durable when they changed. */
  setElection(epoch: number, leaderId: number, voted: ReplicaKey | undefined): void {
    assert(epoch >= this.epoch, `epoch ${epoch} after ${this.epoch}`)
    const sameVote = voted?.id === this.voted?.id && voted?.directoryId === this.voted?.directoryId
    if (epoch === this.epoch && leaderId === this.leaderId && sameVote) return
    this.epoch = epoch
    this.leaderId = leaderId
    this.voted = voted
    this.#persist()
  }

  /** One write for all changes that follow each other before anything that others could see. */
  #persist(): void {
    const state = this.quorumState()
    const persist = {
      type: 'persistQuorumState',
      state,
      kraftVersion: this.log.kraftVersion,
      voterIds: this.voters.ids,
    } as const
    const last = this.#effects.findLastIndex((effect) => !isPrivate(effect))
    if (this.#effects[last]?.type === 'persistQuorumState') this.#effects[last] = persist
    else this.emit(persist)
  }

  quorumState(): QuorumState {
    return {
      leaderEpoch: this.epoch,
      leaderId: this.leaderId,
      votedId: this.voted?.id ?? -1,
      votedDirectoryId: this.voted?.directoryId ?? zeroUuid,
    }
  }

  /** Moves the high watermark up to `target`, as far as the log can be read. Whether it moved. */
  advanceHighWatermark(target: number): boolean {
    this.commitTarget = Math.max(this.commitTarget, target)
    const highWatermark = Math.min(this.commitTarget, this.log.writtenOffset)
    if (highWatermark <= this.log.highWatermark) return false
    this.log.highWatermark = highWatermark
    this.reportedHighWatermark = highWatermark
    this.emit({ type: 'commit', highWatermark })
    return true
  }
}

/** Effects that stay in this process and do not depend on what is durable. */
function isPrivate<Proposal>(effect: RaftEffect<Proposal>): boolean {
  return effect.type === 'roleChanged' || effect.type === 'votersChanged' || effect.type === 'warn'
}
