import { describe, expect, it } from 'vitest'
import { decodePartitionMetadata, encodePartitionMetadata } from './partition-metadata.ts'

describe('partition.metadata', () => {
  it('has the bytes of Apache Kafka', () => {
    const bytes = encodePartitionMetadata('SJa3GXldTX2z310xe9ZQgg')
    expect(bytes.toString()).toBe('version: 0\ntopic_id: SJa3GXldTX2z310xe9ZQgg')
    expect(decodePartitionMetadata(bytes, 'x')).toBe('SJa3GXldTX2z310xe9ZQgg')
  })

  it('is refused in another version or without an id', () => {
    for (const text of [
      '',
      'version: 1\ntopic_id: SJa3GXldTX2z310xe9ZQgg',
      'version: 0\ntopic_id: short',
      'version: 0',
    ]) {
      expect(() => decodePartitionMetadata(Buffer.from(text), '/d')).toThrow('/d holds no topic id')
    }
  })
})
