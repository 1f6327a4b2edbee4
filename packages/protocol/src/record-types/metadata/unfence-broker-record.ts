/** UnfenceBrokerRecord (8): a broker was unfenced, in the way of old versions. */
import { int32, int64 } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineRecord } from '../record.ts'

export const UnfenceBrokerRecord = defineRecord({
  id: 8,
  name: 'UnfenceBrokerRecord',
  versions: '0',
  flexible: 0,
  fields: {
    id: int32(),
    epoch: int64(),
  },
})

export interface UnfenceBrokerRecord extends Decoded<typeof UnfenceBrokerRecord> {}
