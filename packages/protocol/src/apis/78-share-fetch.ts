/**
 * ShareFetch (78): acquires records of share partitions, and acknowledges earlier ones.
 *
 * Versions 1 to 2, all flexible. What changed:
 * - 2: request adds shareAcquireMode, isRenewAck.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bool, type Item, int8, int16, int32, int64, records, string, struct, uuid } from '../schema/field.ts'

export const ShareFetch = defineApi({
  key: 78,
  name: 'ShareFetch',
  route: 'leader',
  versions: '1-2',
  flexible: 0,
  request: {
    groupId: string({ nullable: '0+', default: null }),
    memberId: string({ nullable: '0+' }),
    shareSessionEpoch: int32(),
    maxWaitMs: int32(),
    minBytes: int32(),
    maxBytes: int32({ default: 0x7fffffff }),
    maxRecords: int32(),
    batchSize: int32(),
    shareAcquireMode: int8({ v: '2+', ignorable: true }),
    isRenewAck: bool({ v: '2+' }),
    topics: array({
      topicId: uuid(),
      partitions: array({
        partitionIndex: int32(),
        acknowledgementBatches: array({
          firstOffset: int64(),
          lastOffset: int64(),
          acknowledgeTypes: array(int8()),
        }),
      }),
    }),
    forgottenTopicsData: array({
      topicId: uuid(),
      partitions: array(int32()),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    acquisitionLockTimeoutMs: int32(),
    responses: array({
      topicId: uuid(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: string({ nullable: '0+', default: null }),
        acknowledgeErrorCode: int16(),
        acknowledgeErrorMessage: string({ nullable: '0+', default: null }),
        currentLeader: struct({ leaderId: int32(), leaderEpoch: int32() }),
        records: records(),
        acquiredRecords: array({ firstOffset: int64(), lastOffset: int64(), deliveryCount: int16() }),
      }),
    }),
    nodeEndpoints: array({
      nodeId: int32(),
      host: string(),
      port: int32(),
      rack: string({ nullable: '0+', default: null }),
    }),
  },
})

export interface ShareFetchRequest extends Request<typeof ShareFetch> {}
export interface ShareFetchResponse extends Response<typeof ShareFetch> {}
export interface ShareFetchTopic extends Item<ShareFetchRequest['topics']> {}
export interface ShareFetchPartition extends Item<ShareFetchTopic['partitions']> {}
export interface ShareFetchTopicResponse extends Item<ShareFetchResponse['responses']> {}
export interface ShareFetchPartitionData extends Item<ShareFetchTopicResponse['partitions']> {}
