/** ConfigRecord (4): a dynamic config was set, or removed by null. */
import { int8, string } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineRecord } from '../record.ts'

export const ConfigRecord = defineRecord({
  id: 4,
  name: 'ConfigRecord',
  versions: '0',
  flexible: 0,
  fields: {
    resourceType: int8(),
    resourceName: string(),
    name: string(),
    value: string({ nullable: '0+' }),
  },
})

export interface ConfigRecord extends Decoded<typeof ConfigRecord> {}
