/**
 * Metadata snapshots, `<end offset>-<epoch>.checkpoint`: a header with what the quorum must know, the image's records, a footer.
 * The file `bootstrap.checkpoint` has the same form. Reference section 4.5.
 */
import { BatchHeader, type MetadataRecord } from '@millrace/protocol'
import { encodeSnapshotFooter, encodeSnapshotHeader, type SnapshotId, type VoterSet } from '@millrace/raft'
import { decodeMetadataBatches, encodeMetadataBatch } from './metadata-batch.ts'

/** Records in one batch of a snapshot. */
const batchRecordCountMax = 1024

/** What a snapshot says about the quorum; undefined under kraft.version 0 and in `bootstrap.checkpoint`. */
export interface SnapshotQuorum {
  readonly kraftVersion: number
  readonly voters: VoterSet
}

/** Where and when a snapshot is made. */
export interface SnapshotPlace {
  /** Of the last record that it stands for; 0 in a new cluster. */
  readonly epoch: number
  /** Now, milliseconds since 1970. */
  readonly timestamp: number
  /** Of the last record that it stands for; 0 for none. */
  readonly lastContainedTimestamp: number
}

/** The bytes of a snapshot file. Its offsets are its own, counted from 0, as Kafka writes them. */
export function encodeSnapshot(
  records: readonly MetadataRecord[],
  quorum: SnapshotQuorum | undefined,
  { epoch, timestamp, lastContainedTimestamp }: SnapshotPlace,
): Buffer {
  const control = quorum === undefined ? undefined : { kraftVersion: quorum.kraftVersion, voters: quorum.voters.voters }
  const place = { epoch, timestamp }
  const header = encodeSnapshotHeader(control, lastContainedTimestamp, place)
  const batches = [header]
  let baseOffset = BatchHeader.lastOffset(header, 0) + 1
  for (let start = 0; start < records.length; start += batchRecordCountMax) {
    const part = records.slice(start, start + batchRecordCountMax)
    batches.push(encodeMetadataBatch(part, baseOffset, epoch, timestamp))
    baseOffset += part.length
  }
  batches.push(encodeSnapshotFooter({ ...place, baseOffset }))
  return Buffer.concat(batches)
}

/** The records of a snapshot; what it says about the quorum is read by `readSnapshotControl`. */
export function decodeSnapshot(bytes: Buffer): MetadataRecord[] {
  return decodeMetadataBatches(bytes).flatMap(({ records }) => records)
}

const namePattern = /^(\d{20})-(\d{10})\.checkpoint$/

export function snapshotFileName({ offset, epoch }: SnapshotId): string {
  return `${String(offset).padStart(20, '0')}-${String(epoch).padStart(10, '0')}.checkpoint`
}

/** Undefined for a name that is no snapshot's. */
export function parseSnapshotFileName(name: string): SnapshotId | undefined {
  const match = namePattern.exec(name)
  return match === null ? undefined : { offset: Number(match[1]), epoch: Number(match[2]) }
}
