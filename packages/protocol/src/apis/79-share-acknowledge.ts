/**
 * ShareAcknowledge (79): acknowledges acquired records of share partitions.
 *
 * Versions 1 to 2, all flexible. What changed:
 * - 2: request adds isRenewAck; response adds acquisitionLockTimeoutMs.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bool, type Item, int8, int16, int32, int64, string, struct, uuid } from '../schema/field.ts'

export const ShareAcknowledge = defineApi({
  key: 79,
  name: 'ShareAcknowledge',
  route: 'leader',
  versions: '1-2',
  flexible: 0,
  request: {
    groupId: string({ nullable: '0+', default: null }),
    memberId: string({ nullable: '0+' }),
    shareSessionEpoch: int32(),
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
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    acquisitionLockTimeoutMs: int32({ v: '2+', ignorable: true }),
    responses: array({
      topicId: uuid(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: string({ nullable: '0+', default: null }),
        currentLeader: struct({ leaderId: int32(), leaderEpoch: int32() }),
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

export interface ShareAcknowledgeRequest extends Request<typeof ShareAcknowledge> {}
export interface ShareAcknowledgeResponse extends Response<typeof ShareAcknowledge> {}
export interface ShareAcknowledgeTopic extends Item<ShareAcknowledgeRequest['topics']> {}
export interface ShareAcknowledgeTopicResponse extends Item<ShareAcknowledgeResponse['responses']> {}
