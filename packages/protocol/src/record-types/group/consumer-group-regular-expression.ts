/** ConsumerGroupRegularExpression record (16) of the group coordinator: the topics a regular expression of a consumer group matched. */
import { array, int64, string } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineCoordinatorRecord } from '../coordinator-record.ts'

export const ConsumerGroupRegularExpressionRecord = defineCoordinatorRecord({
  id: 16,
  name: 'ConsumerGroupRegularExpression',
  key: {
    groupId: string(),
    regularExpression: string(),
  },
  versions: '0',
  flexible: 0,
  value: {
    topics: array(string()),
    version: int64(),
    timestamp: int64(),
  },
})

export interface ConsumerGroupRegularExpressionKey extends Decoded<typeof ConsumerGroupRegularExpressionRecord.key> {}
export interface ConsumerGroupRegularExpressionValue
  extends Decoded<typeof ConsumerGroupRegularExpressionRecord.value> {}
