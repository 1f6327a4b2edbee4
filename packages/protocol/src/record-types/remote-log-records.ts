/** The records of `__remote_log_metadata`, about segments in remote storage. */
import { type FramedRecord, type FramedRecordInput, framedRecordCodec } from './framed-record.ts'
import { RemoteLogSegmentMetadataRecord } from './storage/remote-log-segment-metadata-record.ts'
import { RemoteLogSegmentMetadataSnapshotRecord } from './storage/remote-log-segment-metadata-snapshot-record.ts'
import { RemoteLogSegmentMetadataUpdateRecord } from './storage/remote-log-segment-metadata-update-record.ts'
import { RemotePartitionDeleteMetadataRecord } from './storage/remote-partition-delete-metadata-record.ts'

export const remoteLogMetadataRecordTypes = {
  RemoteLogSegmentMetadataRecord,
  RemoteLogSegmentMetadataUpdateRecord,
  RemotePartitionDeleteMetadataRecord,
  RemoteLogSegmentMetadataSnapshotRecord,
}

/** Kafka's names of the records. */
export type RemoteLogMetadataRecordType = keyof typeof remoteLogMetadataRecordTypes
/** A decoded record: `type` tells what `data` is. */
export type RemoteLogMetadataRecord = FramedRecord<typeof remoteLogMetadataRecordTypes>
/** What encoding takes: fields left out of `data` have their default. */
export type RemoteLogMetadataRecordInput = FramedRecordInput<typeof remoteLogMetadataRecordTypes>

const codec = framedRecordCodec(remoteLogMetadataRecordTypes)

/** The value of a record in the topic of remote log metadata. Throws EncodeError. */
export function encodeRemoteLogMetadataRecord(record: RemoteLogMetadataRecordInput): Buffer {
  return codec.encode(record)
}

/** Throws DecodeError; its code is `unknown-type` for a record type that newer software may know. */
export function decodeRemoteLogMetadataRecord(bytes: Buffer): RemoteLogMetadataRecord {
  return codec.decode(bytes)
}
