/** For every served API, typical requests in each of its versions: ones that succeed, and ones that fail in their usual way. */
import {
  AlterConfigs,
  AlterReplicaLogDirs,
  ApiVersions,
  CreatePartitions,
  CreateTopics,
  DeleteGroups,
  DeleteRecords,
  DeleteTopics,
  DescribeCluster,
  DescribeConfigs,
  DescribeGroups,
  DescribeLogDirs,
  DescribeProducers,
  DescribeQuorum,
  DescribeTopicPartitions,
  ErrorCode,
  encodeBatch,
  Fetch,
  FindCoordinator,
  Heartbeat,
  IncrementalAlterConfigs,
  InitProducerId,
  JoinGroup,
  LeaveGroup,
  ListConfigResources,
  ListGroups,
  ListOffsets,
  Metadata,
  OffsetCommit,
  OffsetDelete,
  OffsetFetch,
  OffsetForLeaderEpoch,
  Produce,
  type RequestInput,
  SyncGroup,
} from '@millrace/protocol'
import { createTopic, joinAlone, type Membership, subscription, textRecord } from './actions.ts'
import type { TypedApi, Wire } from './wire.ts'

/** What a broker has when the samples are sent to it. */
export interface Stage {
  readonly wire: Wire
  /** With one partition and one record. */
  readonly topic: string
  readonly topicId: string
}

/** A request to be sent in one version, and the error codes that its answer holds, without NONE. */
export interface Sample {
  readonly api: TypedApi
  readonly name: string
  readonly codes: (version: number) => readonly number[]
  readonly body: (version: number, stage: Stage) => Promise<object> | object
}

function sample<A extends TypedApi>(
  api: A,
  name: string,
  body: (version: number, stage: Stage) => Promise<RequestInput<A>> | RequestInput<A>,
  codes: number | ((version: number) => readonly number[]) = ErrorCode.NONE,
): Sample {
  const expected = typeof codes === 'number' ? [codes].filter((code) => code !== ErrorCode.NONE) : undefined
  return {
    api,
    name,
    body,
    codes: expected === undefined ? (codes as (version: number) => readonly number[]) : () => expected,
  }
}

const timeoutMs = 10_000
const nowhere = 'nowhere'
const unknownId = 'AAAAAAAAAAAAAAAAAAAAKg'
const topicType = 2
const brokerType = 4
const batch = () => encodeBatch([textRecord('swept')])

/** From `first` on the field is there; before it must be left out. */
const since = <T extends object>(version: number, first: number, fields: T): T | Record<never, never> =>
  version >= first ? fields : {}

function produceTo(topic: string, topicId: string, index: number, acks: number) {
  return { acks, timeoutMs, topicData: [{ name: topic, topicId, partitionData: [{ index, records: batch() }] }] }
}

function fetchFrom(topic: string, topicId: string, fetchOffset: number, currentLeaderEpoch = -1) {
  const partitions = [{ partition: 0, fetchOffset, currentLeaderEpoch, partitionMaxBytes: 1024 * 1024 }]
  return { maxWaitMs: 0, minBytes: 0, topics: [{ topic, topicId, partitions }] }
}

const listOffsetsOf = (name: string, timestamp: number) => ({
  replicaId: -1,
  topics: [{ name, partitions: [{ partitionIndex: 0, timestamp }] }],
})

const join = (groupId: string, protocols: readonly { name: string; metadata: Buffer }[]) => ({
  groupId,
  sessionTimeoutMs: 30_000,
  rebalanceTimeoutMs: 30_000,
  memberId: '',
  protocolType: 'consumer',
  protocols: [...protocols],
})

function commit(groupId: string, { memberId, generationId }: Membership, name: string, topicId: string) {
  const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: 'note' }]
  return { groupId, memberId, generationIdOrMemberEpoch: generationId, topics: [{ name, topicId, partitions }] }
}

const outsider: Membership = { memberId: '', generationId: -1 }
const stranger: Membership = { memberId: 'stranger', generationId: 1 }

