/**
 * Metadata snapshots, `<end offset>-<epoch>.checkpoint`: a header, what the quorum must know, the image's records, a footer.
 * The file `bootstrap.checkpoint` has the same form. Reference section 4.5.
 */
import { type ControlRecordInput, encodeControlBatch, type MetadataRecord } from '@millrace/protocol'
import type { SnapshotControl, SnapshotId, VoterSet } from '@millrace/raft'
import { decodeMetadataBatches, encodeMetadataBatch, toWireControl } from './metadata-batch.ts'

/** Records in one batch of a snapshot. */
const batchRecordCountMax = 1024

export interface SnapshotContents {
  readonly records: readonly MetadataRecord[]
  readonly control: SnapshotControl
}

/** What a snapshot says about the quorum; undefined under kraft.version 0 and in `bootstrap.checkpoint`. */
export interface SnapshotQuorum {
  readonly kraftVersion: number
  readonly voters: VoterSet
}

/**
 * The bytes of a snapshot file. Every batch has epoch 0 and offsets of its own, counted from 0, as Kafka writes them.
 *
 * @param lastContainedLogTimestamp of the last record that the snapshot stands for; 0 for none
 */
export function encodeSnapshot(
  records: readonly MetadataRecord[],
  quorum: SnapshotQuorum | undefined,
  timestamp: number,
  lastContainedLogTimestamp: number,
): Buffer {
  const options = (baseOffset: number) => ({ baseOffset, partitionLeaderEpoch: 0, timestamp })
  const header: ControlRecordInput[] = [{ type: 'SnapshotHeader', data: { lastContainedLogTimestamp } }]
  if (quorum !== undefined) {
    const { kraftVersion, voters } = quorum
    header.push(
      toWireControl({ type: 'kraftVersion', kraftVersion }),
      toWireControl({ type: 'voters', voters: voters.voters }),
    )
  }
  const batches = [encodeControlBatch(header, options(0))]
  let offset = header.length
  for (let start = 0; start < records.length; start += batchRecordCountMax) {
    const part = records.slice(start, start + batchRecordCountMax)
    batches.push(encodeMetadataBatch(part, offset, 0, timestamp))
    offset += part.length
  }
  batches.push(encodeControlBatch([{ type: 'SnapshotFooter', data: {} }], options(offset)))
  return Buffer.concat(batches)
}

export function decodeSnapshot(bytes: Buffer): SnapshotContents {
  const batches = decodeMetadataBatches(bytes)
  const control = batches.flatMap((batch) => batch.control).map(({ record }) => record)
  const version = control.find((record) => record.type === 'kraftVersion')
  const voters = control.findLast((record) => record.type === 'voters')
  return {
    records: batches.flatMap((batch) => batch.records),
    control: { kraftVersion: version?.kraftVersion, voters: voters?.voters },
  }
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
