/** ConsumerGroupMetadata record (3) of the group coordinator: the epoch of a consumer group. */
import { int32, int64, string } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineCoordinatorRecord } from '../coordinator-record.ts'

export const ConsumerGroupMetadataRecord = defineCoordinatorRecord({
  id: 3,
  name: 'ConsumerGroupMetadata',
  key: {
    groupId: string(),
  },
  versions: '0',
  flexible: 0,
  value: {
    epoch: int32(),
    metadataHash: int64({ tag: 0, wide: true }),
  },
})

export interface ConsumerGroupMetadataKey extends Decoded<typeof ConsumerGroupMetadataRecord.key> {}
export interface ConsumerGroupMetadataValue extends Decoded<typeof ConsumerGroupMetadataRecord.value> {}
