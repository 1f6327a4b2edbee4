/** RemoveTopicRecord (9): a topic was deleted. */
import { uuid } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineRecord } from '../record.ts'

export const RemoveTopicRecord = defineRecord({
  id: 9,
  name: 'RemoveTopicRecord',
  versions: '0',
  flexible: 0,
  fields: {
    topicId: uuid(),
  },
})

export interface RemoveTopicRecord extends Decoded<typeof RemoveTopicRecord> {}
