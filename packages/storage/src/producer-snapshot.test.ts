import { describe, expect, it } from 'vitest'
import { readProducerSnapshot } from './producer-snapshot.ts'

// killed-0/00000000000000000555.snapshot of an Apache Kafka 4.3.1 that was killed
const kafka = Buffer.from(
  '00016cc71ade0000000100000000000000010000' +
    '0000022a000000000000022a00000004' +
    '000001977431c420ffffffffffffffffffffffff',
  'hex',
)

describe('producer snapshot', () => {
  it('reads what Apache Kafka writes', () => {
    expect(readProducerSnapshot(kafka)).toEqual([
      {
        producerId: 1,
        epoch: 0,
        coordinatorEpoch: -1,
        lastTimestamp: 1750001108000,
        transactionStart: -1,
        batches: [{ lastSequence: 554, lastOffset: 554, offsetDelta: 4, timestamp: 1750001108000 }],
      },
    ])
    expect(readProducerSnapshot(Buffer.from('000148674bc700000000', 'hex'))).toEqual([])
  })

  it('takes no damaged one', () => {
    for (let bit = 0; bit < kafka.length * 8; bit++) {
      const damaged = Buffer.from(kafka)
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(readProducerSnapshot(damaged), `bit ${bit}`).toBeUndefined()
    }
    for (let size = 0; size < kafka.length; size++)
      expect(readProducerSnapshot(kafka.subarray(0, size))).toBeUndefined()
  })
})
