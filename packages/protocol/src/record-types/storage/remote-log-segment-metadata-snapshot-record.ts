/** RemoteLogSegmentMetadataSnapshotRecord (3): a segment in remote storage, in a snapshot without the partition. */
import { array, bool, bytes, int8, int32, int64, uuid } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineRecord } from '../record.ts'

export const RemoteLogSegmentMetadataSnapshotRecord = defineRecord({
  id: 3,
  name: 'RemoteLogSegmentMetadataSnapshotRecord',
  versions: '0',
  flexible: 0,
  fields: {
    segmentId: uuid(),
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

export interface RemoteLogSegmentMetadataSnapshotRecord
  extends Decoded<typeof RemoteLogSegmentMetadataSnapshotRecord> {}
