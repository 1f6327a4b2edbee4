/**
 * OffsetDelete (47): deletes stored offsets of a group.
 *
 * Version 0, never flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, int16, int32, string } from '../schema/field.ts'

export const OffsetDelete = defineApi({
  key: 47,
  name: 'OffsetDelete',
  route: 'group',
  versions: '0',
  flexible: Infinity,
  request: {
    groupId: string(),
    topics: array({
      name: string(),
      partitions: array({ partitionIndex: int32() }),
    }),
  },
  response: {
    errorCode: int16(),
    throttleTimeMs: int32(),
    topics: array({
      name: string(),
      partitions: array({ partitionIndex: int32(), errorCode: int16() }),
    }),
  },
})

export interface OffsetDeleteRequest extends Request<typeof OffsetDelete> {}
export interface OffsetDeleteResponse extends Response<typeof OffsetDelete> {}
