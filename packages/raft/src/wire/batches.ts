/** Record batches of the metadata log: the control batches that the quorum writes, and batches as the machine sees them. */
import {
  type ControlRecordInput,
  decodeControlKey,
  decodeControlRecord,
  encodeControlBatch,
  forEachBatch,
  openBatch,
  type RecordBatch,
} from '@millrace/protocol'
import type { ControlRecord, LocatedControlRecord } from '../control-record.ts'
import type { SnapshotControl } from '../log-state.ts'
import type { FetchedBatch } from '../message.ts'
import type { Voter } from '../voter-set.ts'

/** Where a batch goes, and its clock reading in milliseconds since 1970. */
export interface BatchPlace {
  readonly baseOffset: number
  readonly epoch: number
  readonly timestamp: number
}

/** The batch for an `append` effect with control records. */
export function encodeControlRecords(records: readonly ControlRecord[], place: BatchPlace): Buffer {
  return encode(records.map(toInput), place)
}

function encode(records: readonly ControlRecordInput[], { baseOffset, epoch, timestamp }: BatchPlace): Buffer {
  return encodeControlBatch(records, { baseOffset, partitionLeaderEpoch: epoch, timestamp })
}

function toInput(record: ControlRecord): ControlRecordInput {
  switch (record.type) {
    case 'leaderChange': {
      const toVoter = (voterId: number) => ({ voterId })
      const voters = record.voterIds.map(toVoter)
      const grantingVoters = record.grantingVoterIds.map(toVoter)
      return { type: 'LeaderChange', data: { leaderId: record.leaderId, voters, grantingVoters } }
    }
    case 'kraftVersion':
      return { type: 'KRaftVersion', data: { kRaftVersion: record.kraftVersion } }
    case 'voters':
      return { type: 'KRaftVoters', data: { voters: record.voters.map(toWireVoter) } }
  }
}

const toWireVoter = ({ id, directoryId, endpoints, kraftVersionMin, kraftVersionMax }: Voter) => ({
  voterId: id,
  voterDirectoryId: directoryId,
  endpoints,
  kRaftVersionFeature: { minSupportedVersion: kraftVersionMin, maxSupportedVersion: kraftVersionMax },
})

/**
 * The first batch of a snapshot file. `lastContainedTimestamp` is that of the last record in the snapshot; `control` is left out
 * under kraft.version 0. In a snapshot the base offset counts from 0 and the epoch is the snapshot's.
 */
export function encodeSnapshotHeader(
  control: { readonly kraftVersion: number; readonly voters: readonly Voter[] } | undefined,
  lastContainedTimestamp: number,
  place: Omit<BatchPlace, 'baseOffset'>,
): Buffer {
  const header: ControlRecordInput = {
    type: 'SnapshotHeader',
    data: { lastContainedLogTimestamp: lastContainedTimestamp },
  }
  const quorum: ControlRecord[] =
    control === undefined
      ? []
      : [
          { type: 'kraftVersion', kraftVersion: control.kraftVersion },
          { type: 'voters', voters: control.voters },
        ]
  return encode([header, ...quorum.map(toInput)], { baseOffset: 0, ...place })
}

/** The last batch of a snapshot file: one without it is not complete. */
export function encodeSnapshotFooter(place: BatchPlace): Buffer {
  return encode([{ type: 'SnapshotFooter', data: {} }], place)
}

/**
 * The complete batches in `records`, their checksums compared; what is cut at the end is left out, as in any fetch. The bytes are
 * not copied. Throws RecordsError or DecodeError when something is damaged.
 */
export function readBatches(records: Buffer): FetchedBatch[] {
  const batches: FetchedBatch[] = []
  forEachBatch(records, 0, records.length, (position, size) => {
    const batch = openBatch(records, position)
    batches.push({
      baseOffset: batch.baseOffset,
      lastOffset: batch.lastOffset,
      epoch: batch.partitionLeaderEpoch,
      control: batch.isControl ? readControl(batch) : undefined,
      bytes: records.subarray(position, position + size),
    })
  })
  return batches
}

/** What the control records of a snapshot say about the quorum. `bytes`: its first batch, at least. */
export function readSnapshotControl(bytes: Buffer): SnapshotControl {
  let kraftVersion: number | undefined
  let voters: readonly Voter[] | undefined
  for (const { record } of readControl(openBatch(bytes))) {
    if (record.type === 'kraftVersion') kraftVersion = record.kraftVersion
    if (record.type === 'voters') voters = record.voters
  }
  return { kraftVersion, voters }
}

function readControl(batch: RecordBatch): LocatedControlRecord[] {
  const located: LocatedControlRecord[] = []
  if (!batch.isControl) return located
  for (const { offset, key, value } of batch) {
    // Types that newer software writes say nothing that this one could follow.
    if (key === null || value === null || decodeControlKey(key) === undefined) continue
    const record = fromWire(key, value)
    if (record !== undefined) located.push({ offset, record })
  }
  return located
}

function fromWire(key: Buffer, value: Buffer): ControlRecord | undefined {
  const { type, data } = decodeControlRecord(key, value)
  if (type === 'KRaftVersion') return { type: 'kraftVersion', kraftVersion: data.kRaftVersion }
  if (type === 'LeaderChange') {
    const ids = (voters: typeof data.voters) => voters.map(({ voterId }) => voterId)
    const { leaderId, voters, grantingVoters } = data
    return { type: 'leaderChange', leaderId, voterIds: ids(voters), grantingVoterIds: ids(grantingVoters) }
  }
  if (type !== 'KRaftVoters') return undefined
  const voters = data.voters.map(({ voterId, voterDirectoryId, endpoints, kRaftVersionFeature }) => ({
    id: voterId,
    directoryId: voterDirectoryId,
    endpoints,
    kraftVersionMin: kRaftVersionFeature.minSupportedVersion,
    kraftVersionMax: kRaftVersionFeature.maxSupportedVersion,
  }))
  return { type: 'voters', voters }
}
