/** ProducerIdsRecord (15): a block of producer ids was reserved. */
import { int32, int64 } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineRecord } from '../record.ts'

export const ProducerIdsRecord = defineRecord({
  id: 15,
  name: 'ProducerIdsRecord',
  versions: '0',
  flexible: 0,
  fields: {
    brokerId: int32(),
    brokerEpoch: int64({ default: -1 }),
    nextProducerId: int64(),
  },
})

export interface ProducerIdsRecord extends Decoded<typeof ProducerIdsRecord> {}