function fetchOffsets(version: number, groupId: string, name: string, topicId: string) {
  if (version < 8) return { groupId, topics: [{ name, partitionIndexes: [0] }] }
  return { groups: [{ groupId, topics: [{ name, topicId, partitionIndexes: [0] }] }] }
}

const setRetention = (name: string) => ({ resourceType: topicType, resourceName: name })
/** Names that no other version of no other sample uses. */
const own = (kind: string, version: number) => `sweep-${kind}-${version}`

const unknownTopic = (firstById: number) => (version: number) => [
  version >= firstById ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
]

export const samples: readonly Sample[] = [
  sample(Produce, 'one batch', (_, { topic, topicId }) => produceTo(topic, topicId, 0, -1)),
  sample(Produce, 'acks of one', (_, { topic, topicId }) => produceTo(topic, topicId, 0, 1)),
  sample(Produce, 'an unknown topic', () => produceTo(nowhere, unknownId, 0, -1), unknownTopic(13)),
  sample(
    Produce,
    'a compacted topic and no key',
    async (version, { wire }) => {
      const name = own('compacted', version)
      return produceTo(name, await createTopic(wire, name, 1, { 'cleanup.policy': 'compact' }), 0, -1)
    },
    ErrorCode.INVALID_RECORD,
  ),

  sample(Fetch, 'records', (_, { topic, topicId }) => fetchFrom(topic, topicId, 0)),
  sample(Fetch, 'a new session', (version, { topic, topicId }) => ({
    ...fetchFrom(topic, topicId, 0),
    ...since(version, 7, { sessionEpoch: 0 }),
  })),
  sample(Fetch, 'an unknown topic', () => fetchFrom(nowhere, unknownId, 0), unknownTopic(13)),
  sample(Fetch, 'beyond the end', (_, { topic, topicId }) => fetchFrom(topic, topicId, 1_000_000), 1),
  sample(
    Fetch,
    'another leader epoch',
    (version, { topic, topicId }) => fetchFrom(topic, topicId, 0, version >= 9 ? 1000 : -1),
    (version) => (version >= 9 ? [ErrorCode.UNKNOWN_LEADER_EPOCH] : []),
  ),
  sample(
    Fetch,
    'an unknown session',
    (version, { topic, topicId }) => ({
      ...fetchFrom(topic, topicId, 0),
      ...since(version, 7, { sessionId: 42, sessionEpoch: 3 }),
    }),
    (version) => (version >= 7 ? [ErrorCode.FETCH_SESSION_ID_NOT_FOUND] : []),
  ),

  sample(ListOffsets, 'the end', (_, { topic }) => listOffsetsOf(topic, -1)),
  sample(ListOffsets, 'the beginning', (_, { topic }) => listOffsetsOf(topic, -2)),
  sample(ListOffsets, 'a time', (_, { topic }) => listOffsetsOf(topic, 0)),
  sample(ListOffsets, 'an unknown topic', () => listOffsetsOf(nowhere, -1), 3),

  sample(Metadata, 'all topics', (version) => ({ topics: version === 0 ? [] : null })),
  sample(Metadata, 'one topic', (_, { topic }) => ({ topics: [{ name: topic }] })),
  sample(Metadata, 'operations', (version, { topic }) => ({
    topics: [{ name: topic }],
    ...since(version, 8, { includeTopicAuthorizedOperations: true }),
    ...(version >= 8 && version <= 10 ? { includeClusterAuthorizedOperations: true } : {}),
  })),
  sample(Metadata, 'an invalid name', () => ({ topics: [{ name: 'no name!' }] }), ErrorCode.INVALID_TOPIC_EXCEPTION),
  sample(Metadata, 'a topic id', (version, { topic, topicId }) => ({
    topics: [version >= 12 ? { name: null, topicId } : { name: topic }],
  })),
  sample(
    Metadata,
    'an unknown topic id',
    (version) => ({ topics: [version >= 12 ? { name: null, topicId: unknownId } : { name: 'no name!' }] }),
    (version) => [version >= 12 ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.INVALID_TOPIC_EXCEPTION],
  ),

  sample(OffsetCommit, 'from outside', (version, { topic, topicId }) =>
    commit(own('commit', version), outsider, topic, topicId),
  ),
  sample(OffsetCommit, 'as a member', async (version, { wire, topic, topicId }) => {
    const group = own('member-commit', version)
    return commit(group, await joinAlone(wire, group, topic), topic, topicId)
  }),
  sample(
    OffsetCommit,
    'an unknown topic',
    (version) => commit(own('commit-nowhere', version), outsider, nowhere, unknownId),
    unknownTopic(10),
  ),
  sample(
    OffsetCommit,
    'a stranger',
    (_, { topic, topicId }) => commit('sweep-members', stranger, topic, topicId),
    ErrorCode.UNKNOWN_MEMBER_ID,
  ),

  sample(OffsetFetch, 'committed', (version, { topic, topicId }) =>
    fetchOffsets(version, own('commit', Math.min(version, 2)), topic, topicId),
  ),
  sample(OffsetFetch, 'all topics', (version, { topic, topicId }) => {
    if (version >= 8) return { groups: [{ groupId: own('commit', 2), topics: null }] }
    return version >= 2
      ? { groupId: own('commit', 2), topics: null }
      : fetchOffsets(1, own('commit', 2), topic, topicId)
  }),
  sample(
    OffsetFetch,
    'an unknown topic',
    (version) => fetchOffsets(version, own('commit', 2), nowhere, unknownId),
    (version) => (version >= 10 ? [ErrorCode.UNKNOWN_TOPIC_ID] : []),
  ),

  sample(FindCoordinator, 'of a group', (version) =>
    version >= 4 ? { keyType: 0, coordinatorKeys: ['a', 'b'] } : { key: 'a' },
  ),
  sample(
    FindCoordinator,
    'of an unknown type',
    (version) => {
      if (version >= 4) return { keyType: 9, coordinatorKeys: ['a'] }
      return { key: 'a', ...since(version, 1, { keyType: 9 }) }
    },
    (version) => (version >= 1 ? [ErrorCode.INVALID_REQUEST] : []),
  ),

  sample(
    JoinGroup,
    'a new member',
    (version) => join(own('join', version), [{ name: 'range', metadata: subscription('a') }]),
    (version) => (version >= 4 ? [ErrorCode.MEMBER_ID_REQUIRED] : []),
  ),
  sample(
    JoinGroup,
    'a static member',
    (version) => ({
      ...join(own('static', version), [{ name: 'range', metadata: subscription('a') }]),
      ...since(version, 5, { groupInstanceId: 'instance' }),
    }),
    (version) => (version === 4 ? [ErrorCode.MEMBER_ID_REQUIRED] : []),
  ),
  sample(JoinGroup, 'no protocols', (version) => join(own('no-protocols', version), []), 23),

  sample(Heartbeat, 'of a member', async (version, { wire, topic }) => {
    const groupId = own('heartbeat', version)
    return { groupId, ...(await joinAlone(wire, groupId, topic)) }
  }),
  sample(Heartbeat, 'of a stranger', () => ({ groupId: 'sweep-members', ...stranger }), 25),

  sample(SyncGroup, 'of a member', async (version, { wire, topic }) => {
    const groupId = own('sync', version)
    return { groupId, ...(await joinAlone(wire, groupId, topic)) }
  }),
  sample(SyncGroup, 'of a stranger', () => ({ groupId: 'sweep-members', ...stranger }), 25),

  sample(LeaveGroup, 'of a member', async (version, { wire, topic }) => {
    const groupId = own('leave', version)
    const { memberId } = await joinAlone(wire, groupId, topic)
    return version >= 3 ? { groupId, members: [{ memberId }] } : { groupId, memberId }
  }),
  sample(
    LeaveGroup,
    'of a stranger',
    (version) => {
      const { memberId } = stranger
      return version >= 3
        ? { groupId: 'sweep-members', members: [{ memberId }] }
        : { groupId: 'sweep-members', memberId }
    },
    25,
  ),

  sample(DescribeGroups, 'a group', (version) => ({
    groups: ['sweep-members'],
    ...since(version, 3, { includeAuthorizedOperations: true }),
  })),
  sample(
    DescribeGroups,
    'an unknown group',
    () => ({ groups: [nowhere] }),
    (version) => (version >= 6 ? [ErrorCode.GROUP_ID_NOT_FOUND] : []),
  ),

  sample(ListGroups, 'all', () => ({})),
  sample(ListGroups, 'filtered', (version) => ({
    ...since(version, 4, { statesFilter: ['Stable'] }),
    ...since(version, 5, { typesFilter: ['classic'] }),
  })),

  sample(ApiVersions, 'a client with a name', (version) =>
    since(version, 3, { clientSoftwareName: 'sweep', clientSoftwareVersion: '1' }),
  ),
  sample(
    ApiVersions,
    'a client without a name',
    () => ({}),
    (version) => (version >= 3 ? [ErrorCode.INVALID_REQUEST] : []),
  ),

  sample(CreateTopics, 'a topic', (version) => ({
    topics: [{ name: own('create', version), numPartitions: 1, replicationFactor: 1 }],
    timeoutMs,
  })),
  sample(
    CreateTopics,
    'one that is there',
    (_, { topic }) => ({ topics: [{ name: topic, numPartitions: 1, replicationFactor: 1 }], timeoutMs }),
    ErrorCode.TOPIC_ALREADY_EXISTS,
  ),
  sample(DeleteTopics, 'a topic', async (version, { wire }) => {
    const name = own('delete', version)
    await createTopic(wire, name)
    return version >= 6 ? { topics: [{ name }], timeoutMs } : { topicNames: [name], timeoutMs }
  }),
  sample(
    DeleteTopics,
    'an unknown topic',
    (version) => (version >= 6 ? { topics: [{ name: nowhere }], timeoutMs } : { topicNames: [nowhere], timeoutMs }),
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ),
  sample(
    DeleteTopics,
    'an unknown id',
    (version) => {
      if (version < 6) return { topicNames: [nowhere], timeoutMs }
      return { topics: [{ name: null, topicId: unknownId }], timeoutMs }
    },
    unknownTopic(6),
  ),

  sample(DeleteRecords, 'before the first', (_, { topic }) => ({
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, offset: 0 }] }],
    timeoutMs,
  })),
  sample(
    DeleteRecords,
    'an unknown topic',
    () => ({ topics: [{ name: nowhere, partitions: [{ partitionIndex: 0, offset: 0 }] }], timeoutMs }),
    3,
  ),

  sample(InitProducerId, 'without transactions', () => ({ transactionalId: null, transactionTimeoutMs: 60_000 })),
  sample(InitProducerId, 'an empty id', () => ({ transactionalId: '', transactionTimeoutMs: 60_000 }), 42),

  sample(OffsetForLeaderEpoch, 'the first epoch', (_, { topic }) => ({
    topics: [{ topic, partitions: [{ partition: 0, leaderEpoch: 0 }] }],
  })),
  sample(
    OffsetForLeaderEpoch,
    'an unknown topic',
    () => ({ topics: [{ topic: nowhere, partitions: [{ partition: 0, leaderEpoch: 0 }] }] }),
    3,
  ),

  sample(DescribeConfigs, 'a topic and a broker', (version, { topic }) => ({
    resources: [
      { resourceType: topicType, resourceName: topic, configurationKeys: null },
      { resourceType: brokerType, resourceName: '1', configurationKeys: null },
    ],
    includeSynonyms: true,
    ...since(version, 3, { includeDocumentation: true }),
  })),
  sample(
    DescribeConfigs,
    'an unknown topic',
    () => ({ resources: [{ ...setRetention(nowhere), configurationKeys: null }] }),
    3,
  ),
  sample(AlterConfigs, 'a topic', (_, { topic }) => ({
    resources: [{ ...setRetention(topic), configs: [{ name: 'retention.ms', value: '-1' }] }],
  })),
  sample(AlterConfigs, 'an unknown topic', () => ({ resources: [{ ...setRetention(nowhere), configs: [] }] }), 3),
  sample(IncrementalAlterConfigs, 'a topic', (_, { topic }) => ({
    resources: [{ ...setRetention(topic), configs: [{ name: 'retention.ms', configOperation: 0, value: '-1' }] }],
  })),
  sample(
    IncrementalAlterConfigs,
    'an unknown topic',
    () => ({ resources: [{ ...setRetention(nowhere), configs: [] }] }),
    3,
  ),

  sample(AlterReplicaLogDirs, 'where it is', (_, { topic }) => ({
    dirs: [{ path: '/data', topics: [{ name: topic, partitions: [0] }] }],
  })),

  sample(DescribeLogDirs, 'all', () => ({ topics: null })),
  sample(DescribeLogDirs, 'one topic', (_, { topic }) => ({ topics: [{ topic, partitions: [0] }] })),

  sample(CreatePartitions, 'one more', async (version, { wire }) => {
    const name = own('grow', version)
    await createTopic(wire, name)
    return { topics: [{ name, count: 2, assignments: null }], timeoutMs }
  }),
  sample(
    CreatePartitions,
    'an unknown topic',
    () => ({ topics: [{ name: nowhere, count: 2, assignments: null }], timeoutMs }),
    3,
  ),

  sample(DeleteGroups, 'a group', async (version, { wire, topic, topicId }) => {
    const name = own('gone', version)
    await wire.send(OffsetCommit, 9, commit(name, outsider, topic, topicId))
    return { groupsNames: [name] }
  }),
  sample(DeleteGroups, 'an unknown group', () => ({ groupsNames: [nowhere] }), ErrorCode.GROUP_ID_NOT_FOUND),
  sample(OffsetDelete, 'an offset', async (_, { wire, topic, topicId }) => {
    const groupId = 'sweep-offset-delete'
    await wire.send(OffsetCommit, 9, commit(groupId, outsider, topic, topicId))
    return { groupId, topics: [{ name: topic, partitions: [{ partitionIndex: 0 }] }] }
  }),
  sample(OffsetDelete, 'an unknown group', () => ({ groupId: nowhere, topics: [] }), ErrorCode.GROUP_ID_NOT_FOUND),

  sample(DescribeQuorum, 'of the metadata', () => ({
    topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }],
  })),
  sample(
    DescribeQuorum,
    'of another topic',
    (_, { topic }) => ({ topics: [{ topicName: topic, partitions: [{ partitionIndex: 0 }] }] }),
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ),
  sample(DescribeCluster, 'brokers', (version) => ({
    includeClusterAuthorizedOperations: true,
    ...since(version, 2, { includeFencedBrokers: true }),
  })),
  sample(
    DescribeCluster,
    'controllers',
    (version) => since(version, 1, { endpointType: 2 }),
    (version) => (version >= 1 ? [ErrorCode.MISMATCHED_ENDPOINT_TYPE] : []),
  ),
  sample(DescribeProducers, 'of a partition', (_, { topic }) => ({ topics: [{ name: topic, partitionIndexes: [0] }] })),
  sample(DescribeProducers, 'an unknown topic', () => ({ topics: [{ name: nowhere, partitionIndexes: [0] }] }), 3),
  sample(ListConfigResources, 'all', () => ({})),
  sample(
    ListConfigResources,
    'an unknown type',
    (version) => since(version, 1, { resourceTypes: [99] }),
    (version) => (version >= 1 ? [ErrorCode.UNSUPPORTED_VERSION] : []),
  ),
  sample(DescribeTopicPartitions, 'all', () => ({ topics: [] })),
  sample(DescribeTopicPartitions, 'page by page', (_, { topic }) => ({
    topics: [{ name: topic }, { name: '__consumer_offsets' }],
    responsePartitionLimit: 1,
  })),
  sample(DescribeTopicPartitions, 'an unknown topic', () => ({ topics: [{ name: nowhere }] }), 3),
]
