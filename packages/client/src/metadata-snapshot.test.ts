import { zeroUuid } from '@millrace/base'
import type { MetadataResponse } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { applyLeader, applyMetadata, emptySnapshot, forgetTopics } from './metadata-snapshot.ts'

interface Given {
  readonly name: string
  readonly topicId?: string
  /** [partition, leader, epoch] */
  readonly partitions?: readonly (readonly [number, number, number])[]
}

function answer(...topics: Given[]): MetadataResponse {
  return {
    clusterId: 'c',
    controllerId: 1,
    brokers: [{ nodeId: 1, host: 'h', port: 1, rack: null }],
    topics: topics.map(({ name, topicId = zeroUuid, partitions = [] }) => ({
      name,
      topicId,
      errorCode: 0,
      isInternal: false,
      partitions: partitions.map(([partitionIndex, leaderId, leaderEpoch]) => ({
        partitionIndex,
        leaderId,
        leaderEpoch,
        errorCode: 0,
        replicaNodes: [],
        isrNodes: [],
        offlineReplicas: [],
      })),
    })),
  } as unknown as MetadataResponse
}

describe('applyMetadata', () => {
  it('keeps topics that were not asked for, unless all were', () => {
    const first = applyMetadata(emptySnapshot, answer({ name: 'a' }, { name: 'b' }), false, 1)
    expect([...applyMetadata(first, answer({ name: 'c' }), false, 2).topics.keys()]).toEqual(['a', 'b', 'c'])
    expect([...applyMetadata(first, answer({ name: 'c' }), true, 2).topics.keys()]).toEqual(['c'])
  })

  it('does not go back to an earlier leader epoch', () => {
    const first = applyMetadata(emptySnapshot, answer({ name: 'a', partitions: [[0, 2, 5]] }), false, 1)
    const second = applyMetadata(first, answer({ name: 'a', partitions: [[0, 1, 4]] }), false, 2)
    expect(second.topics.get('a')?.partitions[0]).toMatchObject({ leader: 2, leaderEpoch: 5 })
    const third = applyMetadata(second, answer({ name: 'a', partitions: [[0, 3, 6]] }), false, 3)
    expect(third.topics.get('a')?.partitions[0]).toMatchObject({ leader: 3, leaderEpoch: 6 })
  })

  it('begins anew with a topic that was deleted and created again', () => {
    const first = applyMetadata(emptySnapshot, answer({ name: 'a', topicId: 'x', partitions: [[0, 2, 5]] }), false, 1)
    const second = applyMetadata(first, answer({ name: 'a', topicId: 'y', partitions: [[0, 1, 0]] }), false, 2)
    expect(second.topics.get('a')?.partitions[0]).toMatchObject({ leader: 1, leaderEpoch: 0 })
    expect([...second.topicNames]).toEqual([['y', 'a']])
  })

  it('puts partitions in order and takes none that could not be found by number', () => {
    const partitions = [
      [1, 1, 0],
      [0, 1, 0],
      [2_000_000_000, 1, 0],
    ] as const
    const snapshot = applyMetadata(emptySnapshot, answer({ name: 'a', partitions }), false, 1)
    expect(snapshot.topics.get('a')?.partitions.map((each) => each.partition)).toEqual([0, 1])
  })
})

describe('applyLeader', () => {
  const start = applyMetadata(emptySnapshot, answer({ name: 'a', partitions: [[0, 1, 5]] }), false, 1)
  const endpoint = { nodeId: 9, host: 'new', port: 2, rack: null }

  it('takes a later epoch with the address that came along', () => {
    const next = applyLeader(start, 'a', 0, { leaderId: 9, leaderEpoch: 6 }, [endpoint])
    expect(next.topics.get('a')?.partitions[0]).toMatchObject({ leader: 9, leaderEpoch: 6 })
    expect(next.brokers.get(9)).toEqual(endpoint)
  })

  it('ignores old news, unknown partitions and leaders without an address', () => {
    expect(applyLeader(start, 'a', 0, { leaderId: 9, leaderEpoch: 5 }, [endpoint])).toBe(start)
    expect(applyLeader(start, 'a', 1, { leaderId: 9, leaderEpoch: 6 }, [endpoint])).toBe(start)
    expect(applyLeader(start, 'b', 0, { leaderId: 9, leaderEpoch: 6 }, [endpoint])).toBe(start)
    expect(applyLeader(start, 'a', 0, { leaderId: 9, leaderEpoch: 6 }, [])).toBe(start)
  })
})

describe('forgetTopics', () => {
  it('keeps what is wanted, and the same snapshot when that is everything', () => {
    const start = applyMetadata(emptySnapshot, answer({ name: 'a' }, { name: 'b' }), false, 1)
    expect(forgetTopics(start, () => true)).toBe(start)
    expect([...forgetTopics(start, ({ name }) => name === 'b').topics.keys()]).toEqual(['b'])
  })
})
