/**
 * DeleteRecords (21): moves the start of partitions forward.
 *
 * Versions 0 to 2, flexible from 2. What changed:
 * - 2: flexible.
 * - 1: same layout, behaviour only.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, type Item, int16, int32, int64, string } from '../schema/field.ts'

export const DeleteRecords = defineApi({
  key: 21,
  name: 'DeleteRecords',
  route: 'leader',
  versions: '0-2',
  flexible: 2,
  request: {
    topics: array({
      name: string(),
      partitions: array({ partitionIndex: int32(), offset: int64() }),
    }),
    timeoutMs: int32(),
  },
  response: {
    throttleTimeMs: int32(),
    topics: array({
      name: string(),
      partitions: array({ partitionIndex: int32(), lowWatermark: int64(), errorCode: int16() }),
    }),
  },
})

export interface DeleteRecordsRequest extends Request<typeof DeleteRecords> {}
export interface DeleteRecordsResponse extends Response<typeof DeleteRecords> {}
export interface DeleteRecordsTopic extends Item<DeleteRecordsRequest['topics']> {}
export interface DeleteRecordsTopicResult extends Item<DeleteRecordsResponse['topics']> {}
