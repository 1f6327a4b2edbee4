/**
 * DescribeShareGroupOffsets (90): reads the start offsets of share groups.
 *
 * Versions 0 to 1, all flexible. What changed:
 * - 1: response adds groups[].topics[].partitions[].lag.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, int16, int32, int64, string, uuid } from '../schema/field.ts'

export const DescribeShareGroupOffsets = defineApi({
  key: 90,
  name: 'DescribeShareGroupOffsets',
  route: 'group',
  versions: '0-1',
  flexible: 0,
  request: {
    groups: array({
      groupId: string(),
      topics: array(
        {
          topicName: string(),
          partitions: array(int32()),
        },
        { nullable: '0+' },
      ),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    groups: array({
      groupId: string(),
      topics: array({
        topicName: string(),
        topicId: uuid(),
        partitions: array({
          partitionIndex: int32(),
          startOffset: int64(),
          leaderEpoch: int32(),
          lag: int64({ v: '1+', default: -1, ignorable: true }),
          errorCode: int16(),
          errorMessage: string({ nullable: '0+', default: null }),
        }),
      }),
      errorCode: int16(),
      errorMessage: string({ nullable: '0+', default: null }),
    }),
  },
})

export interface DescribeShareGroupOffsetsRequest extends Request<typeof DescribeShareGroupOffsets> {}
export interface DescribeShareGroupOffsetsResponse extends Response<typeof DescribeShareGroupOffsets> {}
