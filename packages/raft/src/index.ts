export { defaultRaftConfig, type RaftConfig } from './config.ts'
export type { ControlRecord, LocatedControlRecord } from './control-record.ts'
export type { RaftIdentity } from './core.ts'
export type { Destination, RaftEffect, RoleName } from './effect.ts'
export type { EpochStart, OffsetAndEpoch } from './epochs.ts'
export type { RaftEvent, Token } from './event.ts'
export { emptyLog, type LogContents, type SnapshotControl, type SnapshotId, type SnapshotInfo } from './log-state.ts'
export type {
  AddRaftVoterRequest,
  ApiVersionsRequest,
  ApiVersionsResponse,
  BeginQuorumEpochRequest,
  DescribeQuorumReply,
  DescribeQuorumRequest,
  EndQuorumEpochRequest,
  FetchedBatch,
  FetchReply,
  FetchRequest,
  FetchResponse,
  FetchSnapshotReply,
  FetchSnapshotRequest,
  FetchSnapshotResponse,
  LeaderInfo,
  OutgoingRequest,
  QuorumEpochReply,
  RaftReply,
  RaftRequest,
  RaftResponse,
  RemoveRaftVoterRequest,
  ReplicaReport,
  UpdateRaftVoterReply,
  UpdateRaftVoterRequest,
  VoteReply,
  VoteRequest,
  VoterChangeReply,
} from './message.ts'
export {
  decodeQuorumState,
  encodeQuorumState,
  initialQuorumState,
  type QuorumState,
  QuorumStateError,
} from './quorum-state.ts'
export { Raft, type RaftOptions, type RaftStatus } from './raft.ts'
export { type Endpoint, type ReplicaKey, type Voter, VoterSet } from './voter-set.ts'
export {
  type BatchPlace,
  encodeControlRecords,
  encodeSnapshotFooter,
  encodeSnapshotHeader,
  readBatches,
  readSnapshotControl,
} from './wire/batches.ts'
export { fromWireRequest, type RaftRequestBodies } from './wire/incoming-request.ts'
export { type BatchReader, fromWireResponse, type RaftResponseBodies } from './wire/incoming-response.ts'
export { type FoundSnapshots, LogScan } from './wire/log-contents.ts'
export { metadataPartition, metadataTopicId, metadataTopicName } from './wire/metadata-topic.ts'
export {
  describeQuorumResponse,
  fetchResponse,
  fetchSnapshotResponse,
  quorumEpochResponse,
  updateVoterResponse,
  voteResponse,
  voterChangeResponse,
} from './wire/outgoing-reply.ts'
export { toWireRequest, type WireRequest } from './wire/outgoing-request.ts'
