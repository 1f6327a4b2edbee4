/** NoOpRecord (20): nothing; it moves the offset of the log. */
import type { Decoded } from '../../schema/schema.ts'
import { defineRecord } from '../record.ts'

export const NoOpRecord = defineRecord({
  id: 20,
  name: 'NoOpRecord',
  versions: '0',
  flexible: 0,
  fields: {},
})

export interface NoOpRecord extends Decoded<typeof NoOpRecord> {}
