/**
 * WriteShareGroupState (85): writes the state of share partitions.
 *
 * Versions 0 to 1, all flexible. What changed:
 * - 1: request adds topics[].partitions[].deliveryCompleteCount.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, int8, int16, int32, int64, string, uuid } from '../schema/field.ts'

export const WriteShareGroupState = defineApi({
  key: 85,
  name: 'WriteShareGroupState',
  route: 'share',
  versions: '0-1',
  flexible: 0,
  clusterAction: true,
  request: {
    groupId: string(),
    topics: array({
      topicId: uuid(),
      partitions: array({
        partition: int32(),
        stateEpoch: int32(),
        leaderEpoch: int32(),
        startOffset: int64(),
        deliveryCompleteCount: int32({ v: '1+', default: -1, ignorable: true }),
        stateBatches: array({
          firstOffset: int64(),
          lastOffset: int64(),
          deliveryState: int8(),
          deliveryCount: int16(),
        }),
      }),
    }),
  },
  response: {
    results: array({
      topicId: uuid(),
      partitions: array({
        partition: int32(),
        errorCode: int16(),
        errorMessage: string({ nullable: '0+', default: null }),
      }),
    }),
  },
})

export interface WriteShareGroupStateRequest extends Request<typeof WriteShareGroupState> {}
export interface WriteShareGroupStateResponse extends Response<typeof WriteShareGroupState> {}
