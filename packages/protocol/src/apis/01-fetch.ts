/**
 * Fetch (1): reads record batches; also how followers and controllers replicate.
 *
 * Versions 4 to 18, flexible from 12. What changed:
 * - 5: request adds topics[].partitions[].logStartOffset; response adds responses[].partitions[].logStartOffset.
 * - 7: request adds sessionId, sessionEpoch, forgottenTopicsData; response adds errorCode, sessionId.
 * - 9: request adds topics[].partitions[].currentLeaderEpoch.
 * - 11: request adds rackId; response adds responses[].partitions[].preferredReadReplica.
 * - 12: flexible; request adds clusterId, topics[].partitions[].lastFetchedEpoch; response adds
 *   responses[].partitions[].divergingEpoch, responses[].partitions[].currentLeader,
 *   responses[].partitions[].snapshotId.
 * - 13: request adds topics[].topicId, forgottenTopicsData[].topicId; drops topics[].topic,
 *   forgottenTopicsData[].topic; response adds responses[].topicId; drops responses[].topic.
 * - 15: request adds replicaState; drops replicaId.
 * - 16: response adds nodeEndpoints.
 * - 17: request adds topics[].partitions[].replicaDirectoryId.
 * - 18: request adds topics[].partitions[].highWatermark.
 * - 6, 8, 10, 14: same layout, behaviour only.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, type Item, int8, int16, int32, int64, records, string, struct, uuid } from '../schema/field.ts'

export const Fetch = defineApi({
  key: 1,
  name: 'Fetch',
  route: 'leader',
  versions: '4-18',
  flexible: 12,
  listeners: ['broker', 'controller'],
  request: {
    clusterId: string({ v: '12+', nullable: '12+', tag: 0, default: null, ignorable: true }),
    replicaId: int32({ v: '0-14', default: -1 }),
    replicaState: struct(
      { replicaId: int32({ default: -1 }), replicaEpoch: int64({ default: -1 }) },
      { v: '15+', tag: 1 },
    ),
    maxWaitMs: int32(),
    minBytes: int32(),
    maxBytes: int32({ default: 0x7fffffff }),
    isolationLevel: int8(),
    sessionId: int32({ v: '7+', ignorable: true }),
    sessionEpoch: int32({ v: '7+', default: -1, ignorable: true }),
    topics: array({
      topic: string({ v: '0-12', ignorable: true }),
      topicId: uuid({ v: '13+', ignorable: true }),
      partitions: array({
        partition: int32(),
        currentLeaderEpoch: int32({ v: '9+', default: -1, ignorable: true }),
        fetchOffset: int64(),
        lastFetchedEpoch: int32({ v: '12+', default: -1 }),
        logStartOffset: int64({ v: '5+', default: -1, ignorable: true }),
        partitionMaxBytes: int32(),
        replicaDirectoryId: uuid({ v: '17+', tag: 0, ignorable: true }),
        highWatermark: int64({ v: '18+', tag: 1, wide: true, default: 9223372036854775807n, ignorable: true }),
      }),
    }),
    forgottenTopicsData: array(
      {
        topic: string({ v: '7-12', ignorable: true }),
        topicId: uuid({ v: '13+', ignorable: true }),
        partitions: array(int32()),
      },
      { v: '7+' },
    ),
    rackId: string({ v: '11+', ignorable: true }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16({ v: '7+', ignorable: true }),
    sessionId: int32({ v: '7+' }),
    responses: array({
      topic: string({ v: '0-12', ignorable: true }),
      topicId: uuid({ v: '13+', ignorable: true }),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        highWatermark: int64(),
        lastStableOffset: int64({ default: -1 }),
        logStartOffset: int64({ v: '5+', default: -1, ignorable: true }),
        divergingEpoch: struct(
          { epoch: int32({ default: -1 }), endOffset: int64({ default: -1 }) },
          { v: '12+', tag: 0 },
        ),
        currentLeader: struct(
          { leaderId: int32({ default: -1 }), leaderEpoch: int32({ default: -1 }) },
          { v: '12+', tag: 1 },
        ),
        snapshotId: struct({ endOffset: int64({ default: -1 }), epoch: int32({ default: -1 }) }, { v: '12+', tag: 2 }),
        abortedTransactions: array({ producerId: int64(), firstOffset: int64() }, { nullable: '4+' }),
        preferredReadReplica: int32({ v: '11+', default: -1 }),
        records: records({ nullable: '0+' }),
      }),
    }),
    nodeEndpoints: array(
      {
        nodeId: int32(),
        host: string(),
        port: int32(),
        rack: string({ nullable: '16+', default: null }),
      },
      { v: '16+', tag: 0 },
    ),
  },
})

export interface FetchRequest extends Request<typeof Fetch> {}
export interface FetchResponse extends Response<typeof Fetch> {}
export interface FetchTopic extends Item<FetchRequest['topics']> {}
export interface FetchPartition extends Item<FetchTopic['partitions']> {}
export interface FetchForgottenTopic extends Item<FetchRequest['forgottenTopicsData']> {}
export interface FetchTopicResponse extends Item<FetchResponse['responses']> {}
export interface FetchPartitionData extends Item<FetchTopicResponse['partitions']> {}
export interface FetchAbortedTransaction extends Item<FetchPartitionData['abortedTransactions']> {}
