/** Metadata snapshots that Apache Kafka wrote, as they would be had it written them in an instant. */
import { readFileSync } from 'node:fs'
import { BatchHeader, batchHeaderSize, forEachBatch } from '@millrace/protocol'

const baseTimestampAt = 27
const maxTimestampAt = 35
/** In the header record: length, attributes, two deltas, key length, key of 4 bytes, value length, int16 version. */
const lastContainedAt = batchHeaderSize + 1 + 1 + 2 + 1 + 4 + 1 + 2

export function snapshotVector(name: string): Buffer {
  return readFileSync(new URL(`./vectors/metadata/${name}`, import.meta.url))
}

/** When it was begun. */
export function timestampOf(snapshot: Buffer): number {
  return BatchHeader.maxTimestamp(snapshot, 0)
}

/** The time of the last record that it stands for, as its header says. */
export function lastContainedTimestampOf(snapshot: Buffer): number {
  return Number(snapshot.readBigInt64BE(lastContainedAt))
}

/** The same with one time in all batches, and with another last contained time if given. Kafka's batches are milliseconds apart. */
export function inAnInstant(snapshot: Buffer, lastContainedTimestamp = lastContainedTimestampOf(snapshot)): Buffer {
  const copy = Buffer.from(snapshot)
  const timestamp = BigInt(timestampOf(snapshot))
  copy.writeBigInt64BE(BigInt(lastContainedTimestamp), lastContainedAt)
  forEachBatch(copy, 0, copy.length, (position) => {
    copy.writeBigInt64BE(timestamp, position + baseTimestampAt)
    copy.writeBigInt64BE(timestamp, position + maxTimestampAt)
    BatchHeader.seal(copy, position)
  })
  return copy
}
