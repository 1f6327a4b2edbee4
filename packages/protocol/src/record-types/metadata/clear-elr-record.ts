/** ClearElrRecord (28): the eligible leader replicas of a topic, or of all, were cleared. */
import { string } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineRecord } from '../record.ts'

export const ClearElrRecord = defineRecord({
  id: 28,
  name: 'ClearElrRecord',
  versions: '0',
  flexible: 0,
  fields: {
    topicName: string(),
  },
})

export interface ClearElrRecord extends Decoded<typeof ClearElrRecord> {}
