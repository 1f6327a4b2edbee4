/** Batches of the metadata log and its snapshots: plain magic 2, uncompressed, metadata records or control records. Reference 4.1. */
import {
  BatchHeader,
  type ControlRecordInput,
  decodeControlRecord,
  decodeMetadataRecord,
  encodeBatch,
  encodeControlBatch,
  encodeMetadataRecord,
  forEachBatch,
  type MetadataRecord,
  openBatch,
} from '@millrace/protocol'
import type { ControlRecord, LocatedControlRecord, Voter } from '@millrace/raft'

/** One batch of the metadata log, decoded. A control batch has no metadata records. */
export interface DecodedMetadataBatch {
  readonly baseOffset: number
  readonly endOffset: number
  readonly epoch: number
  readonly records: readonly MetadataRecord[]
  readonly control: readonly LocatedControlRecord[]
}

export function encodeMetadataBatch(
  records: readonly MetadataRecord[],
  baseOffset: number,
  epoch: number,
  timestamp: number,
): Buffer {
  const inputs = records.map((record) => ({ timestamp, key: null, value: encodeMetadataRecord(record) }))
  return encodeBatch(inputs, { baseOffset, partitionLeaderEpoch: epoch })
}

export function encodeControlBatchOf(
  records: readonly ControlRecord[],
  baseOffset: number,
  epoch: number,
  timestamp: number,
): Buffer {
  return encodeControlBatch(records.map(toWireControl), { baseOffset, partitionLeaderEpoch: epoch, timestamp })
}

/** Whole batches in order. Throws RecordsError or DecodeError for damaged ones. */
export function decodeMetadataBatches(bytes: Buffer): DecodedMetadataBatch[] {
  const batches: DecodedMetadataBatch[] = []
  forEachBatch(bytes, 0, bytes.length, (position) => {
    const batch = openBatch(bytes, position)
    const records: MetadataRecord[] = []
    const control: LocatedControlRecord[] = []
    for (const { offset, key, value } of batch) {
      if (!batch.isControl) {
        // Copied: what the image keeps of a record must not keep a whole read buffer.
        if (value !== null) records.push(decodeMetadataRecord(Buffer.from(value)))
        continue
      }
      const record = key === null || value === null ? undefined : fromWire(key, value)
      if (record !== undefined) control.push({ offset, record })
    }
    const { baseOffset, lastOffset } = batch
    batches.push({
      baseOffset,
      endOffset: lastOffset + 1,
      epoch: BatchHeader.partitionLeaderEpoch(bytes, position),
      records,
      control,
    })
  })
  return batches
}

/** The protocol's form of a control record. */
export function toWireControl(record: ControlRecord): ControlRecordInput {
  switch (record.type) {
    case 'leaderChange':
      return {
        type: 'LeaderChange',
        data: {
          leaderId: record.leaderId,
          voters: record.voterIds.map((voterId) => ({ voterId })),
          grantingVoters: record.grantingVoterIds.map((voterId) => ({ voterId })),
        },
      }
    case 'kraftVersion':
      return { type: 'KRaftVersion', data: { kRaftVersion: record.kraftVersion } }
    case 'voters':
      return { type: 'KRaftVoters', data: { voters: record.voters.map(toWireVoter) } }
  }
}

function toWireVoter({ id, directoryId, endpoints, kraftVersionMin, kraftVersionMax }: Voter) {
  return {
    voterId: id,
    voterDirectoryId: directoryId,
    endpoints: endpoints.map(({ name, host, port }) => ({ name, host, port })),
    kRaftVersionFeature: { minSupportedVersion: kraftVersionMin, maxSupportedVersion: kraftVersionMax },
  }
}

/** What the quorum needs to know of a control record; undefined for snapshot headers and footers. */
function fromWire(key: Buffer, value: Buffer): ControlRecord | undefined {
  const record = decodeControlRecord(key, value)
  switch (record.type) {
    case 'LeaderChange':
      return {
        type: 'leaderChange',
        leaderId: record.data.leaderId,
        voterIds: record.data.voters.map(({ voterId }) => voterId),
        grantingVoterIds: record.data.grantingVoters.map(({ voterId }) => voterId),
      }
    case 'KRaftVersion':
      return { type: 'kraftVersion', kraftVersion: record.data.kRaftVersion }
    case 'KRaftVoters':
      return {
        type: 'voters',
        voters: record.data.voters.map(({ voterId, voterDirectoryId, endpoints, kRaftVersionFeature }) => ({
          id: voterId,
          directoryId: voterDirectoryId,
          endpoints: endpoints.map(({ name, host, port }) => ({ name, host, port })),
          kraftVersionMin: kRaftVersionFeature.minSupportedVersion,
          kraftVersionMax: kRaftVersionFeature.maxSupportedVersion,
        })),
      }
    default:
      return undefined
  }
}
