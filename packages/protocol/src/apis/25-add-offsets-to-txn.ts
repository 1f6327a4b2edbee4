/**
 * AddOffsetsToTxn (25): adds a group's offsets to a transaction.
 *
 * Versions 0 to 4, flexible from 3. What changed:
 * - 3: flexible.
 * - 1, 2, 4: same layout, behaviour only.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { int16, int32, int64, string } from '../schema/field.ts'

export const AddOffsetsToTxn = defineApi({
  key: 25,
  name: 'AddOffsetsToTxn',
  route: 'transaction',
  versions: '0-4',
  flexible: 3,
  request: {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    groupId: string(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
  },
})

export interface AddOffsetsToTxnRequest extends Request<typeof AddOffsetsToTxn> {}
export interface AddOffsetsToTxnResponse extends Response<typeof AddOffsetsToTxn> {}
