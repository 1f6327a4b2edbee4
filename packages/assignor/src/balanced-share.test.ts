import { describe, expect, it } from 'vitest'
import { shareBalanced } from './balanced-share.ts'
import { type Claim, settleClaims } from './claims.ts'
import { GroupIndex } from './group-index.ts'
import { RackMatch } from './rack-match.ts'

interface Member {
  readonly topics: string
  readonly rackId?: string
  /** Partitions by topic, in generation 2 unless `generationId` says otherwise. */
  readonly owned?: Readonly<Record<string, number[]>>
  readonly generationId?: number
}

/** Topics have one letter; `racks` are those of each partition. Answers with what each member gets, as `t0 t1`. */
function share(topics: Record<string, number | string[]>, members: Record<string, Member>): Record<string, string> {
  const group = new GroupIndex({
    topics: new Map(
      Object.entries(topics).map(([name, partitions]) => [
        name,
        typeof partitions === 'number'
          ? { partitionCount: partitions }
          : { partitionCount: partitions.length, racks: partitions.map((rack) => [rack]) },
      ]),
    ),
    members: Object.entries(members).map(([memberId, { topics, rackId }]) => ({
      memberId,
      topics: [...topics],
      rackId,
    })),
  })
  const claims = Object.values(members).map(
    ({ owned = {}, generationId = 2 }): Claim => ({ partitions: new Map(Object.entries(owned)), generationId }),
  )
  const takers = shareBalanced(group, new RackMatch(group), settleClaims(group, claims))
  const given: Record<string, string[]> = Object.fromEntries(group.members.map(({ memberId }) => [memberId, []]))
  for (const [index, taker] of takers.entries()) {
    given[group.members[taker]?.memberId ?? '']?.push(`${group.topicOf(index).name}${group.partitionOf(index)}`)
  }
  return Object.fromEntries(Object.entries(given).map(([memberId, partitions]) => [memberId, partitions.join(' ')]))
}

describe('a balanced share, as Kafka gives it', () => {
  it('hands out partitions of topics with few subscribers first', () => {
    const members = { a: { topics: 'tu' }, b: { topics: 't' } }
    expect(share({ t: 2, u: 1 }, members)).toEqual({ a: 't1 u0', b: 't0' })
  })

  it('balances with new partitions if that is enough', () => {
    const members = {
      a: { topics: 'tu', owned: { t: [0] } },
      b: { topics: 'u', owned: { u: [0, 2] } },
      c: { topics: 't', owned: { t: [1] } },
    }
    expect(share({ t: 3, u: 3 }, members)).toEqual({ a: 't0 u1', b: 'u0 u2', c: 't1 t2' })
  })

  it('balances with all partitions when somebody has to give one up anyway', () => {
    const members = {
      a: { topics: 'u', owned: { t: [2], u: [1, 2] } },
      b: { topics: 'tu', owned: { t: [0] } },
      c: { topics: 't' },
    }
    expect(share({ t: 3, u: 4 }, members)).toEqual({ a: 'u0 u1 u2', b: 't2 u3', c: 't0 t1' })
  })

  it('does not swap partitions of a topic between two members', () => {
    const members = {
      a: { topics: 'tu', owned: { t: [0, 1, 2, 3], u: [1] } },
      b: { topics: 't' },
      c: { topics: 'tu', owned: { u: [3] } },
    }
    expect(share({ t: 4, u: 4 }, members)).toEqual({ a: 't2 t3 u1', b: 't0 t1', c: 'u0 u2 u3' })
  })

  it('moves a partition to the member that had it before, rather than to the one with the fewest', () => {
    const members = (generationId: number) => ({
      a: { topics: 'tu', owned: { t: [0], u: [0] }, generationId },
      b: { topics: 't', generationId: 1 },
      c: { topics: 't', owned: { t: [0, 1, 2, 3] } },
    })
    expect(share({ t: 4, u: 1 }, members(1)).a).toBe('t0 u0')
    expect(share({ t: 4, u: 1 }, members(-1)).a).toBe('t0 u0')
    expect(share({ t: 4, u: 1 }, { ...members(1), a: { topics: 'tu', owned: { u: [0] } } }).b).toContain('t0')
  })

  it('does not move a partition to a member that had it before and no longer subscribes', () => {
    const members = {
      a: { topics: 'u', owned: { t: [0] }, generationId: 1 },
      b: { topics: 't' },
      c: { topics: 'tu', owned: { t: [0, 1, 2, 3] } },
    }
    expect(share({ t: 4, u: 1 }, members)).toEqual({ a: 'u0', b: 't0 t1', c: 't2 t3' })
  })
})

describe('a balanced share with racks', () => {
  it('gives partitions to members on their rack as far as the balance allows', () => {
    const members = { a: { topics: 't', rackId: 'y' }, b: { topics: 'tu', rackId: 'x' } }
    expect(share({ t: ['x', 'y', 'x', 'y'], u: [] }, members)).toEqual({ a: 't1 t3', b: 't0 t2' })
  })

  it('takes partitions home from another rack', () => {
    const members = {
      a: { topics: 't', rackId: 'y', owned: { t: [0, 1] } },
      b: { topics: 'tu', rackId: 'x', owned: { t: [2, 3] } },
    }
    expect(share({ t: ['x', 'y', 'x', 'y'], u: [] }, members)).toEqual({ a: 't1 t3', b: 't0 t2' })
  })

  it('leaves partitions on another rack when the balance would send others there instead', () => {
    const members = {
      a: { topics: 't', rackId: 'y', owned: { t: [2, 3] } },
      b: { topics: 'tu', rackId: 'x', owned: { t: [0, 1] } },
    }
    expect(share({ t: ['x', 'x', 'x', 'x'], u: [] }, members)).toEqual({ a: 't2 t3', b: 't0 t1' })
  })
})
