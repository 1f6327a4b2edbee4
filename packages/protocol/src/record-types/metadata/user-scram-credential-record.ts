/** UserScramCredentialRecord (11): a SCRAM credential was set. */
import { bytes, int8, int32, string } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineRecord } from '../record.ts'

export const UserScramCredentialRecord = defineRecord({
  id: 11,
  name: 'UserScramCredentialRecord',
  versions: '0',
  flexible: 0,
  fields: {
    name: string(),
    mechanism: int8(),
    salt: bytes(),
    storedKey: bytes(),
    serverKey: bytes(),
    iterations: int32(),
  },
})

export interface UserScramCredentialRecord extends Decoded<typeof UserScramCredentialRecord> {}
