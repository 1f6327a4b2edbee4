/**
 * InitializeShareGroupState (83): creates the state of share partitions.
 *
 * Version 0, flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, int16, int32, int64, string, uuid } from '../schema/field.ts'

export const InitializeShareGroupState = defineApi({
  key: 83,
  name: 'InitializeShareGroupState',
  route: 'share',
  versions: '0',
  flexible: 0,
  clusterAction: true,
  request: {
    groupId: string(),
    topics: array({
      topicId: uuid(),
      partitions: array({ partition: int32(), stateEpoch: int32(), startOffset: int64() }),
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

export interface InitializeShareGroupStateRequest extends Request<typeof InitializeShareGroupState> {}
export interface InitializeShareGroupStateResponse extends Response<typeof InitializeShareGroupState> {}
