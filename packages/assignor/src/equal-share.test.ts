import { describe, expect, it } from 'vitest'
import { nobody } from './claims.ts'
import { shareEqually } from './equal-share.ts'
import { GroupIndex } from './group-index.ts'
import { RackMatch } from './rack-match.ts'

/** One topic whose partitions are on these racks; members by their rack. Answers with the member of each partition. */
function share(partitionRacks: string[], memberRacks: (string | null)[], owners?: number[]): number[] {
  const racks = partitionRacks.map((each) => [...each])
  const group = new GroupIndex({
    topics: new Map([['t', { partitionCount: racks.length, racks }]]),
    members: memberRacks.map((rackId, index) => ({ memberId: `m${index}`, topics: ['t'], rackId })),
  })
  const before = Int32Array.from(owners ?? racks.map(() => nobody))
  return [...shareEqually(group, new RackMatch(group), before)]
}

describe('an equal share', () => {
  it('leaves everyone what it had, up to its quota', () => {
    expect(share(['', '', '', '', ''], [null, null], [1, 1, 1, 1, 1])).toEqual([1, 1, 1, 0, 0])
    expect(share(['', '', '', '', ''], [null, null], [1, 0, 1, 0, 1])).toEqual([1, 0, 1, 0, 1])
  })

  it('lets as many members keep one more as there are partitions over', () => {
    expect(share(['', '', '', '', ''], [null, null, null], [0, 0, 0, 1, 1])).toEqual([0, 0, 2, 1, 1])
    expect(share(['', '', '', ''], [null, null, null], [0, 0, 1, 1])).toEqual([0, 0, 1, 2])
  })
})

describe('an equal share with racks', () => {
  it('gives partitions with the fewest members near them first', () => {
    expect(share(['xy', 'xy', 'x', 'x'], ['x', 'y'])).toEqual([1, 1, 0, 0])
  })

  it('takes partitions home from another rack', () => {
    expect(share(['x', 'y', 'x', 'y'], ['x', 'y'], [0, 0, 1, 1])).toEqual([0, 1, 0, 1])
  })

  it('puts balance first', () => {
    expect(share(['x', 'x', 'x', 'y'], ['x', 'z'])).toEqual([0, 0, 1, 1])
  })

  it('ignores racks when every partition is on all of them, or none has a member', () => {
    expect(share(['x', 'x', 'x', 'x'], ['x', null])).toEqual([0, 1, 0, 1])
    expect(share(['x', 'y', 'x', 'y'], ['z', null])).toEqual([0, 1, 0, 1])
  })
})
