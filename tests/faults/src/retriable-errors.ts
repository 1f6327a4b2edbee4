/** Which errors that may pass a broker answers with, by API: what a client has to live with. */
import {
  type ApiFacts,
  CreatePartitions,
  CreateTopics,
  DeleteGroups,
  DeleteRecords,
  DeleteTopics,
  DescribeConfigs,
  DescribeGroups,
  type ErrorName,
  Fetch,
  FindCoordinator,
  Heartbeat,
  IncrementalAlterConfigs,
  InitProducerId,
  JoinGroup,
  LeaveGroup,
  ListGroups,
  ListOffsets,
  Metadata,
  OffsetCommit,
  OffsetDelete,
  OffsetFetch,
  OffsetForLeaderEpoch,
  Produce,
  SyncGroup,
} from '@millrace/protocol'

const coordinator: readonly ErrorName[] = [
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
]
const controller: readonly ErrorName[] = ['NOT_CONTROLLER', 'REQUEST_TIMED_OUT']
const quota: readonly ErrorName[] = [...controller, 'THROTTLING_QUOTA_EXCEEDED']
const leader: readonly ErrorName[] = [
  'NOT_LEADER_OR_FOLLOWER',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'KAFKA_STORAGE_ERROR',
]
const reader: readonly ErrorName[] = [
  ...leader,
  'REPLICA_NOT_AVAILABLE',
  'OFFSET_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
]

const rows: readonly (readonly [api: ApiFacts, errors: readonly ErrorName[]])[] = [
  [
    Produce,
    [
      ...leader,
      'REQUEST_TIMED_OUT',
      'CORRUPT_MESSAGE',
      'NETWORK_EXCEPTION',
      'NOT_ENOUGH_REPLICAS',
      'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
      'UNKNOWN_TOPIC_ID',
    ],
  ],
  [
    Fetch,
    [
      ...reader,
      'UNKNOWN_TOPIC_ID',
      'INCONSISTENT_TOPIC_ID',
      'FETCH_SESSION_ID_NOT_FOUND',
      'INVALID_FETCH_SESSION_EPOCH',
      'FETCH_SESSION_TOPIC_ID_ERROR',
    ],
  ],
  [ListOffsets, [...reader, 'REQUEST_TIMED_OUT']],
  [OffsetForLeaderEpoch, reader],
  [
    Metadata,
    [
      'UNKNOWN_TOPIC_OR_PARTITION',
      'LEADER_NOT_AVAILABLE',
      'REPLICA_NOT_AVAILABLE',
      'LISTENER_NOT_FOUND',
      'UNKNOWN_TOPIC_ID',
    ],
  ],
  [FindCoordinator, ['COORDINATOR_NOT_AVAILABLE', 'COORDINATOR_LOAD_IN_PROGRESS']],
  [InitProducerId, [...coordinator, 'REQUEST_TIMED_OUT', 'CONCURRENT_TRANSACTIONS']],
  [OffsetCommit, [...coordinator, 'REQUEST_TIMED_OUT', 'UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID']],
  [OffsetFetch, [...coordinator, 'UNSTABLE_OFFSET_COMMIT', 'UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID']],
  [OffsetDelete, [...coordinator, 'UNKNOWN_TOPIC_OR_PARTITION']],
  [JoinGroup, coordinator],
  [SyncGroup, coordinator],
  [Heartbeat, coordinator],
  [LeaveGroup, coordinator],
  [DescribeGroups, coordinator],
  [ListGroups, ['COORDINATOR_LOAD_IN_PROGRESS', 'COORDINATOR_NOT_AVAILABLE']],
  [DeleteGroups, coordinator],
  [CreateTopics, quota],
  [CreatePartitions, [...quota, 'UNKNOWN_TOPIC_OR_PARTITION']],
  [DeleteTopics, [...quota, 'UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID']],
  [DeleteRecords, [...leader, 'REQUEST_TIMED_OUT']],
  [DescribeConfigs, ['REQUEST_TIMED_OUT', 'UNKNOWN_TOPIC_OR_PARTITION']],
  [IncrementalAlterConfigs, [...controller, 'UNKNOWN_TOPIC_OR_PARTITION']],
]

const byKey = new Map(rows.map(([{ key }, errors]) => [key, errors]))

/** Empty for APIs that have none. */
export function retriableErrorsOf(apiKey: number): readonly ErrorName[] {
  return byKey.get(apiKey) ?? []
}

/** The keys of the APIs that have some. */
export const keysWithErrors: readonly number[] = [...byKey.keys()]
