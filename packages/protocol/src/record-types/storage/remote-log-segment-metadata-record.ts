/** RemoteLogSegmentMetadataRecord (0): a segment in remote storage. */
import { array, bool, bytes, int8, int32, int64, string, struct, uuid } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineRecord } from '../record.ts'

export const RemoteLogSegmentMetadataRecord = defineRecord({
  id: 0,
  name: 'RemoteLogSegmentMetadataRecord',
  versions: '0',
  flexible: 0,
  fields: {
    remoteLogSegmentId: struct({
      topicIdPartition: struct({ name: string(), id: uuid(), partition: int32() }),
      id: uuid(),
    }),
    startOffset: int64(),
    endOffset: int64(),
    brokerId: int32(),
    maxTimestampMs: int64(),
    eventTimestampMs: int64(),
    segmentLeaderEpochs: array({ leaderEpoch: int32(), offset: int64() }),
    segmentSizeInBytes: int32(),
    customMetadata: bytes({ nullable: '0+', default: null }),
    remoteLogSegmentState: int8(),
    txnIndexEmpty: bool({ tag: 0 }),
  },
})

export interface RemoteLogSegmentMetadataRecord extends Decoded<typeof RemoteLogSegmentMetadataRecord> {}
