import { describe, expect, it } from 'vitest'
import { groupPartitions, Ownership } from './ownership.ts'

const partitions = (...numbers: number[]) => numbers.map((partition) => ({ topic: 't', partition }))
const numbersOf = (list: readonly { partition: number }[]) => list.map(({ partition }) => partition)

/** A member that has these partitions of topic t. */
function owning(protocol: 'eager' | 'cooperative', ...numbers: number[]): Ownership {
  const ownership = new Ownership(protocol)
  ownership.take(partitions(...numbers), 1)
  return ownership
}

describe('what a member has', () => {
  it('is nothing at first', () => {
    const ownership = new Ownership('cooperative')
    expect(ownership.claim).toEqual({ ownedPartitions: new Map(), lastAssigned: new Map(), lastGenerationId: -1 })
    expect([ownership.hasAny, ownership.givenUpToJoin]).toEqual([false, []])
  })

  it('changes with an assignment only where the assignment differs', () => {
    const ownership = owning('cooperative', 0, 1, 2)
    const { revoked, added } = ownership.take(partitions(1, 3), 2)
    expect([numbersOf(revoked), numbersOf(added)]).toEqual([[0, 2], [3]])
  })

  it('does not change with the same assignment, in any order, nor with what is in it twice', () => {
    const ownership = owning('cooperative', 0, 1)
    expect(ownership.take(partitions(1, 0, 1), 2)).toEqual({ revoked: [], added: [] })
    expect(ownership.claim.ownedPartitions).toEqual(new Map([['t', [0, 1]]]))
  })

  it('has what is revoked until that is given up', () => {
    const ownership = owning('cooperative', 0, 1, 2)
    const { revoked } = ownership.take(partitions(1), 2)
    expect(ownership.claim.ownedPartitions).toEqual(new Map([['t', [0, 1, 2]]]))
    ownership.giveUp(revoked)
    expect(ownership.claim).toEqual({
      ownedPartitions: new Map([['t', [1]]]),
      lastAssigned: new Map([['t', [1]]]),
      lastGenerationId: 2,
    })
  })

  it('is revoked again when it was not given up before the next assignment', () => {
    const ownership = owning('cooperative', 0, 1)
    ownership.take(partitions(1), 2)
    expect(numbersOf(ownership.take(partitions(1), 3).revoked)).toEqual([0])
    expect(ownership.take(partitions(0, 1), 4)).toEqual({ revoked: [], added: [] })
  })

  it('is given up before joining in the eager protocol, and kept in the cooperative one', () => {
    expect(numbersOf(owning('eager', 0, 1).givenUpToJoin)).toEqual([0, 1])
    expect(owning('cooperative', 0, 1).givenUpToJoin).toEqual([])
  })

  it('is remembered by an eager member that gave it up: its assignor may want to know', () => {
    const ownership = owning('eager', 0, 1)
    ownership.giveUp(ownership.givenUpToJoin)
    expect(ownership.claim).toEqual({
      ownedPartitions: new Map(),
      lastAssigned: new Map([['t', [0, 1]]]),
      lastGenerationId: 1,
    })
    expect(numbersOf(ownership.take(partitions(0, 1), 2).added)).toEqual([0, 1])
  })

  it('is nothing once the membership is lost', () => {
    const ownership = owning('cooperative', 0, 1)
    ownership.take(partitions(1), 2)
    ownership.lose()
    expect([ownership.hasAny, ownership.claim.ownedPartitions.size]).toEqual([false, 0])
    // Also what had been there before is new.
    expect(numbersOf(ownership.take(partitions(1), 3).added)).toEqual([1])
  })

  it('is told by topic, in order', () => {
    const list = [...partitions(10, 2), { topic: 'a', partition: 0 }, ...partitions(1)]
    expect(groupPartitions(list)).toEqual(
      new Map([
        ['t', [1, 2, 10]],
        ['a', [0]],
      ]),
    )
  })
})
