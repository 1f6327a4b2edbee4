/** ShareGroupMetadata record (11) of the group coordinator: the epoch of a share group. */
import { int32, int64, string } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineCoordinatorRecord } from '../coordinator-record.ts'

export const ShareGroupMetadataRecord = defineCoordinatorRecord({
  id: 11,
  name: 'ShareGroupMetadata',
  key: {
    groupId: string(),
  },
  versions: '0',
  flexible: 0,
  value: {
    epoch: int32(),
    metadataHash: int64({ wide: true }),
  },
})

export interface ShareGroupMetadataKey extends Decoded<typeof ShareGroupMetadataRecord.key> {}
export interface ShareGroupMetadataValue extends Decoded<typeof ShareGroupMetadataRecord.value> {}
