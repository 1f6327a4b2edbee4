import { BatchHeader, forEachBatch } from '@millrace/protocol'
import { readSnapshotControl, VoterSet } from '@millrace/raft'
import { describe, expect, it } from 'vitest'
import { inAnInstant, lastContainedTimestampOf, snapshotVector, timestampOf } from '../../test/kafka-snapshot.ts'
import {
  decodeSnapshot,
  encodeSnapshot,
  parseSnapshotFileName,
  type SnapshotQuorum,
  snapshotFileName,
} from './metadata-snapshot.ts'

function quorumOf(bytes: Buffer): SnapshotQuorum | undefined {
  const { kraftVersion, voters } = readSnapshotControl(bytes)
  return kraftVersion === undefined || voters === undefined ? undefined : { kraftVersion, voters: new VoterSet(voters) }
}

describe('snapshots of Apache Kafka', () => {
  it.each([
    ['plain-bootstrap.checkpoint', 0],
    ['meta-bootstrap.checkpoint', 0],
    ['00000000000000000000-0000000000.checkpoint', 0],
    ['00000000000000000050-0000000001.checkpoint', 1],
    ['00000000000000000082-0000000001.checkpoint', 1],
    ['00000000000000000127-0000000001.checkpoint', 1],
  ])('%s: read and written again, it has the same bytes', (name, epoch) => {
    const bytes = inAnInstant(snapshotVector(name))
    const place = { epoch, timestamp: timestampOf(bytes), lastContainedTimestamp: lastContainedTimestampOf(bytes) }
    const again = encodeSnapshot(decodeSnapshot(bytes), quorumOf(bytes), place)
    expect(again.toString('hex')).toBe(bytes.toString('hex'))
  })
})

describe('encodeSnapshot', () => {
  it('counts offsets over many batches', () => {
    const [record] = decodeSnapshot(snapshotVector('plain-bootstrap.checkpoint'))
    if (record === undefined) throw new Error('the bootstrap has records')
    const records = Array.from({ length: 2500 }, () => record)
    const bytes = encodeSnapshot(records, undefined, { epoch: 3, timestamp: 5, lastContainedTimestamp: 4 })
    const ranges: [number, number, number][] = []
    forEachBatch(bytes, 0, bytes.length, (position) => {
      const epoch = BatchHeader.partitionLeaderEpoch(bytes, position)
      ranges.push([BatchHeader.baseOffset(bytes, position), BatchHeader.lastOffset(bytes, position), epoch])
    })
    expect(ranges).toEqual([
      [0, 0, 3],
      [1, 1024, 3],
      [1025, 2048, 3],
      [2049, 2500, 3],
      [2501, 2501, 3],
    ])
    expect(decodeSnapshot(bytes)).toHaveLength(2500)
  })
})

describe('snapshotFileName', () => {
  it('is read back', () => {
    const id = { offset: 127, epoch: 1 }
    expect(snapshotFileName(id)).toBe('00000000000000000127-0000000001.checkpoint')
    expect(parseSnapshotFileName(snapshotFileName(id))).toEqual(id)
  })

  it.each(['bootstrap.checkpoint', '127-1.checkpoint', '00000000000000000127-0000000001.checkpoint.deleted', 'x'])(
    'does not take %s for one',
    (name) => {
      expect(parseSnapshotFileName(name)).toBeUndefined()
    },
  )
})
