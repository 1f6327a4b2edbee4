/**
 * ListTransactions (66): lists the transactions this broker coordinates.
 *
 * Versions 0 to 2, all flexible. What changed:
 * - 1: request adds durationFilter.
 * - 2: request adds transactionalIdPattern.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, int16, int32, int64, string } from '../schema/field.ts'

export const ListTransactions = defineApi({
  key: 66,
  name: 'ListTransactions',
  route: 'broker',
  versions: '0-2',
  flexible: 0,
  request: {
    stateFilters: array(string()),
    producerIdFilters: array(int64()),
    durationFilter: int64({ v: '1+', default: -1 }),
    transactionalIdPattern: string({ v: '2+', nullable: '2+', default: null }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    unknownStateFilters: array(string()),
    transactionStates: array({
      transactionalId: string(),
      producerId: int64(),
      transactionState: string(),
    }),
  },
})

export interface ListTransactionsRequest extends Request<typeof ListTransactions> {}
export interface ListTransactionsResponse extends Response<typeof ListTransactions> {}
