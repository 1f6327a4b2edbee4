/**
 * OffsetFetch (9): reads the offsets a group has stored.
 *
 * Versions 1 to 10, flexible from 6. What changed:
 * - 2: request allows null for topics; response adds errorCode.
 * - 3: response adds throttleTimeMs.
 * - 5: response adds topics[].partitions[].committedLeaderEpoch.
 * - 6: flexible.
 * - 7: request adds requireStable.
 * - 8: request adds groups; drops groupId, topics; response adds groups; drops topics, errorCode.
 * - 9: request adds groups[].memberId, groups[].memberEpoch.
 * - 10: request adds groups[].topics[].topicId; drops groups[].topics[].name; response adds
 *   groups[].topics[].topicId; drops groups[].topics[].name.
 * - 4: same layout, behaviour only.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bool, type Item, int16, int32, int64, string, uuid } from '../schema/field.ts'

export const OffsetFetch = defineApi({
  key: 9,
  name: 'OffsetFetch',
  route: 'group',
  versions: '1-10',
  flexible: 6,
  request: {
    groupId: string({ v: '0-7' }),
    topics: array(
      {
        name: string(),
        partitionIndexes: array(int32()),
      },
      { v: '0-7', nullable: '2-7' },
    ),
    groups: array(
      {
        groupId: string(),
        memberId: string({ v: '9+', nullable: '9+', default: null, ignorable: true }),
        memberEpoch: int32({ v: '9+', default: -1, ignorable: true }),
        topics: array(
          {
            name: string({ v: '8-9', ignorable: true }),
            topicId: uuid({ v: '10+', ignorable: true }),
            partitionIndexes: array(int32()),
          },
          { nullable: '8+' },
        ),
      },
      { v: '8+' },
    ),
    requireStable: bool({ v: '7+' }),
  },
  response: {
    throttleTimeMs: int32({ v: '3+', ignorable: true }),
    topics: array(
      {
        name: string(),
        partitions: array({
          partitionIndex: int32(),
          committedOffset: int64(),
          committedLeaderEpoch: int32({ v: '5-7', default: -1, ignorable: true }),
          metadata: string({ nullable: '0-7' }),
          errorCode: int16(),
        }),
      },
      { v: '0-7' },
    ),
    errorCode: int16({ v: '2-7', ignorable: true }),
    groups: array(
      {
        groupId: string(),
        topics: array({
          name: string({ v: '8-9', ignorable: true }),
          topicId: uuid({ v: '10+', ignorable: true }),
          partitions: array({
            partitionIndex: int32(),
            committedOffset: int64(),
            committedLeaderEpoch: int32({ default: -1 }),
            metadata: string({ nullable: '8+' }),
            errorCode: int16(),
          }),
        }),
        errorCode: int16(),
      },
      { v: '8+' },
    ),
  },
})

export interface OffsetFetchRequest extends Request<typeof OffsetFetch> {}
export interface OffsetFetchResponse extends Response<typeof OffsetFetch> {}
export interface OffsetFetchRequestGroup extends Item<OffsetFetchRequest['groups']> {}
export interface OffsetFetchRequestTopics extends Item<OffsetFetchRequestGroup['topics']> {}
export interface OffsetFetchResponseGroup extends Item<OffsetFetchResponse['groups']> {}
export interface OffsetFetchResponseTopics extends Item<OffsetFetchResponseGroup['topics']> {}
export interface OffsetFetchResponsePartitions extends Item<OffsetFetchResponseTopics['partitions']> {}
