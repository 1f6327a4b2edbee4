/** TopicRecord (2): a topic was created. */
import { string, uuid } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineRecord } from '../record.ts'

export const TopicRecord = defineRecord({
  id: 2,
  name: 'TopicRecord',
  versions: '0',
  flexible: 0,
  fields: {
    name: string(),
    topicId: uuid(),
  },
})

export interface TopicRecord extends Decoded<typeof TopicRecord> {}
