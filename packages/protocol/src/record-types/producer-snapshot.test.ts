import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decodeProducerSnapshot, encodeProducerSnapshot } from './producer-snapshot.ts'

const file = readFileSync(new URL('../../test/vectors/disk/producer.snapshot', import.meta.url))

describe('producer snapshot', () => {
  it('is read and written as Apache Kafka writes it', () => {
    const entries = decodeProducerSnapshot(file)
    expect(entries.length).toBeGreaterThan(3)
    expect(encodeProducerSnapshot(entries)).toEqual(file)
  })

  it('is refused when a bit of it changed', () => {
    for (let position = 6; position < file.length; position += 37) {
      const damaged = Buffer.from(file)
      damaged[position] = (damaged[position] as number) ^ 1
      expect(() => decodeProducerSnapshot(damaged)).toThrow(/ProducerSnapshot version 1/)
    }
  })
})
