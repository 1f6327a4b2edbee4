/**
 * OffsetCommit (8): stores the offsets a group has consumed.
 *
 * Versions 2 to 10, flexible from 8. What changed:
 * - 3: response adds throttleTimeMs.
 * - 5: request drops retentionTimeMs.
 * - 6: request adds topics[].partitions[].committedLeaderEpoch.
 * - 7: request adds groupInstanceId.
 * - 8: flexible.
 * - 10: request adds topics[].topicId; drops topics[].name; response adds topics[].topicId; drops topics[].name.
 * - 4, 9: same layout, behaviour only.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, type Item, int16, int32, int64, string, uuid } from '../schema/field.ts'

export const OffsetCommit = defineApi({
  key: 8,
  name: 'OffsetCommit',
  route: 'group',
  versions: '2-10',
  flexible: 8,
  request: {
    groupId: string(),
    generationIdOrMemberEpoch: int32({ default: -1 }),
    memberId: string(),
    groupInstanceId: string({ v: '7+', nullable: '7+', default: null }),
    retentionTimeMs: int64({ v: '2-4', default: -1, ignorable: true }),
    topics: array({
      name: string({ v: '0-9', ignorable: true }),
      topicId: uuid({ v: '10+', ignorable: true }),
      partitions: array({
        partitionIndex: int32(),
        committedOffset: int64(),
        committedLeaderEpoch: int32({ v: '6+', default: -1, ignorable: true }),
        committedMetadata: string({ nullable: '0+' }),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32({ v: '3+', ignorable: true }),
    topics: array({
      name: string({ v: '0-9', ignorable: true }),
      topicId: uuid({ v: '10+', ignorable: true }),
      partitions: array({ partitionIndex: int32(), errorCode: int16() }),
    }),
  },
})

export interface OffsetCommitRequest extends Request<typeof OffsetCommit> {}
export interface OffsetCommitResponse extends Response<typeof OffsetCommit> {}
export interface OffsetCommitRequestTopic extends Item<OffsetCommitRequest['topics']> {}
export interface OffsetCommitRequestPartition extends Item<OffsetCommitRequestTopic['partitions']> {}
export interface OffsetCommitResponseTopic extends Item<OffsetCommitResponse['topics']> {}
export interface OffsetCommitResponsePartition extends Item<OffsetCommitResponseTopic['partitions']> {}
