/** The machine's requests as Kafka's messages. */
import {
  AddRaftVoter,
  ApiVersions,
  BeginQuorumEpoch,
  EndQuorumEpoch,
  Fetch,
  FetchSnapshot,
  RemoveRaftVoter,
  type RequestInput,
  UpdateRaftVoter,
  Vote,
} from '@millrace/protocol'
import type {
  AddRaftVoterRequest,
  BeginQuorumEpochRequest,
  EndQuorumEpochRequest,
  FetchRequest,
  FetchSnapshotRequest,
  OutgoingRequest,
  RemoveRaftVoterRequest,
  UpdateRaftVoterRequest,
  VoteRequest,
} from '../message.ts'
import { metadataPartition, metadataTopicId, metadataTopicName } from './metadata-topic.ts'

/** A request body with its API, in the newest version. Older versions lack directory ids, endpoints or pre-votes. */
export type WireRequest =
  | { readonly api: typeof Vote; readonly version: 2; readonly body: RequestInput<typeof Vote> }
  | { readonly api: typeof BeginQuorumEpoch; readonly version: 1; readonly body: RequestInput<typeof BeginQuorumEpoch> }
  | { readonly api: typeof EndQuorumEpoch; readonly version: 1; readonly body: RequestInput<typeof EndQuorumEpoch> }
  | { readonly api: typeof Fetch; readonly version: 18; readonly body: RequestInput<typeof Fetch> }
  | { readonly api: typeof FetchSnapshot; readonly version: 1; readonly body: RequestInput<typeof FetchSnapshot> }
  | { readonly api: typeof AddRaftVoter; readonly version: 1; readonly body: RequestInput<typeof AddRaftVoter> }
  | { readonly api: typeof RemoveRaftVoter; readonly version: 0; readonly body: RequestInput<typeof RemoveRaftVoter> }
  | { readonly api: typeof UpdateRaftVoter; readonly version: 0; readonly body: RequestInput<typeof UpdateRaftVoter> }
  | { readonly api: typeof ApiVersions; readonly version: 4; readonly body: RequestInput<typeof ApiVersions> }

export function toWireRequest(request: OutgoingRequest): WireRequest {
  switch (request.kind) {
    case 'Vote':
      return { api: Vote, version: 2, body: voteBody(request) }
    case 'BeginQuorumEpoch':
      return { api: BeginQuorumEpoch, version: 1, body: beginBody(request) }
    case 'EndQuorumEpoch':
      return { api: EndQuorumEpoch, version: 1, body: endBody(request) }
    case 'Fetch':
      return { api: Fetch, version: 18, body: fetchBody(request) }
    case 'FetchSnapshot':
      return { api: FetchSnapshot, version: 1, body: fetchSnapshotBody(request) }
    case 'AddRaftVoter':
      return { api: AddRaftVoter, version: 1, body: addVoterBody(request) }
    case 'RemoveRaftVoter':
      return { api: RemoveRaftVoter, version: 0, body: removeVoterBody(request) }
    case 'UpdateRaftVoter':
      return { api: UpdateRaftVoter, version: 0, body: updateVoterBody(request) }
    case 'ApiVersions':
      return { api: ApiVersions, version: 4, body: { clientSoftwareName: 'millrace', clientSoftwareVersion: '1' } }
  }
}

function voteBody({ clusterId, voter, candidate, epoch, end, preVote }: VoteRequest): RequestInput<typeof Vote> {
  const partition = {
    partitionIndex: metadataPartition,
    replicaEpoch: epoch,
    replicaId: candidate.id,
    replicaDirectoryId: candidate.directoryId,
    voterDirectoryId: voter.directoryId,
    lastOffsetEpoch: end.epoch,
    lastOffset: end.offset,
    preVote,
  }
  return { clusterId, voterId: voter.id, topics: [{ topicName: metadataTopicName, partitions: [partition] }] }
}

function beginBody(request: BeginQuorumEpochRequest): RequestInput<typeof BeginQuorumEpoch> {
  const { clusterId, voter, leaderId, epoch, leaderEndpoints } = request
  const { directoryId: voterDirectoryId } = voter
  const partition = { partitionIndex: metadataPartition, voterDirectoryId, leaderId, leaderEpoch: epoch }
  const topics = [{ topicName: metadataTopicName, partitions: [partition] }]
  return { clusterId, voterId: voter.id, topics, leaderEndpoints }
}

function endBody(request: EndQuorumEpochRequest): RequestInput<typeof EndQuorumEpoch> {
  const { clusterId, leaderId, epoch, leaderEndpoints } = request
  const preferredCandidates = request.preferredCandidates.map(({ id, directoryId }) => ({
    candidateId: id,
    candidateDirectoryId: directoryId,
  }))
  const partition = { partitionIndex: metadataPartition, leaderId, leaderEpoch: epoch, preferredCandidates }
  return { clusterId, topics: [{ topicName: metadataTopicName, partitions: [partition] }], leaderEndpoints }
}

function fetchBody(request: FetchRequest): RequestInput<typeof Fetch> {
  const { clusterId, replica, epoch, position, highWatermark, waitMs, sizeMax } = request
  const partition = {
    partition: metadataPartition,
    currentLeaderEpoch: epoch,
    fetchOffset: position.offset,
    lastFetchedEpoch: position.epoch,
    replicaDirectoryId: replica.directoryId,
    highWatermark,
  }
  return {
    clusterId,
    replicaState: { replicaId: replica.id },
    maxWaitMs: waitMs,
    maxBytes: sizeMax,
    topics: [{ topic: metadataTopicName, topicId: metadataTopicId, partitions: [partition] }],
  }
}

function fetchSnapshotBody(request: FetchSnapshotRequest): RequestInput<typeof FetchSnapshot> {
  const { clusterId, replica, epoch, snapshotId, position, sizeMax } = request
  const partition = {
    partition: metadataPartition,
    currentLeaderEpoch: epoch,
    snapshotId: { endOffset: snapshotId.offset, epoch: snapshotId.epoch },
    position,
    replicaDirectoryId: replica.directoryId,
  }
  const topics = [{ name: metadataTopicName, partitions: [partition] }]
  return { clusterId, replicaId: replica.id, maxBytes: sizeMax, topics }
}

function addVoterBody(request: AddRaftVoterRequest): RequestInput<typeof AddRaftVoter> {
  const { clusterId, timeoutMs, voter, endpoints, ackWhenCommitted } = request
  const { id: voterId, directoryId: voterDirectoryId } = voter
  return { clusterId, timeoutMs, voterId, voterDirectoryId, listeners: endpoints, ackWhenCommitted }
}

function removeVoterBody({ clusterId, voter }: RemoveRaftVoterRequest): RequestInput<typeof RemoveRaftVoter> {
  return { clusterId, voterId: voter.id, voterDirectoryId: voter.directoryId }
}

function updateVoterBody({ clusterId, epoch, voter }: UpdateRaftVoterRequest): RequestInput<typeof UpdateRaftVoter> {
  return {
    clusterId,
    currentLeaderEpoch: epoch,
    voterId: voter.id,
    voterDirectoryId: voter.directoryId,
    listeners: voter.endpoints,
    kRaftVersionFeature: { minSupportedVersion: voter.kraftVersionMin, maxSupportedVersion: voter.kraftVersionMax },
  }
}
