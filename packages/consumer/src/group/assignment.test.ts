import { cooperativeSticky, range, sticky } from '@millrace/assignor'
import type { MetadataSnapshot, PartitionMetadata } from '@millrace/client'
import { decodeConsumerSubscription, encodeConsumerSubscription } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import {
  assignableTopics,
  assignMembers,
  encodeSubscription,
  partitionCounts,
  readAssignment,
  readMembers,
  subscribedTopics,
} from './assignment.ts'
import type { Claim } from './ownership.ts'

function snapshotOf(topics: Record<string, { errorCode?: number; partitions: number[][] }>): MetadataSnapshot {
  const racks = ['a', null, 'c']
  return {
    clusterId: 'c',
    controllerId: 1,
    brokers: new Map(racks.map((rack, index) => [index + 1, { nodeId: index + 1, host: 'h', port: 1, rack }])),
    topics: new Map(
      Object.entries(topics).map(([name, { errorCode = 0, partitions }]) => {
        const list = partitions.map((replicas, partition): PartitionMetadata => {
          const leader = replicas[0] ?? -1
          return { partition, leader, leaderEpoch: 0, replicas, isr: replicas, offlineReplicas: [], errorCode: 0 }
        })
        return [name, { name, topicId: name, isInternal: false, errorCode, partitions: list, fetchedAtMs: 0 }]
      }),
    ),
    topicNames: new Map(),
  }
}

const noClaim: Claim = { ownedPartitions: new Map(), lastAssigned: new Map(), lastGenerationId: -1 }
const subscribed = (topics: string[], rackId: string | null = null) => ({
  topics,
  rackId,
  claim: noClaim,
  generationId: -1,
})
const joined = (memberId: string, topics: string[], groupInstanceId: string | null = null) => ({
  memberId,
  groupInstanceId,
  metadata: encodeSubscription(subscribed(topics), range),
})

describe('subscriptions', () => {
  it('come back as they were written, topics in order', () => {
    const metadata = encodeSubscription(subscribed(['b', 'a'], 'rack-1'), range)
    expect(decodeConsumerSubscription(metadata).data).toMatchObject({ topics: ['a', 'b'], rackId: 'rack-1' })
    const nothing = { ownedPartitions: new Map(), generationId: -1, userData: null }
    expect(readMembers([{ memberId: 'm', groupInstanceId: 'i', metadata }])).toEqual([
      { memberId: 'm', instanceId: 'i', rackId: 'rack-1', topics: ['a', 'b'], ...nothing },
    ])
  })

  it('say what the member has, and what its assignor wants to know', () => {
    const claim: Claim = {
      ownedPartitions: new Map([['a', [0, 2]]]),
      lastAssigned: new Map([['a', [0, 1, 2]]]),
      lastGenerationId: 6,
    }
    const subscription = { topics: ['a'], rackId: null, claim, generationId: 7 }
    const read = (assignor: typeof sticky) => {
      const metadata = encodeSubscription(subscription, assignor)
      return readMembers([{ memberId: 'm', groupInstanceId: null, metadata }])[0]
    }
    expect(read(cooperativeSticky)).toMatchObject({
      ownedPartitions: claim.ownedPartitions,
      generationId: 7,
      userData: cooperativeSticky.subscriptionUserData?.(claim.lastAssigned, 6),
    })
    expect(read(sticky)?.userData).toEqual(sticky.subscriptionUserData?.(claim.lastAssigned, 6))
    expect(read(range)?.userData).toBeNull()
  })

  it('of older clients are read too', () => {
    const metadata = encodeConsumerSubscription(0, { topics: ['t'] })
    expect(readMembers([{ memberId: 'm', groupInstanceId: null, metadata }])).toMatchObject([
      { topics: ['t'], rackId: null, ownedPartitions: new Map(), generationId: -1, userData: null },
    ])
  })

  it('that are none are refused', () => {
    const metadata = Buffer.from([0, 0, 0x7f, 0xff, 0xff, 0xff])
    expect(() => readMembers([{ memberId: 'm', groupInstanceId: null, metadata }])).toThrow()
  })

  it('name the topics of the whole group once', () => {
    const members = readMembers([joined('m1', ['b', 'a']), joined('m2', ['c', 'b'])])
    expect(subscribedTopics(members)).toEqual(['a', 'b', 'c'])
  })
})

describe('topics to share out', () => {
  it('are those that exist, with the racks that are known', () => {
    const snapshot = snapshotOf({ a: { partitions: [[1, 2], [3]] }, broken: { errorCode: 29, partitions: [] } })
    expect(assignableTopics(['a', 'broken', 'missing'], snapshot)).toEqual(
      new Map([['a', { partitionCount: 2, racks: [['a'], ['c']] }]]),
    )
  })

  it('have another signature when one grows, appears or goes, and the same one otherwise', () => {
    const signature = (topics: Parameters<typeof snapshotOf>[0]) =>
      partitionCounts(assignableTopics(['a', 'b'], snapshotOf(topics)))
    const plain = signature({ a: { partitions: [[1]] } })
    expect(signature({ a: { partitions: [[2]] } })).toBe(plain)
    expect(signature({ a: { partitions: [[1], [1]] } })).not.toBe(plain)
    expect(signature({ a: { partitions: [[1]] }, b: { partitions: [] } })).not.toBe(plain)
    expect(signature({})).not.toBe(plain)
  })
})

describe('an assignment', () => {
  it('gives every partition to one member, and tells all of them', () => {
    const members = readMembers([joined('m1', ['a']), joined('m2', ['a']), joined('m3', ['other'])])
    const topics = assignableTopics(['a', 'other'], snapshotOf({ a: { partitions: [[1], [1], [1]] } }))
    const told = assignMembers(range, members, topics)
    expect(told.map(({ memberId, assignment }) => [memberId, readAssignment(assignment)])).toEqual([
      [
        'm1',
        [
          { topic: 'a', partition: 0 },
          { topic: 'a', partition: 1 },
        ],
      ],
      ['m2', [{ topic: 'a', partition: 2 }]],
      ['m3', []],
    ])
  })

  it('of no bytes is nothing: that is what a coordinator tells a member that the leader left out', () => {
    expect(readAssignment(Buffer.alloc(0))).toEqual([])
  })

  it('that is none is refused', () => {
    expect(() => readAssignment(Buffer.from([0]))).toThrow()
  })
})
