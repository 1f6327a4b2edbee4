/** RemoveAccessControlEntryRecord (19): an access rule was deleted. */
import { uuid } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineRecord } from '../record.ts'

export const RemoveAccessControlEntryRecord = defineRecord({
  id: 19,
  name: 'RemoveAccessControlEntryRecord',
  versions: '0',
  flexible: 0,
  fields: {
    id: uuid(),
  },
})

export interface RemoveAccessControlEntryRecord extends Decoded<typeof RemoveAccessControlEntryRecord> {}
