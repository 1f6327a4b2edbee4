/** UnregisterBrokerRecord (1): a broker was removed from the cluster. */
import { int32, int64 } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineRecord } from '../record.ts'

export const UnregisterBrokerRecord = defineRecord({
  id: 1,
  name: 'UnregisterBrokerRecord',
  versions: '0',
  flexible: 0,
  fields: {
    brokerId: int32(),
    brokerEpoch: int64(),
  },
})

export interface UnregisterBrokerRecord extends Decoded<typeof UnregisterBrokerRecord> {}
