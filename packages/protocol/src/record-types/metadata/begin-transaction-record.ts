/** BeginTransactionRecord (23): the records that follow belong together. */
import { string } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineRecord } from '../record.ts'

export const BeginTransactionRecord = defineRecord({
  id: 23,
  name: 'BeginTransactionRecord',
  versions: '0',
  flexible: 0,
  fields: {
    name: string({ nullable: '0+', tag: 0, default: null }),
  },
})

export interface BeginTransactionRecord extends Decoded<typeof BeginTransactionRecord> {}
