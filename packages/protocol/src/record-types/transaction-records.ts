/** The record types of the transaction coordinator, in `__transaction_state`. */
import { type CoordinatorKey, type CoordinatorRecord, coordinatorRecords } from './coordinator-record.ts'
import { TransactionLogRecord } from './transaction/transaction-log.ts'

export const transactionRecords = coordinatorRecords('transaction', {
  TransactionLog: TransactionLogRecord,
})

/** A decoded key of `__transaction_state`. */
export type TransactionRecordKey = CoordinatorKey<typeof transactionRecords.types>
/** A decoded record of `__transaction_state`. */
export type TransactionRecord = CoordinatorRecord<typeof transactionRecords.types>
