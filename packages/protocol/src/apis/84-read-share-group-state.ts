/**
 * ReadShareGroupState (84): reads the state of share partitions.
 *
 * Version 0, flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, int8, int16, int32, int64, string, uuid } from '../schema/field.ts'

export const ReadShareGroupState = defineApi({
  key: 84,
  name: 'ReadShareGroupState',
  route: 'share',
  versions: '0',
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
        startOffset: int64(),
        stateBatches: array({
          firstOffset: int64(),
          lastOffset: int64(),
          deliveryState: int8(),
          deliveryCount: int16(),
        }),
      }),
    }),
  },
})

export interface ReadShareGroupStateRequest extends Request<typeof ReadShareGroupState> {}
export interface ReadShareGroupStateResponse extends Response<typeof ReadShareGroupState> {}
