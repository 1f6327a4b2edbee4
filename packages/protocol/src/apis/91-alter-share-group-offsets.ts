/**
 * AlterShareGroupOffsets (91): sets the start offsets of a share group.
 *
 * Version 0, flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, int16, int32, int64, string, uuid } from '../schema/field.ts'

export const AlterShareGroupOffsets = defineApi({
  key: 91,
  name: 'AlterShareGroupOffsets',
  route: 'group',
  versions: '0',
  flexible: 0,
  request: {
    groupId: string(),
    topics: array({
      topicName: string(),
      partitions: array({ partitionIndex: int32(), startOffset: int64() }),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    responses: array({
      topicName: string(),
      topicId: uuid(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: string({ nullable: '0+', default: null }),
      }),
    }),
  },
})

export interface AlterShareGroupOffsetsRequest extends Request<typeof AlterShareGroupOffsets> {}
export interface AlterShareGroupOffsetsResponse extends Response<typeof AlterShareGroupOffsets> {}
