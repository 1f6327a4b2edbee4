/** RemoteLogSegmentMetadataUpdateRecord (1): a segment in remote storage changed its state. */
import { bytes, int8, int32, int64, string, struct, uuid } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineRecord } from '../record.ts'

export const RemoteLogSegmentMetadataUpdateRecord = defineRecord({
  id: 1,
  name: 'RemoteLogSegmentMetadataUpdateRecord',
  versions: '0',
  flexible: 0,
  fields: {
    remoteLogSegmentId: struct({
      topicIdPartition: struct({ name: string(), id: uuid(), partition: int32() }),
      id: uuid(),
    }),
    brokerId: int32(),
    eventTimestampMs: int64(),
    customMetadata: bytes({ nullable: '0+', default: null }),
    remoteLogSegmentState: int8(),
  },
})

export interface RemoteLogSegmentMetadataUpdateRecord extends Decoded<typeof RemoteLogSegmentMetadataUpdateRecord> {}
