/** The record types of the group coordinator, in `__consumer_offsets`. */
import { type CoordinatorKey, type CoordinatorRecord, coordinatorRecords } from './coordinator-record.ts'
import { ConsumerGroupCurrentMemberAssignmentRecord } from './group/consumer-group-current-member-assignment.ts'
import { ConsumerGroupMemberMetadataRecord } from './group/consumer-group-member-metadata.ts'
import { ConsumerGroupMetadataRecord } from './group/consumer-group-metadata.ts'
import { ConsumerGroupPartitionMetadataRecord } from './group/consumer-group-partition-metadata.ts'
import { ConsumerGroupRegularExpressionRecord } from './group/consumer-group-regular-expression.ts'
import { ConsumerGroupTargetAssignmentMemberRecord } from './group/consumer-group-target-assignment-member.ts'
import { ConsumerGroupTargetAssignmentMetadataRecord } from './group/consumer-group-target-assignment-metadata.ts'
import { GroupMetadataRecord } from './group/group-metadata.ts'
import { LegacyOffsetCommitRecord } from './group/legacy-offset-commit.ts'
import { OffsetCommitRecord } from './group/offset-commit.ts'
import { ShareGroupCurrentMemberAssignmentRecord } from './group/share-group-current-member-assignment.ts'
import { ShareGroupMemberMetadataRecord } from './group/share-group-member-metadata.ts'
import { ShareGroupMetadataRecord } from './group/share-group-metadata.ts'
import { ShareGroupStatePartitionMetadataRecord } from './group/share-group-state-partition-metadata.ts'
import { ShareGroupTargetAssignmentMemberRecord } from './group/share-group-target-assignment-member.ts'
import { ShareGroupTargetAssignmentMetadataRecord } from './group/share-group-target-assignment-metadata.ts'
import { StreamsGroupCurrentMemberAssignmentRecord } from './group/streams-group-current-member-assignment.ts'
import { StreamsGroupMemberMetadataRecord } from './group/streams-group-member-metadata.ts'
import { StreamsGroupMetadataRecord } from './group/streams-group-metadata.ts'
import { StreamsGroupTargetAssignmentMemberRecord } from './group/streams-group-target-assignment-member.ts'
import { StreamsGroupTargetAssignmentMetadataRecord } from './group/streams-group-target-assignment-metadata.ts'
import { StreamsGroupTopologyRecord } from './group/streams-group-topology.ts'

export const groupRecords = coordinatorRecords('group', {
  LegacyOffsetCommit: LegacyOffsetCommitRecord,
  OffsetCommit: OffsetCommitRecord,
  GroupMetadata: GroupMetadataRecord,
  ConsumerGroupMetadata: ConsumerGroupMetadataRecord,
  ConsumerGroupPartitionMetadata: ConsumerGroupPartitionMetadataRecord,
  ConsumerGroupMemberMetadata: ConsumerGroupMemberMetadataRecord,
  ConsumerGroupTargetAssignmentMetadata: ConsumerGroupTargetAssignmentMetadataRecord,
  ConsumerGroupTargetAssignmentMember: ConsumerGroupTargetAssignmentMemberRecord,
  ConsumerGroupCurrentMemberAssignment: ConsumerGroupCurrentMemberAssignmentRecord,
  ShareGroupMemberMetadata: ShareGroupMemberMetadataRecord,
  ShareGroupMetadata: ShareGroupMetadataRecord,
  ShareGroupTargetAssignmentMetadata: ShareGroupTargetAssignmentMetadataRecord,
  ShareGroupTargetAssignmentMember: ShareGroupTargetAssignmentMemberRecord,
  ShareGroupCurrentMemberAssignment: ShareGroupCurrentMemberAssignmentRecord,
  ShareGroupStatePartitionMetadata: ShareGroupStatePartitionMetadataRecord,
  ConsumerGroupRegularExpression: ConsumerGroupRegularExpressionRecord,
  StreamsGroupMetadata: StreamsGroupMetadataRecord,
  StreamsGroupMemberMetadata: StreamsGroupMemberMetadataRecord,
  StreamsGroupTargetAssignmentMetadata: StreamsGroupTargetAssignmentMetadataRecord,
  StreamsGroupTargetAssignmentMember: StreamsGroupTargetAssignmentMemberRecord,
  StreamsGroupCurrentMemberAssignment: StreamsGroupCurrentMemberAssignmentRecord,
  StreamsGroupTopology: StreamsGroupTopologyRecord,
})

/** A decoded key of `__consumer_offsets`. */
export type GroupRecordKey = CoordinatorKey<typeof groupRecords.types>
/** A decoded record of `__consumer_offsets`. */
export type GroupRecord = CoordinatorRecord<typeof groupRecords.types>
