/** DelegationTokenRecord (10): a delegation token was created or changed. */
import { array, int64, string } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineRecord } from '../record.ts'

export const DelegationTokenRecord = defineRecord({
  id: 10,
  name: 'DelegationTokenRecord',
  versions: '0',
  flexible: 0,
  fields: {
    owner: string(),
    requester: string(),
    renewers: array(string()),
    issueTimestamp: int64(),
    maxTimestamp: int64(),
    expirationTimestamp: int64(),
    tokenId: string(),
  },
})

export interface DelegationTokenRecord extends Decoded<typeof DelegationTokenRecord> {}
