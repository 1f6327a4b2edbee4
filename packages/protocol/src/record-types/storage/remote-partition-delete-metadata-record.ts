/** RemotePartitionDeleteMetadataRecord (2): a partition with remote segments is being deleted. */
import { int8, int32, int64, string, struct, uuid } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineRecord } from '../record.ts'

export const RemotePartitionDeleteMetadataRecord = defineRecord({
  id: 2,
  name: 'RemotePartitionDeleteMetadataRecord',
  versions: '0',
  flexible: 0,
  fields: {
    topicIdPartition: struct({ name: string(), id: uuid(), partition: int32() }),
    brokerId: int32(),
    eventTimestampMs: int64(),
    remotePartitionDeleteState: int8(),
  },
})

export interface RemotePartitionDeleteMetadataRecord extends Decoded<typeof RemotePartitionDeleteMetadataRecord> {}
