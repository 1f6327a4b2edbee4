/** EndTransactionRecord (24): the records since the begin count. */
import type { Decoded } from '../../schema/schema.ts'
import { defineRecord } from '../record.ts'

export const EndTransactionRecord = defineRecord({
  id: 24,
  name: 'EndTransactionRecord',
  versions: '0',
  flexible: 0,
  fields: {},
})

export interface EndTransactionRecord extends Decoded<typeof EndTransactionRecord> {}
