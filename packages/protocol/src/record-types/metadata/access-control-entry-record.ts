/** AccessControlEntryRecord (18): an access rule was created. */
import { int8, string, uuid } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineRecord } from '../record.ts'

export const AccessControlEntryRecord = defineRecord({
  id: 18,
  name: 'AccessControlEntryRecord',
  versions: '0',
  flexible: 0,
  fields: {
    id: uuid(),
    resourceType: int8(),
    resourceName: string(),
    patternType: int8(),
    principal: string(),
    host: string(),
    operation: int8(),
    permissionType: int8(),
  },
})

export interface AccessControlEntryRecord extends Decoded<typeof AccessControlEntryRecord> {}
