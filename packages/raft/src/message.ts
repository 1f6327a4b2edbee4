/**
 * What nodes of a quorum say to each other, one partition, without the nesting of the wire. `wire/` translates from and to
 * Kafka's messages. Names and meanings are Kafka's; -1 stands for "none" where Kafka's messages say so.
 */
import type { LocatedControlRecord } from './control-record.ts'
import type { OffsetAndEpoch } from './epochs.ts'
import type { SnapshotId } from './log-state.ts'
import type { Endpoint, ReplicaKey, Voter } from './voter-set.ts'

/** An error code of the protocol. */
export type ErrorCodeValue = number

export interface VoteRequest {
  readonly kind: 'Vote'
  readonly clusterId: string | null
  /** For whom it is; -1 in version 0. */
  readonly voter: ReplicaKey
  readonly candidate: ReplicaKey
  /** The candidate's epoch. In a pre-vote its present one. */
  readonly epoch: number
  readonly end: OffsetAndEpoch
  readonly preVote: boolean
}

export interface BeginQuorumEpochRequest {
  readonly kind: 'BeginQuorumEpoch'
  readonly clusterId: string | null
  readonly voter: ReplicaKey
  readonly leaderId: number
  readonly epoch: number
  readonly leaderEndpoints: readonly Endpoint[]
}

export interface EndQuorumEpochRequest {
  readonly kind: 'EndQuorumEpoch'
  readonly clusterId: string | null
  readonly leaderId: number
  readonly epoch: number
  /** Best first. */
  readonly preferredCandidates: readonly ReplicaKey[]
  readonly leaderEndpoints: readonly Endpoint[]
}

export interface FetchRequest {
  readonly kind: 'Fetch'
  readonly clusterId: string | null
  /** `id` -1: a reader that is no replica. */
  readonly replica: ReplicaKey
  readonly epoch: number
  /** Where the replica's log ends, and the epoch of its last record. */
  readonly position: OffsetAndEpoch
  /** What the replica knows to be committed; -1 not known. */
  readonly highWatermark: number
  readonly waitMs: number
  readonly sizeMax: number
}

export interface FetchSnapshotRequest {
  readonly kind: 'FetchSnapshot'
  readonly clusterId: string | null
  readonly replica: ReplicaKey
  readonly epoch: number
  readonly snapshotId: SnapshotId
  readonly position: number
  readonly sizeMax: number
}

export interface AddRaftVoterRequest {
  readonly kind: 'AddRaftVoter'
  readonly clusterId: string | null
  readonly timeoutMs: number
  readonly voter: ReplicaKey
  readonly endpoints: readonly Endpoint[]
  readonly ackWhenCommitted: boolean
}

export interface RemoveRaftVoterRequest {
  readonly kind: 'RemoveRaftVoter'
  readonly clusterId: string | null
  readonly voter: ReplicaKey
}

export interface UpdateRaftVoterRequest {
  readonly kind: 'UpdateRaftVoter'
  readonly clusterId: string | null
  readonly epoch: number
  readonly voter: Voter
}

export interface DescribeQuorumRequest {
  readonly kind: 'DescribeQuorum'
}

/** Asks a node that wants to vote which versions of kraft.version it supports. */
export interface ApiVersionsRequest {
  readonly kind: 'ApiVersions'
}

/** What this machine answers. */
export type RaftRequest =
  | VoteRequest
  | BeginQuorumEpochRequest
  | EndQuorumEpochRequest
  | FetchRequest
  | FetchSnapshotRequest
  | AddRaftVoterRequest
  | RemoveRaftVoterRequest
  | UpdateRaftVoterRequest
  | DescribeQuorumRequest

/** What this machine asks others. */
export type OutgoingRequest = Exclude<RaftRequest, DescribeQuorumRequest> | ApiVersionsRequest

/** Which leader the answering node knows, and where that is; -1 and undefined when it knows none. */
export interface LeaderInfo {
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly leaderEndpoint: Endpoint | undefined
}

interface Answer extends LeaderInfo {
  readonly errorCode: ErrorCodeValue
}

export interface VoteReply extends Answer {
  readonly kind: 'Vote'
  readonly voteGranted: boolean
}

export interface QuorumEpochReply extends Answer {
  readonly kind: 'BeginQuorumEpoch' | 'EndQuorumEpoch'
}

interface FetchAnswer extends Answer {
  readonly kind: 'Fetch'
  /** -1 while the leader does not know it. */
  readonly highWatermark: number
  readonly logStartOffset: number
  /** Cut to what both logs have up to here, and fetch again. */
  readonly diverging: OffsetAndEpoch | undefined
  /** Fetch this snapshot: the log no longer holds the position. */
  readonly snapshotId: SnapshotId | undefined
}

/** `read`: whole batches that the driver takes from the log, at least one, up to `sizeMax` bytes if more than one. */
export interface FetchReply extends FetchAnswer {
  readonly read: { readonly offset: number; readonly endOffset: number; readonly sizeMax: number } | undefined
}

/** A batch that came with a fetch. `bytes` is what the log stores, unchanged. */
export interface FetchedBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly epoch: number
  /** Undefined for batches of metadata records. Offsets are those of the records. */
  readonly control: readonly LocatedControlRecord[] | undefined
  readonly bytes: Uint8Array
}

/** `batches`: whole batches only, checked (size, CRC) by the driver. */
export interface FetchResponse extends FetchAnswer {
  readonly batches: readonly FetchedBatch[]
}

interface FetchSnapshotAnswer extends Answer {
  readonly kind: 'FetchSnapshot'
  readonly snapshotId: SnapshotId
  /** Of the whole snapshot. */
  readonly size: number
  readonly position: number
}

/** `read`: the part of the snapshot that the driver puts into the answer. */
export interface FetchSnapshotReply extends FetchSnapshotAnswer {
  readonly read: { readonly position: number; readonly sizeMax: number } | undefined
}

export interface FetchSnapshotResponse extends FetchSnapshotAnswer {
  readonly bytes: Uint8Array
}

/** The answer to AddRaftVoter and RemoveRaftVoter. */
export interface VoterChangeReply {
  readonly kind: 'AddRaftVoter' | 'RemoveRaftVoter'
  readonly errorCode: ErrorCodeValue
  readonly errorMessage: string | null
}

export interface UpdateRaftVoterReply extends Answer {
  readonly kind: 'UpdateRaftVoter'
}

/** How far a replica is. Times are on the machine's clock; -1 never. */
export interface ReplicaReport {
  readonly key: ReplicaKey
  readonly endOffset: number
  readonly lastFetchAt: number
  readonly lastCaughtUpAt: number
}

export interface DescribeQuorumReply extends Answer {
  readonly kind: 'DescribeQuorum'
  readonly highWatermark: number
  readonly voters: readonly ReplicaReport[]
  readonly observers: readonly ReplicaReport[]
  readonly nodes: readonly Voter[]
}

export interface ApiVersionsResponse {
  readonly kind: 'ApiVersions'
  readonly errorCode: ErrorCodeValue
  /** -1 when the node does not name the feature. */
  readonly kraftVersionMin: number
  readonly kraftVersionMax: number
}

/** What this machine answers with. */
export type RaftReply =
  | VoteReply
  | QuorumEpochReply
  | FetchReply
  | FetchSnapshotReply
  | VoterChangeReply
  | UpdateRaftVoterReply
  | DescribeQuorumReply

/** What this machine is answered with. */
export type RaftResponse =
  | VoteReply
  | QuorumEpochReply
  | FetchResponse
  | FetchSnapshotResponse
  | VoterChangeReply
  | UpdateRaftVoterReply
  | ApiVersionsResponse
