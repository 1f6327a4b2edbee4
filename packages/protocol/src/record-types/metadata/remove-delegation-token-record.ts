/** RemoveDelegationTokenRecord (26): a delegation token was deleted. */
import { string } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineRecord } from '../record.ts'

export const RemoveDelegationTokenRecord = defineRecord({
  id: 26,
  name: 'RemoveDelegationTokenRecord',
  versions: '0',
  flexible: 0,
  fields: {
    tokenId: string(),
  },
})

export interface RemoveDelegationTokenRecord extends Decoded<typeof RemoveDelegationTokenRecord> {}
