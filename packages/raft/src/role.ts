/** The six roles and what each remembers. Epoch, leader and vote are not here: they outlive roles. */
import type { Token } from './event.ts'
import type { SnapshotId } from './log-state.ts'
import type { FetchRequest } from './message.ts'
import type { Replicas } from './replicas.ts'
import type { Tally } from './tally.ts'
import type { Endpoint, ReplicaKey, VoterSet } from './voter-set.ts'

/** Looks for a leader; a voter waits for its election timeout. */
export interface Unattached {
  readonly kind: 'unattached'
  electionAt: number
  searchAt: number
}

/** Asks whether an election would be won, without disturbing anybody (pre-vote, KIP-996). */
export interface Prospective {
  readonly kind: 'prospective'
  readonly tally: Tally
  readonly electionAt: number
}

/** Asks for votes in an epoch of its own. */
export interface Candidate {
  readonly kind: 'candidate'
  readonly tally: Tally
  readonly electionAt: number
  /** Set when the election is lost: until then it waits, so that not all try again together. */
  retryAt: number | undefined
}

/** A snapshot on its way from the leader. */
export interface SnapshotDownload {
  readonly id: SnapshotId
  position: number
}

export interface Follower {
  readonly kind: 'follower'
  readonly leaderEndpoint: Endpoint
  fetchTimeoutAt: number
  /** Whether the leader answered in this role. Then pre-votes of others are refused: there is a leader. */
  hasFetched: boolean
  /** When to tell the leader about changed endpoints, or to ask to become a voter. */
  announceAt: number
  announced: boolean
  snapshot: SnapshotDownload | undefined
}

export interface ParkedFetch {
  readonly token: Token
  readonly request: FetchRequest
  readonly expiresAt: number
}

/** A change of the voters on its way. One at a time. */
export interface VoterChange {
  readonly kind: 'AddRaftVoter' | 'RemoveRaftVoter' | 'UpdateRaftVoter'
  readonly next: VoterSet
  /** Undefined: answered already. */
  token: Token | undefined
  readonly ackWhenCommitted: boolean
  readonly added: ReplicaKey | undefined
  readonly expiresAt: number
  /** `versions`: the new voter is asked what it supports. `catchUp`: it is not up to date yet. `commit`: in the log. */
  stage: 'versions' | 'catchUp' | 'commit'
  /** Of the record, once it is in the log. */
  offset: number
}

export interface Leader {
  readonly kind: 'leader'
  readonly epochStartOffset: number
  readonly electedAt: number
  readonly replicas: Replicas
  /** By replica: a new fetch of the same replica ends the older one. */
  readonly parked: Map<string, ParkedFetch>
  /** When the next BeginQuorumEpoch to a silent voter is due. */
  readonly beginAt: Map<number, number>
  /** The record that starts the epoch is committed: the high watermark is known. */
  isReady: boolean
  change: VoterChange | undefined
}

/** A leader that gave up its epoch: tells the voters, helps to elect another, and does not lead in this epoch again. */
export interface Resigned {
  readonly kind: 'resigned'
  readonly electionAt: number
  readonly unacknowledged: Set<number>
  readonly preferredCandidates: readonly ReplicaKey[]
}

export type Role = Unattached | Prospective | Candidate | Follower | Leader | Resigned
