import { describe, expect, it } from 'vitest'
import { vectorFile } from '../../test/vector-file.ts'
import { murmur2, partitionForKey } from './murmur2.ts'

const vectors =
  vectorFile<{ keyHex: string; murmur2: number; partition: Record<string, number> }[]>('hash/murmur2.json')

describe('murmur2', () => {
  it('gives the hash and the partitions that Apache Kafka gives', () => {
    expect(vectors.length).toBeGreaterThan(30)
    for (const { keyHex, murmur2: expected, partition } of vectors) {
      const key = Buffer.from(keyHex, 'hex')
      expect(murmur2(key), keyHex).toBe(expected)
      for (const [count, index] of Object.entries(partition)) expect(partitionForKey(key, Number(count))).toBe(index)
    }
  })

  it('honours start and end', () => {
    const bytes = Buffer.from('a-little-bit-longer-string')
    expect(murmur2(bytes, 2, 9)).toBe(murmur2(Buffer.from('little-')))
  })
})
