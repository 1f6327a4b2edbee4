/**
 * DescribeTransactions (65): describes transactions.
 *
 * Version 0, flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, int16, int32, int64, string } from '../schema/field.ts'

export const DescribeTransactions = defineApi({
  key: 65,
  name: 'DescribeTransactions',
  route: 'transaction',
  versions: '0',
  flexible: 0,
  request: {
    transactionalIds: array(string()),
  },
  response: {
    throttleTimeMs: int32(),
    transactionStates: array({
      errorCode: int16(),
      transactionalId: string(),
      transactionState: string(),
      transactionTimeoutMs: int32(),
      transactionStartTimeMs: int64(),
      producerId: int64(),
      producerEpoch: int16(),
      topics: array({
        topic: string(),
        partitions: array(int32()),
      }),
    }),
  },
})

export interface DescribeTransactionsRequest extends Request<typeof DescribeTransactions> {}
export interface DescribeTransactionsResponse extends Response<typeof DescribeTransactions> {}
