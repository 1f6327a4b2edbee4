/** RemoveUserScramCredentialRecord (22): a SCRAM credential was deleted. */
import { int8, string } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineRecord } from '../record.ts'

export const RemoveUserScramCredentialRecord = defineRecord({
  id: 22,
  name: 'RemoveUserScramCredentialRecord',
  versions: '0',
  flexible: 0,
  fields: {
    name: string(),
    mechanism: int8(),
  },
})

export interface RemoveUserScramCredentialRecord extends Decoded<typeof RemoveUserScramCredentialRecord> {}
