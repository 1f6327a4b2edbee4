import { readFileSync } from 'node:fs'
import { seededRandom } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { keyedPartition, pickByLoad, StickyPartitioner } from './partitioner.ts'

interface Vector {
  readonly keyHex: string
  readonly partition: Readonly<Record<string, number>>
}

const vectors: Vector[] = JSON.parse(readFileSync(new URL('../test/vectors/murmur2.json', import.meta.url), 'utf8'))

describe('keyedPartition', () => {
  it('gives the partition that the Java client gives', () => {
    expect(vectors.length).toBeGreaterThan(30)
    for (const { keyHex, partition: partitions } of vectors) {
      const key = Buffer.from(keyHex, 'hex')
      for (const [count, partition] of Object.entries(partitions)) {
        expect(keyedPartition(key, Number(count)), keyHex).toBe(partition)
        const text = key.toString('utf8')
        if (Buffer.from(text).equals(key)) expect(keyedPartition(text, Number(count)), keyHex).toBe(partition)
      }
    }
  })

  it('hashes long text and text beyond ASCII as its bytes', () => {
    for (const text of ['ä'.repeat(5000), '€uro', '😀'.repeat(700), 'x'.repeat(1365), 'y'.repeat(1366)]) {
      expect(keyedPartition(text, 50)).toBe(keyedPartition(Buffer.from(text), 50))
    }
  })
})

describe('pickByLoad', () => {
  function counts(queued: readonly number[]): number[] {
    const random = seededRandom(3)
    const result = queued.map(() => 0)
    for (let round = 0; round < 20_000; round++) {
      const partition = pickByLoad(
        random,
        queued.map((queuedCount, index) => ({ partition: index, queuedCount })),
      )
      result[partition] = (result[partition] ?? 0) + 1
    }
    return result.map((count) => Math.round(count / 1000))
  }

  it('treats equals alike', () => {
    expect(counts([0, 0, 0, 0])).toEqual([5, 5, 5, 5])
    expect(counts([7, 7])).toEqual([10, 10])
  })

  it('prefers the less busy, by the distance to the busiest', () => {
    // Weights 4, 2 and 1 of 7 (longest queue 3): KIP-794.
    expect(counts([0, 2, 3])).toEqual([11, 6, 3])
  })
})

describe('StickyPartitioner', () => {
  const loads = () => Array.from({ length: 8 }, (_, partition) => ({ partition, queuedCount: 0 }))

  it('stays until a batch is full there, then moves on', () => {
    const sticky = new StickyPartitioner(seededRandom(1), 1000)
    const first = sticky.choose(loads)
    sticky.onAppended(999, true)
    expect(sticky.choose(loads)).toBe(first)
    sticky.onAppended(1, false)
    expect(sticky.choose(loads)).toBe(first)
    sticky.onAppended(1, true)
    const visited = new Set<number>()
    for (let round = 0; round < 200; round++) {
      visited.add(sticky.choose(loads))
      sticky.onAppended(1000, true)
    }
    expect(visited.size).toBe(8)
  })

  it('moves on at twice a batch, whatever the batch does', () => {
    const sticky = new StickyPartitioner(seededRandom(1), 1000)
    let askedCount = 0
    const counted = () => {
      askedCount++
      return loads()
    }
    sticky.choose(counted)
    sticky.onAppended(1999, false)
    sticky.choose(counted)
    expect(askedCount).toBe(1)
    sticky.onAppended(1, false)
    sticky.choose(counted)
    expect(askedCount).toBe(2)
  })
})
