/**
 * DescribeProducers (61): lists producers with state in partitions.
 *
 * Version 0, flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, int16, int32, int64, string } from '../schema/field.ts'

export const DescribeProducers = defineApi({
  key: 61,
  name: 'DescribeProducers',
  route: 'leader',
  versions: '0',
  flexible: 0,
  request: {
    topics: array({
      name: string(),
      partitionIndexes: array(int32()),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: string({ nullable: '0+', default: null }),
        activeProducers: array({
          producerId: int64(),
          producerEpoch: int32(),
          lastSequence: int32({ default: -1 }),
          lastTimestamp: int64({ default: -1 }),
          coordinatorEpoch: int32(),
          currentTxnStartOffset: int64({ default: -1 }),
        }),
      }),
    }),
  },
})

export interface DescribeProducersRequest extends Request<typeof DescribeProducers> {}
export interface DescribeProducersResponse extends Response<typeof DescribeProducers> {}
