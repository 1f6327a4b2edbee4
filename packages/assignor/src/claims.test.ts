import { describe, expect, it } from 'vitest'
import type { TopicPartitions } from './assignor.ts'
import { type Claim, contested, nobody, settleClaims } from './claims.ts'
import { GroupIndex } from './group-index.ts'

const t = (...partitions: number[]): TopicPartitions => new Map([['t', partitions]])

function settle(...claims: Claim[]) {
  const members = claims.map((_, index) => ({ memberId: `m${index}`, topics: ['t'] }))
  const group = new GroupIndex({ topics: new Map([['t', { partitionCount: 3 }]]), members })
  const { owners, formerOwners } = settleClaims(group, claims)
  return { owners: [...owners], formerOwners: [...formerOwners] }
}

describe('claims of members', () => {
  it('are believed when nobody else makes them, however old they are', () => {
    const { owners } = settle({ partitions: t(0), generationId: 9 }, { partitions: t(1), generationId: -1 })
    expect(owners).toEqual([0, 1, nobody])
  })

  it('lose to those of a higher generation, whoever comes first', () => {
    const older = { partitions: t(0, 1), generationId: 4 }
    const newer = { partitions: t(1), generationId: 5 }
    expect(settle(older, newer)).toEqual({ owners: [0, 1, nobody], formerOwners: [0, 0, nobody] })
    expect(settle(newer, older)).toEqual({ owners: [1, 0, nobody], formerOwners: [1, 1, nobody] })
  })

  it('cancel each other in one generation', () => {
    const claim = { partitions: t(2), generationId: 4 }
    expect(settle(claim, claim)).toEqual({
      owners: [nobody, nobody, contested],
      formerOwners: [nobody, nobody, nobody],
    })
  })

  it('win over a conflict among older ones, in any order', () => {
    const older = { partitions: t(0), generationId: 4 }
    const newer = { partitions: t(0), generationId: 5 }
    expect(settle(older, older, newer).owners[0]).toBe(2)
    expect(settle(older, newer, older).owners[0]).toBe(1)
    expect(settle(newer, older, older).owners[0]).toBe(0)
  })

  it('keep the newest of the older ones in mind', () => {
    const claim = (generationId: number) => ({ partitions: t(0), generationId })
    expect(settle(claim(3), claim(4), claim(5)).formerOwners[0]).toBe(1)
    expect(settle(claim(4), claim(3), claim(5)).formerOwners[0]).toBe(0)
  })

  it('count once when one member makes them twice', () => {
    expect(settle({ partitions: t(1, 1), generationId: 4 }).owners).toEqual([nobody, 0, nobody])
  })

  it('are dropped for partitions that do not exist', () => {
    const partitions = new Map([
      ['t', [-1, 3, 0.5, Number.NaN, 2 ** 31, 0]],
      ['other', [0]],
    ])
    expect(settle({ partitions, generationId: 4 }).owners).toEqual([0, nobody, nobody])
  })
})
