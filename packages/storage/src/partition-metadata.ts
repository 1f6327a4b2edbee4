/** `partition.metadata`: the topic id of a log's directory (reference 3.6). */
import { type Uuid, uuidToBytes } from '@millrace/base'
import { StorageError } from './errors.ts'

export const partitionMetadataFileName = 'partition.metadata'
export const partitionMetadataBytesMax = 4096

/** 43 bytes; no line end after the last line, as Kafka writes it. */
export function encodePartitionMetadata(topicId: Uuid): Buffer {
  return Buffer.from(`version: 0\ntopic_id: ${topicId}`)
}

export function decodePartitionMetadata(bytes: Buffer, path: string): Uuid {
  const match = /^version: 0\ntopic_id: ([A-Za-z0-9_-]{22})\n?$/.exec(bytes.toString())
  const topicId = match?.[1]
  if (topicId === undefined || uuidToBytes(topicId) === undefined) {
    throw new StorageError('invalid-file', `${path} holds no topic id in a version that Millrace knows`, { path })
  }
  return topicId
}
