/**
 * DeleteShareGroupState (86): deletes the state of share partitions.
 *
 * Version 0, flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, int16, int32, string, uuid } from '../schema/field.ts'

export const DeleteShareGroupState = defineApi({
  key: 86,
  name: 'DeleteShareGroupState',
  route: 'share',
  versions: '0',
  flexible: 0,
  clusterAction: true,
  request: {
    groupId: string(),
    topics: array({
      topicId: uuid(),
      partitions: array({ partition: int32() }),
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

export interface DeleteShareGroupStateRequest extends Request<typeof DeleteShareGroupState> {}
export interface DeleteShareGroupStateResponse extends Response<typeof DeleteShareGroupState> {}
