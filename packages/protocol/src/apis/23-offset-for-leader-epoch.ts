/**
 * OffsetForLeaderEpoch (23): tells where a leader epoch ended, to find where two logs diverge.
 *
 * Versions 2 to 4, flexible from 4. What changed:
 * - 3: request adds replicaId.
 * - 4: flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, type Item, int16, int32, int64, string } from '../schema/field.ts'

export const OffsetForLeaderEpoch = defineApi({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  route: 'leader',
  versions: '2-4',
  flexible: 4,
  request: {
    replicaId: int32({ v: '3+', default: -2, ignorable: true }),
    topics: array({
      topic: string(),
      partitions: array({
        partition: int32(),
        currentLeaderEpoch: int32({ default: -1 }),
        leaderEpoch: int32(),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    topics: array({
      topic: string(),
      partitions: array({
        errorCode: int16(),
        partition: int32(),
        leaderEpoch: int32({ default: -1 }),
        endOffset: int64({ default: -1 }),
      }),
    }),
  },
})

export interface OffsetForLeaderEpochRequest extends Request<typeof OffsetForLeaderEpoch> {}
export interface OffsetForLeaderEpochResponse extends Response<typeof OffsetForLeaderEpoch> {}
export interface OffsetForLeaderTopic extends Item<OffsetForLeaderEpochRequest['topics']> {}
export interface OffsetForLeaderTopicResult extends Item<OffsetForLeaderEpochResponse['topics']> {}
export interface EpochEndOffset extends Item<OffsetForLeaderTopicResult['partitions']> {}
