/** AbortTransactionRecord (25): the records since the begin do not count. */
import { string } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineRecord } from '../record.ts'

export const AbortTransactionRecord = defineRecord({
  id: 25,
  name: 'AbortTransactionRecord',
  versions: '0',
  flexible: 0,
  fields: {
    reason: string({ nullable: '0+', tag: 0, default: null }),
  },
})

export interface AbortTransactionRecord extends Decoded<typeof AbortTransactionRecord> {}
