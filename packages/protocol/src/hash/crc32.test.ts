import { describe, expect, it } from 'vitest'
import { vectorFile } from '../../test/vector-file.ts'
import { crc32 } from './crc32.ts'

const vectors = vectorFile<{ hex: string; crc32: number }[]>('hash/crc.json')

describe('crc32', () => {
  it('equals what Apache Kafka computes', () => {
    expect(vectors.length).toBeGreaterThan(10)
    for (const { hex, crc32: expected } of vectors) expect(crc32(Buffer.from(hex, 'hex')), hex).toBe(expected)
  })

  it('honours start and end', () => {
    const bytes = Buffer.from('....abc....')
    expect(crc32(bytes, 4, 7)).toBe(891568578)
  })
})
