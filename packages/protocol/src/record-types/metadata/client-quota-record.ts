/** ClientQuotaRecord (14): a client quota was set or removed. */
import { array, bool, float64, string } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineRecord } from '../record.ts'

export const ClientQuotaRecord = defineRecord({
  id: 14,
  name: 'ClientQuotaRecord',
  versions: '0',
  flexible: 0,
  fields: {
    entity: array({ entityType: string(), entityName: string({ nullable: '0+' }) }),
    key: string(),
    value: float64(),
    remove: bool(),
  },
})

export interface ClientQuotaRecord extends Decoded<typeof ClientQuotaRecord> {}
