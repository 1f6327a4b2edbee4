import { describe, expect, it } from 'vitest'
import { vectorFile } from '../../test/vector-file.ts'
import { coordinatorPartition, javaStringHash } from './java-string-hash.ts'

const groups = vectorFile<{ id: string; javaHashCode: number; partitionOf50: number }[]>(
  'hash/coordinator-partition.json',
)
const shares = vectorFile<{ groupId: string; topicId: string; partition: number; partitionOf50: number }[]>(
  'hash/share-coordinator-partition.json',
)

describe('coordinatorPartition', () => {
  it('finds the partition of a group or transactional id where Apache Kafka has it', () => {
    expect(groups.length).toBeGreaterThan(10)
    for (const { id, javaHashCode, partitionOf50 } of groups) {
      expect(javaStringHash(id), id).toBe(javaHashCode)
      expect(coordinatorPartition(id, 50), id).toBe(partitionOf50)
    }
  })

  it('finds the partition of a share group key', () => {
    expect(shares.length).toBeGreaterThan(5)
    for (const { groupId, topicId, partition, partitionOf50 } of shares) {
      expect(coordinatorPartition(`${groupId}:${topicId}:${partition}`, 50)).toBe(partitionOf50)
    }
  })
})
