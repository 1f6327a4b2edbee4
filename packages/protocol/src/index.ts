// Messages (schemas, APIs, frames, stored records, errors), record batches, compression, hashes.
export {
  type Api,
  type ApiFacts,
  type ApiLiteral,
  type ApiSpec,
  defineApi,
  type ListenerScope,
  type Request,
  type RequestInput,
  type Response,
  type ResponseInput,
  type Route,
} from './api.ts'
export {
  Produce,
  type ProducePartitionData,
  type ProducePartitionResponse,
  type ProduceRequest,
  type ProduceResponse,
  type ProduceTopicData,
  type ProduceTopicResponse,
} from './apis/00-produce.ts'
export {
  Fetch,
  type FetchAbortedTransaction,
  type FetchForgottenTopic,
  type FetchPartition,
  type FetchPartitionData,
  type FetchRequest,
  type FetchResponse,
  type FetchTopic,
  type FetchTopicResponse,
} from './apis/01-fetch.ts'
export {
  ListOffsets,
  type ListOffsetsPartition,
  type ListOffsetsPartitionResponse,
  type ListOffsetsRequest,
  type ListOffsetsResponse,
  type ListOffsetsTopic,
  type ListOffsetsTopicResponse,
} from './apis/02-list-offsets.ts'
export {
  Metadata,
  type MetadataRequest,
  type MetadataRequestTopic,
  type MetadataResponse,
  type MetadataResponseBroker,
  type MetadataResponsePartition,
  type MetadataResponseTopic,
} from './apis/03-metadata.ts'
export {
  OffsetCommit,
  type OffsetCommitRequest,
  type OffsetCommitRequestPartition,
  type OffsetCommitRequestTopic,
  type OffsetCommitResponse,
  type OffsetCommitResponsePartition,
  type OffsetCommitResponseTopic,
} from './apis/08-offset-commit.ts'
export {
  OffsetFetch,
  type OffsetFetchRequest,
  type OffsetFetchRequestGroup,
  type OffsetFetchRequestTopics,
  type OffsetFetchResponse,
  type OffsetFetchResponseGroup,
  type OffsetFetchResponsePartitions,
  type OffsetFetchResponseTopics,
} from './apis/09-offset-fetch.ts'
export {
  FindCoordinator,
  type FindCoordinatorRequest,
  type FindCoordinatorResponse,
  type FindCoordinatorResponseCoordinator,
} from './apis/10-find-coordinator.ts'
export {
  JoinGroup,
  type JoinGroupRequest,
  type JoinGroupRequestProtocol,
  type JoinGroupResponse,
  type JoinGroupResponseMember,
} from './apis/11-join-group.ts'
export { Heartbeat, type HeartbeatRequest, type HeartbeatResponse } from './apis/12-heartbeat.ts'
export {
  LeaveGroup,
  type LeaveGroupMemberIdentity,
  type LeaveGroupMemberResponse,
  type LeaveGroupRequest,
  type LeaveGroupResponse,
} from './apis/13-leave-group.ts'
export {
  SyncGroup,
  type SyncGroupRequest,
  type SyncGroupRequestAssignment,
  type SyncGroupResponse,
} from './apis/14-sync-group.ts'
export {
  type DescribedGroup,
  type DescribedGroupMember,
  DescribeGroups,
  type DescribeGroupsRequest,
  type DescribeGroupsResponse,
} from './apis/15-describe-groups.ts'
export { type ListedGroup, ListGroups, type ListGroupsRequest, type ListGroupsResponse } from './apis/16-list-groups.ts'
export { SaslHandshake, type SaslHandshakeRequest, type SaslHandshakeResponse } from './apis/17-sasl-handshake.ts'
export {
  ApiVersions,
  type ApiVersionsFinalizedFeature,
  type ApiVersionsRequest,
  type ApiVersionsResponse,
  type ApiVersionsResponseKey,
  type ApiVersionsSupportedFeature,
} from './apis/18-api-versions.ts'
export {
  type CreatableTopic,
  type CreatableTopicResult,
  CreateTopics,
  type CreateTopicsRequest,
  type CreateTopicsResponse,
} from './apis/19-create-topics.ts'
export {
  type DeletableTopicResult,
  DeleteTopics,
  type DeleteTopicsRequest,
  type DeleteTopicsResponse,
} from './apis/20-delete-topics.ts'
export {
  DeleteRecords,
  type DeleteRecordsRequest,
  type DeleteRecordsResponse,
  type DeleteRecordsTopic,
  type DeleteRecordsTopicResult,
} from './apis/21-delete-records.ts'
export { InitProducerId, type InitProducerIdRequest, type InitProducerIdResponse } from './apis/22-init-producer-id.ts'
export {
  type EpochEndOffset,
  OffsetForLeaderEpoch,
  type OffsetForLeaderEpochRequest,
  type OffsetForLeaderEpochResponse,
  type OffsetForLeaderTopic,
  type OffsetForLeaderTopicResult,
} from './apis/23-offset-for-leader-epoch.ts'
export {
  AddPartitionsToTxn,
  type AddPartitionsToTxnRequest,
  type AddPartitionsToTxnResponse,
  type AddPartitionsToTxnResult,
  type AddPartitionsToTxnTransaction,
} from './apis/24-add-partitions-to-txn.ts'
export {
  AddOffsetsToTxn,
  type AddOffsetsToTxnRequest,
  type AddOffsetsToTxnResponse,
} from './apis/25-add-offsets-to-txn.ts'
export { EndTxn, type EndTxnRequest, type EndTxnResponse } from './apis/26-end-txn.ts'
export {
  type WritableTxnMarker,
  type WritableTxnMarkerResult,
  WriteTxnMarkers,
  type WriteTxnMarkersRequest,
  type WriteTxnMarkersResponse,
} from './apis/27-write-txn-markers.ts'
export {
  TxnOffsetCommit,
  type TxnOffsetCommitRequest,
  type TxnOffsetCommitRequestTopic,
  type TxnOffsetCommitResponse,
  type TxnOffsetCommitResponseTopic,
} from './apis/28-txn-offset-commit.ts'
export {
  DescribeAcls,
  type DescribeAclsRequest,
  type DescribeAclsResource,
  type DescribeAclsResponse,
} from './apis/29-describe-acls.ts'
export {
  type AclCreation,
  type AclCreationResult,
  CreateAcls,
  type CreateAclsRequest,
  type CreateAclsResponse,
} from './apis/30-create-acls.ts'
export {
  DeleteAcls,
  type DeleteAclsFilter,
  type DeleteAclsFilterResult,
  type DeleteAclsRequest,
  type DeleteAclsResponse,
} from './apis/31-delete-acls.ts'
export {
  DescribeConfigs,
  type DescribeConfigsRequest,
  type DescribeConfigsResource,
  type DescribeConfigsResourceResult,
  type DescribeConfigsResponse,
  type DescribeConfigsResult,
} from './apis/32-describe-configs.ts'
export {
  AlterConfigs,
  type AlterConfigsRequest,
  type AlterConfigsResource,
  type AlterConfigsResponse,
} from './apis/33-alter-configs.ts'
export {
  AlterReplicaLogDirs,
  type AlterReplicaLogDirsRequest,
  type AlterReplicaLogDirsResponse,
} from './apis/34-alter-replica-log-dirs.ts'
export {
  DescribeLogDirs,
  type DescribeLogDirsRequest,
  type DescribeLogDirsResponse,
  type DescribeLogDirsResult,
} from './apis/35-describe-log-dirs.ts'
export {
  SaslAuthenticate,
  type SaslAuthenticateRequest,
  type SaslAuthenticateResponse,
} from './apis/36-sasl-authenticate.ts'
export {
  CreatePartitions,
  type CreatePartitionsRequest,
  type CreatePartitionsResponse,
  type CreatePartitionsTopic,
  type CreatePartitionsTopicResult,
} from './apis/37-create-partitions.ts'
export {
  CreateDelegationToken,
  type CreateDelegationTokenRequest,
  type CreateDelegationTokenResponse,
} from './apis/38-create-delegation-token.ts'
export {
  RenewDelegationToken,
  type RenewDelegationTokenRequest,
  type RenewDelegationTokenResponse,
} from './apis/39-renew-delegation-token.ts'
export {
  ExpireDelegationToken,
  type ExpireDelegationTokenRequest,
  type ExpireDelegationTokenResponse,
} from './apis/40-expire-delegation-token.ts'
export {
  DescribeDelegationToken,
  type DescribeDelegationTokenRequest,
  type DescribeDelegationTokenResponse,
  type DescribedDelegationToken,
} from './apis/41-describe-delegation-token.ts'
export { DeleteGroups, type DeleteGroupsRequest, type DeleteGroupsResponse } from './apis/42-delete-groups.ts'
export { ElectLeaders, type ElectLeadersRequest, type ElectLeadersResponse } from './apis/43-elect-leaders.ts'
export {
  type IncrementalAlterableConfig,
  IncrementalAlterConfigs,
  type IncrementalAlterConfigsRequest,
  type IncrementalAlterConfigsResource,
  type IncrementalAlterConfigsResourceResponse,
  type IncrementalAlterConfigsResponse,
} from './apis/44-incremental-alter-configs.ts'
export {
  AlterPartitionReassignments,
  type AlterPartitionReassignmentsRequest,
  type AlterPartitionReassignmentsResponse,
} from './apis/45-alter-partition-reassignments.ts'
export {
  ListPartitionReassignments,
  type ListPartitionReassignmentsRequest,
  type ListPartitionReassignmentsResponse,
} from './apis/46-list-partition-reassignments.ts'
export { OffsetDelete, type OffsetDeleteRequest, type OffsetDeleteResponse } from './apis/47-offset-delete.ts'
export {
  DescribeClientQuotas,
  type DescribeClientQuotasRequest,
  type DescribeClientQuotasResponse,
} from './apis/48-describe-client-quotas.ts'
export {
  AlterClientQuotas,
  type AlterClientQuotasRequest,
  type AlterClientQuotasResponse,
} from './apis/49-alter-client-quotas.ts'
export {
  DescribeUserScramCredentials,
  type DescribeUserScramCredentialsRequest,
  type DescribeUserScramCredentialsResponse,
} from './apis/50-describe-user-scram-credentials.ts'
export {
  AlterUserScramCredentials,
  type AlterUserScramCredentialsRequest,
  type AlterUserScramCredentialsResponse,
} from './apis/51-alter-user-scram-credentials.ts'
export { Vote, type VoteRequest, type VoteResponse } from './apis/52-vote.ts'
export {
  BeginQuorumEpoch,
  type BeginQuorumEpochRequest,
  type BeginQuorumEpochResponse,
} from './apis/53-begin-quorum-epoch.ts'
export { EndQuorumEpoch, type EndQuorumEpochRequest, type EndQuorumEpochResponse } from './apis/54-end-quorum-epoch.ts'
export {
  DescribeQuorum,
  type DescribeQuorumPartition,
  type DescribeQuorumRequest,
  type DescribeQuorumResponse,
} from './apis/55-describe-quorum.ts'
export {
  AlterPartition,
  type AlterPartitionRequest,
  type AlterPartitionRequestPartition,
  type AlterPartitionResponse,
  type AlterPartitionResponsePartition,
} from './apis/56-alter-partition.ts'
export {
  type FeatureUpdateKey,
  type UpdatableFeatureResult,
  UpdateFeatures,
  type UpdateFeaturesRequest,
  type UpdateFeaturesResponse,
} from './apis/57-update-features.ts'
export { Envelope, type EnvelopeRequest, type EnvelopeResponse } from './apis/58-envelope.ts'
export { FetchSnapshot, type FetchSnapshotRequest, type FetchSnapshotResponse } from './apis/59-fetch-snapshot.ts'
export {
  DescribeCluster,
  type DescribeClusterBroker,
  type DescribeClusterRequest,
  type DescribeClusterResponse,
} from './apis/60-describe-cluster.ts'
export {
  DescribeProducers,
  type DescribeProducersRequest,
  type DescribeProducersResponse,
} from './apis/61-describe-producers.ts'
export {
  BrokerRegistration,
  type BrokerRegistrationFeature,
  type BrokerRegistrationListener,
  type BrokerRegistrationRequest,
  type BrokerRegistrationResponse,
} from './apis/62-broker-registration.ts'
export {
  BrokerHeartbeat,
  type BrokerHeartbeatRequest,
  type BrokerHeartbeatResponse,
} from './apis/63-broker-heartbeat.ts'
export {
  UnregisterBroker,
  type UnregisterBrokerRequest,
  type UnregisterBrokerResponse,
} from './apis/64-unregister-broker.ts'
export {
  DescribeTransactions,
  type DescribeTransactionsRequest,
  type DescribeTransactionsResponse,
} from './apis/65-describe-transactions.ts'
export {
  ListTransactions,
  type ListTransactionsRequest,
  type ListTransactionsResponse,
} from './apis/66-list-transactions.ts'
export {
  AllocateProducerIds,
  type AllocateProducerIdsRequest,
  type AllocateProducerIdsResponse,
} from './apis/67-allocate-producer-ids.ts'
export {
  ConsumerGroupHeartbeat,
  type ConsumerGroupHeartbeatAssignment,
  type ConsumerGroupHeartbeatRequest,
  type ConsumerGroupHeartbeatResponse,
  type ConsumerGroupHeartbeatTopicPartitions,
} from './apis/68-consumer-group-heartbeat.ts'
export {
  ConsumerGroupDescribe,
  type ConsumerGroupDescribedGroup,
  type ConsumerGroupDescribedMember,
  type ConsumerGroupDescribeRequest,
  type ConsumerGroupDescribeResponse,
} from './apis/69-consumer-group-describe.ts'
export {
  ControllerRegistration,
  type ControllerRegistrationRequest,
  type ControllerRegistrationResponse,
} from './apis/70-controller-registration.ts'
export {
  GetTelemetrySubscriptions,
  type GetTelemetrySubscriptionsRequest,
  type GetTelemetrySubscriptionsResponse,
} from './apis/71-get-telemetry-subscriptions.ts'
export { PushTelemetry, type PushTelemetryRequest, type PushTelemetryResponse } from './apis/72-push-telemetry.ts'
export {
  AssignReplicasToDirs,
  type AssignReplicasToDirsRequest,
  type AssignReplicasToDirsResponse,
} from './apis/73-assign-replicas-to-dirs.ts'
export {
  ListConfigResources,
  type ListConfigResourcesRequest,
  type ListConfigResourcesResponse,
} from './apis/74-list-config-resources.ts'
export {
  DescribeTopicPartitions,
  type DescribeTopicPartitionsRequest,
  type DescribeTopicPartitionsResponse,
} from './apis/75-describe-topic-partitions.ts'
export {
  ShareGroupHeartbeat,
  type ShareGroupHeartbeatAssignment,
  type ShareGroupHeartbeatRequest,
  type ShareGroupHeartbeatResponse,
} from './apis/76-share-group-heartbeat.ts'
export {
  ShareGroupDescribe,
  type ShareGroupDescribedGroup,
  type ShareGroupDescribeRequest,
  type ShareGroupDescribeResponse,
} from './apis/77-share-group-describe.ts'
export {
  ShareFetch,
  type ShareFetchPartition,
  type ShareFetchPartitionData,
  type ShareFetchRequest,
  type ShareFetchResponse,
  type ShareFetchTopic,
  type ShareFetchTopicResponse,
} from './apis/78-share-fetch.ts'
export {
  ShareAcknowledge,
  type ShareAcknowledgeRequest,
  type ShareAcknowledgeResponse,
  type ShareAcknowledgeTopic,
  type ShareAcknowledgeTopicResponse,
} from './apis/79-share-acknowledge.ts'
export { AddRaftVoter, type AddRaftVoterRequest, type AddRaftVoterResponse } from './apis/80-add-raft-voter.ts'
export {
  RemoveRaftVoter,
  type RemoveRaftVoterRequest,
  type RemoveRaftVoterResponse,
} from './apis/81-remove-raft-voter.ts'
export {
  UpdateRaftVoter,
  type UpdateRaftVoterRequest,
  type UpdateRaftVoterResponse,
} from './apis/82-update-raft-voter.ts'
export {
  InitializeShareGroupState,
  type InitializeShareGroupStateRequest,
  type InitializeShareGroupStateResponse,
} from './apis/83-initialize-share-group-state.ts'
export {
  ReadShareGroupState,
  type ReadShareGroupStateRequest,
  type ReadShareGroupStateResponse,
} from './apis/84-read-share-group-state.ts'
export {
  WriteShareGroupState,
  type WriteShareGroupStateRequest,
  type WriteShareGroupStateResponse,
} from './apis/85-write-share-group-state.ts'
export {
  DeleteShareGroupState,
  type DeleteShareGroupStateRequest,
  type DeleteShareGroupStateResponse,
} from './apis/86-delete-share-group-state.ts'
export {
  ReadShareGroupStateSummary,
  type ReadShareGroupStateSummaryRequest,
  type ReadShareGroupStateSummaryResponse,
} from './apis/87-read-share-group-state-summary.ts'
export {
  StreamsGroupHeartbeat,
  type StreamsGroupHeartbeatRequest,
  type StreamsGroupHeartbeatResponse,
  type StreamsGroupHeartbeatTopology,
} from './apis/88-streams-group-heartbeat.ts'
export {
  StreamsGroupDescribe,
  type StreamsGroupDescribeRequest,
  type StreamsGroupDescribeResponse,
} from './apis/89-streams-group-describe.ts'
export {
  DescribeShareGroupOffsets,
  type DescribeShareGroupOffsetsRequest,
  type DescribeShareGroupOffsetsResponse,
} from './apis/90-describe-share-group-offsets.ts'
export {
  AlterShareGroupOffsets,
  type AlterShareGroupOffsetsRequest,
  type AlterShareGroupOffsetsResponse,
} from './apis/91-alter-share-group-offsets.ts'
export {
  DeleteShareGroupOffsets,
  type DeleteShareGroupOffsetsRequest,
  type DeleteShareGroupOffsetsResponse,
} from './apis/92-delete-share-group-offsets.ts'
export { apiByKey, apiByName, apis } from './apis.ts'
export { type Chunk, chunksSize, type ExternalBytes, joinChunks, type RecordsValue } from './chunk.ts'
export {
  type Codec,
  CompressionError,
  type CompressionErrorCode,
  type CompressionLevels,
  type CompressionName,
  checkedLevel,
  isCompressionLevel,
} from './compression/codec.ts'
export { codecById, codecByName, codecs } from './compression/index.ts'
export { compressionJobs } from './compression/jobs.ts'
export { ErrorCode, type ErrorFacts, type ErrorName, errorByCode, errorName, errors } from './errors.ts'
export {
  type DecodedRequestHeader,
  decodeRequestBody,
  decodeRequestHeader,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  frameLengthSize,
  type RequestEnvelope,
  readCorrelationId,
} from './frame.ts'
export { crc32 } from './hash/crc32.ts'
export { coordinatorPartition, javaStringHash } from './hash/java-string-hash.ts'
export { murmur2, partitionForKey } from './hash/murmur2.ts'
export { requestHeader, requestHeaderVersion, responseHeader, responseHeaderVersion } from './header.ts'
export { ConsumerProtocolAssignment } from './record-types/consumer-protocol/consumer-protocol-assignment.ts'
export { ConsumerProtocolSubscription } from './record-types/consumer-protocol/consumer-protocol-subscription.ts'
export {
  decodeConsumerAssignment,
  decodeConsumerSubscription,
  encodeConsumerAssignment,
  encodeConsumerSubscription,
} from './record-types/consumer-protocol.ts'
export {
  type ControlRecord,
  type ControlRecordInput,
  type ControlRecordType,
  decodeControlKey,
  decodeControlRecord,
  encodeControlKey,
  encodeControlRecord,
} from './record-types/control-record.ts'
export {
  type CoordinatorKey,
  type CoordinatorRecord,
  type CoordinatorRecords,
  type CoordinatorRecordType,
  decodeCoordinatorKey,
  decodeCoordinatorRecord,
  decodeCoordinatorValue,
  encodeCoordinatorKey,
  encodeCoordinatorValue,
} from './record-types/coordinator-record.ts'
export type { FramedRecord, FramedRecordInput } from './record-types/framed-record.ts'
export {
  type ConsumerGroupCurrentMemberAssignmentKey,
  ConsumerGroupCurrentMemberAssignmentRecord,
  type ConsumerGroupCurrentMemberAssignmentValue,
} from './record-types/group/consumer-group-current-member-assignment.ts'
export {
  type ConsumerGroupMemberMetadataKey,
  ConsumerGroupMemberMetadataRecord,
  type ConsumerGroupMemberMetadataValue,
} from './record-types/group/consumer-group-member-metadata.ts'
export {
  type ConsumerGroupMetadataKey,
  ConsumerGroupMetadataRecord,
  type ConsumerGroupMetadataValue,
} from './record-types/group/consumer-group-metadata.ts'
export {
  type ConsumerGroupPartitionMetadataKey,
  ConsumerGroupPartitionMetadataRecord,
  type ConsumerGroupPartitionMetadataValue,
} from './record-types/group/consumer-group-partition-metadata.ts'
export {
  type ConsumerGroupRegularExpressionKey,
  ConsumerGroupRegularExpressionRecord,
  type ConsumerGroupRegularExpressionValue,
} from './record-types/group/consumer-group-regular-expression.ts'
export {
  type ConsumerGroupTargetAssignmentMemberKey,
  ConsumerGroupTargetAssignmentMemberRecord,
  type ConsumerGroupTargetAssignmentMemberValue,
} from './record-types/group/consumer-group-target-assignment-member.ts'
export {
  type ConsumerGroupTargetAssignmentMetadataKey,
  ConsumerGroupTargetAssignmentMetadataRecord,
  type ConsumerGroupTargetAssignmentMetadataValue,
} from './record-types/group/consumer-group-target-assignment-metadata.ts'
export {
  type GroupMetadataKey,
  GroupMetadataRecord,
  type GroupMetadataValue,
  type GroupMetadataValueMember,
} from './record-types/group/group-metadata.ts'
export {
  type LegacyOffsetCommitKey,
  LegacyOffsetCommitRecord,
  type LegacyOffsetCommitValue,
} from './record-types/group/legacy-offset-commit.ts'
export { type OffsetCommitKey, OffsetCommitRecord, type OffsetCommitValue } from './record-types/group/offset-commit.ts'
export {
  type ShareGroupCurrentMemberAssignmentKey,
  ShareGroupCurrentMemberAssignmentRecord,
  type ShareGroupCurrentMemberAssignmentValue,
} from './record-types/group/share-group-current-member-assignment.ts'
export {
  type ShareGroupMemberMetadataKey,
  ShareGroupMemberMetadataRecord,
  type ShareGroupMemberMetadataValue,
} from './record-types/group/share-group-member-metadata.ts'
export {
  type ShareGroupMetadataKey,
  ShareGroupMetadataRecord,
  type ShareGroupMetadataValue,
} from './record-types/group/share-group-metadata.ts'
export {
  type ShareGroupStatePartitionMetadataKey,
  ShareGroupStatePartitionMetadataRecord,
  type ShareGroupStatePartitionMetadataValue,
} from './record-types/group/share-group-state-partition-metadata.ts'
export {
  type ShareGroupTargetAssignmentMemberKey,
  ShareGroupTargetAssignmentMemberRecord,
  type ShareGroupTargetAssignmentMemberValue,
} from './record-types/group/share-group-target-assignment-member.ts'
export {
  type ShareGroupTargetAssignmentMetadataKey,
  ShareGroupTargetAssignmentMetadataRecord,
  type ShareGroupTargetAssignmentMetadataValue,
} from './record-types/group/share-group-target-assignment-metadata.ts'
export {
  type StreamsGroupCurrentMemberAssignmentKey,
  StreamsGroupCurrentMemberAssignmentRecord,
  type StreamsGroupCurrentMemberAssignmentValue,
} from './record-types/group/streams-group-current-member-assignment.ts'
export {
  type StreamsGroupMemberMetadataKey,
  StreamsGroupMemberMetadataRecord,
  type StreamsGroupMemberMetadataValue,
} from './record-types/group/streams-group-member-metadata.ts'
export {
  type StreamsGroupMetadataKey,
  StreamsGroupMetadataRecord,
  type StreamsGroupMetadataValue,
} from './record-types/group/streams-group-metadata.ts'
export {
  type StreamsGroupTargetAssignmentMemberKey,
  StreamsGroupTargetAssignmentMemberRecord,
  type StreamsGroupTargetAssignmentMemberValue,
} from './record-types/group/streams-group-target-assignment-member.ts'
export {
  type StreamsGroupTargetAssignmentMetadataKey,
  StreamsGroupTargetAssignmentMetadataRecord,
  type StreamsGroupTargetAssignmentMetadataValue,
} from './record-types/group/streams-group-target-assignment-metadata.ts'
export {
  type StreamsGroupTopologyKey,
  StreamsGroupTopologyRecord,
  type StreamsGroupTopologyValue,
} from './record-types/group/streams-group-topology.ts'
export { type GroupRecord, type GroupRecordKey, groupRecords } from './record-types/group-records.ts'
export { AbortTransactionRecord } from './record-types/metadata/abort-transaction-record.ts'
export { AccessControlEntryRecord } from './record-types/metadata/access-control-entry-record.ts'
export { BeginTransactionRecord } from './record-types/metadata/begin-transaction-record.ts'
export { BrokerRegistrationChangeRecord } from './record-types/metadata/broker-registration-change-record.ts'
export { ClearElrRecord } from './record-types/metadata/clear-elr-record.ts'
export { ClientQuotaRecord } from './record-types/metadata/client-quota-record.ts'
export { ConfigRecord } from './record-types/metadata/config-record.ts'
export { DelegationTokenRecord } from './record-types/metadata/delegation-token-record.ts'
export { EndTransactionRecord } from './record-types/metadata/end-transaction-record.ts'
export { FeatureLevelRecord } from './record-types/metadata/feature-level-record.ts'
export { FenceBrokerRecord } from './record-types/metadata/fence-broker-record.ts'
export { NoOpRecord } from './record-types/metadata/no-op-record.ts'
export { PartitionChangeRecord } from './record-types/metadata/partition-change-record.ts'
export { PartitionRecord } from './record-types/metadata/partition-record.ts'
export { ProducerIdsRecord } from './record-types/metadata/producer-ids-record.ts'
export { RegisterBrokerRecord } from './record-types/metadata/register-broker-record.ts'
export { RegisterControllerRecord } from './record-types/metadata/register-controller-record.ts'
export { RemoveAccessControlEntryRecord } from './record-types/metadata/remove-access-control-entry-record.ts'
export { RemoveDelegationTokenRecord } from './record-types/metadata/remove-delegation-token-record.ts'
export { RemoveTopicRecord } from './record-types/metadata/remove-topic-record.ts'
export { RemoveUserScramCredentialRecord } from './record-types/metadata/remove-user-scram-credential-record.ts'
export { TopicRecord } from './record-types/metadata/topic-record.ts'
export { UnfenceBrokerRecord } from './record-types/metadata/unfence-broker-record.ts'
export { UnregisterBrokerRecord } from './record-types/metadata/unregister-broker-record.ts'
export { UserScramCredentialRecord } from './record-types/metadata/user-scram-credential-record.ts'
export { ZkMigrationStateRecord } from './record-types/metadata/zk-migration-state-record.ts'
export {
  decodeMetadataRecord,
  encodeMetadataRecord,
  type MetadataRecord,
  type MetadataRecordInput,
  type MetadataRecordType,
  metadataRecordTypes,
} from './record-types/metadata-records.ts'
export { DefaultPrincipalData } from './record-types/principal/default-principal-data.ts'
export { decodePrincipal, encodePrincipal } from './record-types/principal.ts'
export {
  decodeProducerSnapshot,
  encodeProducerSnapshot,
  type ProducerSnapshotEntry,
  type ProducerSnapshotEntryInput,
} from './record-types/producer-snapshot.ts'
export { ControlRecordTypeSchema } from './record-types/raft/control-record-type-schema.ts'
export { EndTxnMarker } from './record-types/raft/end-txn-marker.ts'
export { KRaftVersionRecord } from './record-types/raft/kraft-version-record.ts'
export { LeaderChangeMessage, type LeaderChangeVoter } from './record-types/raft/leader-change-message.ts'
export { QuorumStateData } from './record-types/raft/quorum-state-data.ts'
export { SnapshotFooterRecord } from './record-types/raft/snapshot-footer-record.ts'
export { SnapshotHeaderRecord } from './record-types/raft/snapshot-header-record.ts'
export { VotersRecord, type VotersRecordVoter } from './record-types/raft/voters-record.ts'
export type { RecordSchema } from './record-types/record.ts'
export {
  decodeRemoteLogMetadataRecord,
  encodeRemoteLogMetadataRecord,
  type RemoteLogMetadataRecord,
  type RemoteLogMetadataRecordInput,
  type RemoteLogMetadataRecordType,
  remoteLogMetadataRecordTypes,
} from './record-types/remote-log-records.ts'
export {
  type ShareSnapshotKey,
  ShareSnapshotRecord,
  type ShareSnapshotStateBatch,
  type ShareSnapshotValue,
} from './record-types/share/share-snapshot.ts'
export { type ShareUpdateKey, ShareUpdateRecord, type ShareUpdateValue } from './record-types/share/share-update.ts'
export { type ShareRecord, type ShareRecordKey, shareRecords } from './record-types/share-records.ts'
export { ProducerSnapshot } from './record-types/storage/producer-snapshot.ts'
export { RemoteLogSegmentMetadataRecord } from './record-types/storage/remote-log-segment-metadata-record.ts'
export { RemoteLogSegmentMetadataSnapshotRecord } from './record-types/storage/remote-log-segment-metadata-snapshot-record.ts'
export { RemoteLogSegmentMetadataUpdateRecord } from './record-types/storage/remote-log-segment-metadata-update-record.ts'
export { RemotePartitionDeleteMetadataRecord } from './record-types/storage/remote-partition-delete-metadata-record.ts'
export {
  type TransactionLogKey,
  TransactionLogRecord,
  type TransactionLogValue,
} from './record-types/transaction/transaction-log.ts'
export {
  type TransactionRecord,
  type TransactionRecordKey,
  transactionRecords,
} from './record-types/transaction-records.ts'
export {
  BatchHeader,
  type BatchHeaderFields,
  batchChecksumStart,
  batchHeaderSize,
  batchMagic,
  batchOverheadSize,
  setBatchCodec,
  type TimestampType,
  writeBatchHeader,
} from './records/batch-header.ts'
export { recordFaultsMax } from './records/check-records.ts'
export { type ControlBatchOptions, encodeControlBatch } from './records/control-batch.ts'
export {
  defaultDecompressedSizeMax,
  type OpenBatchOptions,
  openBatch,
  openBatchAsync,
  RecordBatch,
} from './records/decode.ts'
export {
  BatchBuilder,
  type BatchBuilderOptions,
  type BuildOptions,
  encodeBatch,
  type RecordBytes,
  type RecordHeaderInput,
  type RecordInput,
  recordSizeUpperBound,
} from './records/encode.ts'
export type { BatchRefusal, ProduceRules, RecordFault, TimestampRules } from './records/produce-rules.ts'
export { type RecompressOptions, recompressBatch, recompressBatchAsync } from './records/recompress.ts'
export { RecordCursor } from './records/record-cursor.ts'
export { type RecordHeader, type RecordSource, RecordView } from './records/record-view.ts'
export { RecordsError, type RecordsErrorCode } from './records/records-error.ts'
export { addSequence } from './records/sequence.ts'
export { batchSizeAt, forEachBatch } from './records/split.ts'
export { validateProduce, validateProduceAsync } from './records/validate.ts'
export { VarintReader, varintSize, varintSizeMax, varlongSizeMax, writeVarint, writeVarlong } from './records/varint.ts'
export { type DecodeOptions, decodeBody, encodeBody, encodeBytes } from './schema/codec.ts'
export { DecodeError, type DecodeErrorCode } from './schema/decode-error.ts'
export { EncodeError, type EncodeErrorCode } from './schema/encode-error.ts'
export type { Field, Fields, Input, Item, Present, RawTaggedField, Static } from './schema/field.ts'
export type { Decoded, Encodable, Schema } from './schema/schema.ts'
export type { VersionRange } from './schema/version-range.ts'
