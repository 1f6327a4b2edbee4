import { describe, expect, it } from 'vitest'
import { vectorBytes, vectorFile } from '../../test/vector-file.ts'
import { decodeControlRecord } from '../record-types/control-record.ts'
import { encodeControlBatch } from './control-batch.ts'
import { openBatch } from './decode.ts'

const vectors = vectorFile<{ name: string; hex: string }[]>('batches/batches.json').filter(
  ({ name }) => name.startsWith('raft-') || name.startsWith('none-control-'),
)

describe('encodeControlBatch', () => {
  it.each(vectors.map((vector) => [vector.name, vector] as const))('writes %s as Apache Kafka does', (_, vector) => {
    const bytes = vectorBytes(vector)
    const batch = openBatch(bytes)
    const records = batch.records().map(({ key, value }) => decodeControlRecord(key as Buffer, value as Buffer))
    const rebuilt = encodeControlBatch(records, {
      timestamp: batch.baseTimestamp,
      baseOffset: batch.baseOffset,
      partitionLeaderEpoch: batch.partitionLeaderEpoch,
      isTransactional: batch.isTransactional,
      producerId: batch.producerId,
      producerEpoch: batch.producerEpoch,
    })
    expect(rebuilt.toString('hex')).toBe(bytes.toString('hex'))
  })

  it('puts several records in one batch', () => {
    const bytes = encodeControlBatch(
      [
        { type: 'Commit', data: { coordinatorEpoch: 1 } },
        { type: 'Abort', data: { coordinatorEpoch: 2 } },
      ],
      { timestamp: 7 },
    )
    const batch = openBatch(bytes)
    expect(batch).toMatchObject({ isControl: true, recordCount: 2, baseSequence: -1, codec: 0 })
    expect(batch.records().map(({ timestamp, key }) => [timestamp, key?.toString('hex')])).toEqual([
      [7, '00000001'],
      [7, '00000000'],
    ])
  })
})
