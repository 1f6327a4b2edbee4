/**
 * DeleteShareGroupOffsets (92): deletes the start offsets of a share group.
 *
 * Version 0, flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, int16, int32, string, uuid } from '../schema/field.ts'

export const DeleteShareGroupOffsets = defineApi({
  key: 92,
  name: 'DeleteShareGroupOffsets',
  route: 'group',
  versions: '0',
  flexible: 0,
  request: {
    groupId: string(),
    topics: array({ topicName: string() }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    responses: array({
      topicName: string(),
      topicId: uuid(),
      errorCode: int16(),
      errorMessage: string({ nullable: '0+', default: null }),
    }),
  },
})

export interface DeleteShareGroupOffsetsRequest extends Request<typeof DeleteShareGroupOffsets> {}
export interface DeleteShareGroupOffsetsResponse extends Response<typeof DeleteShareGroupOffsets> {}
