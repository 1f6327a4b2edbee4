/**
 * ReadShareGroupStateSummary (87): reads start offsets and epochs of share partitions, without the batches.
 *
 * Versions 0 to 1, all flexible. What changed:
 * - 1: response adds results[].partitions[].deliveryCompleteCount.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, int16, int32, int64, string, uuid } from '../schema/field.ts'

export const ReadShareGroupStateSummary = defineApi({
  key: 87,
  name: 'ReadShareGroupStateSummary',
  route: 'share',
  versions: '0-1',
  flexible: 0,
  clusterAction: true,
  request: {
    groupId: string(),
    topics: array({
      topicId: uuid(),
      partitions: array({ partition: int32(), leaderEpoch: int32() }),
    }),
  },
  response: {
    results: array({
      topicId: uuid(),
      partitions: array({
        partition: int32(),
        errorCode: int16(),
        errorMessage: string({ nullable: '0+', default: null }),
        stateEpoch: int32(),
        leaderEpoch: int32(),
        startOffset: int64(),
        deliveryCompleteCount: int32({ v: '1+', default: -1, ignorable: true }),
      }),
    }),
  },
})

export interface ReadShareGroupStateSummaryRequest extends Request<typeof ReadShareGroupStateSummary> {}
export interface ReadShareGroupStateSummaryResponse extends Response<typeof ReadShareGroupStateSummary> {}
