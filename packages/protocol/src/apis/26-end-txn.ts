/**
 * EndTxn (26): commits or aborts a transaction.
 *
 * Versions 0 to 5, flexible from 3. What changed:
 * - 3: flexible.
 * - 5: response adds producerId, producerEpoch.
 * - 1, 2, 4: same layout, behaviour only.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { bool, int16, int32, int64, string } from '../schema/field.ts'

export const EndTxn = defineApi({
  key: 26,
  name: 'EndTxn',
  route: 'transaction',
  versions: '0-5',
  flexible: 3,
  request: {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    committed: bool(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    producerId: int64({ v: '5+', default: -1, ignorable: true }),
    producerEpoch: int16({ v: '5+', default: -1, ignorable: true }),
  },
})

export interface EndTxnRequest extends Request<typeof EndTxn> {}
export interface EndTxnResponse extends Response<typeof EndTxn> {}
