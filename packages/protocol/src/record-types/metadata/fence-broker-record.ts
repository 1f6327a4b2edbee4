/** FenceBrokerRecord (7): a broker was fenced, in the way of old versions. */
import { int32, int64 } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineRecord } from '../record.ts'

export const FenceBrokerRecord = defineRecord({
  id: 7,
  name: 'FenceBrokerRecord',
  versions: '0',
  flexible: 0,
  fields: {
    id: int32(),
    epoch: int64(),
  },
})

export interface FenceBrokerRecord extends Decoded<typeof FenceBrokerRecord> {}
