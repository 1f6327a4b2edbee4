/**
 * TransactionLog record (0) of the transaction coordinator: the state of a transactional id.
 *
 * Value versions:
 * - 1: flexible; adds previousProducerId, nextProducerId, nextProducerEpoch, clientTransactionVersion.
 */
import { array, int8, int16, int32, int64, string } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineCoordinatorRecord } from '../coordinator-record.ts'

export const TransactionLogRecord = defineCoordinatorRecord({
  id: 0,
  name: 'TransactionLog',
  key: {
    transactionalId: string(),
  },
  versions: '0-1',
  flexible: 1,
  value: {
    producerId: int64(),
    previousProducerId: int64({ v: '1+', tag: 0, default: -1 }),
    nextProducerId: int64({ v: '1+', tag: 1, default: -1 }),
    producerEpoch: int16(),
    nextProducerEpoch: int16({ v: '1+', tag: 3, default: -1 }),
    transactionTimeoutMs: int32(),
    transactionStatus: int8(),
    transactionPartitions: array(
      {
        topic: string(),
        partitionIds: array(int32()),
      },
      { nullable: '0+' },
    ),
    transactionLastUpdateTimestampMs: int64(),
    transactionStartTimestampMs: int64(),
    clientTransactionVersion: int16({ v: '1+', tag: 2 }),
  },
})

export interface TransactionLogKey extends Decoded<typeof TransactionLogRecord.key> {}
export interface TransactionLogValue extends Decoded<typeof TransactionLogRecord.value> {}
