/**
 * TxnOffsetCommit (28): stores offsets as part of a transaction.
 *
 * Versions 0 to 5, flexible from 3. What changed:
 * - 2: request adds topics[].partitions[].committedLeaderEpoch.
 * - 3: flexible; request adds generationId, memberId, groupInstanceId.
 * - 1, 4, 5: same layout, behaviour only.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, type Item, int16, int32, int64, string } from '../schema/field.ts'

export const TxnOffsetCommit = defineApi({
  key: 28,
  name: 'TxnOffsetCommit',
  route: 'group',
  versions: '0-5',
  flexible: 3,
  request: {
    transactionalId: string(),
    groupId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    generationId: int32({ v: '3+', default: -1 }),
    memberId: string({ v: '3+' }),
    groupInstanceId: string({ v: '3+', nullable: '3+', default: null }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        committedOffset: int64(),
        committedLeaderEpoch: int32({ v: '2+', default: -1, ignorable: true }),
        committedMetadata: string({ nullable: '0+' }),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    topics: array({
      name: string(),
      partitions: array({ partitionIndex: int32(), errorCode: int16() }),
    }),
  },
})

export interface TxnOffsetCommitRequest extends Request<typeof TxnOffsetCommit> {}
export interface TxnOffsetCommitResponse extends Response<typeof TxnOffsetCommit> {}
export interface TxnOffsetCommitRequestTopic extends Item<TxnOffsetCommitRequest['topics']> {}
export interface TxnOffsetCommitResponseTopic extends Item<TxnOffsetCommitResponse['topics']> {}
