/**
 * ListOffsets (2): finds offsets by timestamp, and the first and last ones.
 *
 * Versions 1 to 11, flexible from 6. What changed:
 * - 2: request adds isolationLevel; response adds throttleTimeMs.
 * - 4: request adds topics[].partitions[].currentLeaderEpoch; response adds topics[].partitions[].leaderEpoch.
 * - 6: flexible.
 * - 10: request adds timeoutMs.
 * - 3, 5, 7, 8, 9, 11: same layout, behaviour only.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, type Item, int8, int16, int32, int64, string } from '../schema/field.ts'

export const ListOffsets = defineApi({
  key: 2,
  name: 'ListOffsets',
  route: 'leader',
  versions: '1-11',
  flexible: 6,
  request: {
    replicaId: int32(),
    isolationLevel: int8({ v: '2+' }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        currentLeaderEpoch: int32({ v: '4+', default: -1, ignorable: true }),
        timestamp: int64(),
      }),
    }),
    timeoutMs: int32({ v: '10+', ignorable: true }),
  },
  response: {
    throttleTimeMs: int32({ v: '2+', ignorable: true }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        timestamp: int64({ default: -1 }),
        offset: int64({ default: -1 }),
        leaderEpoch: int32({ v: '4+', default: -1 }),
      }),
    }),
  },
})

export interface ListOffsetsRequest extends Request<typeof ListOffsets> {}
export interface ListOffsetsResponse extends Response<typeof ListOffsets> {}
export interface ListOffsetsTopic extends Item<ListOffsetsRequest['topics']> {}
export interface ListOffsetsPartition extends Item<ListOffsetsTopic['partitions']> {}
export interface ListOffsetsTopicResponse extends Item<ListOffsetsResponse['topics']> {}
export interface ListOffsetsPartitionResponse extends Item<ListOffsetsTopicResponse['partitions']> {}
