import { describe, expect, it } from 'vitest'
import { describeMoves, Ownership } from './ownership.ts'

function twoMembers(): Ownership {
  const ownership = new Ownership(3)
  for (const member of ['a', 'b']) ownership.joined('g', member)
  return ownership
}

describe('ownership', () => {
  it('counts a partition as moved when somebody else gets it, however it is dealt out', () => {
    const ownership = twoMembers()
    ownership.assigned('g', 'a', [0, 1, 2])
    expect(ownership.isSettled('g')).toBe(false)
    // Everything is given up, and dealt anew.
    ownership.released('g', 'a', [0, 1, 2])
    ownership.assigned('g', 'a', [0, 1])
    ownership.assigned('g', 'b', [2])
    expect(ownership.movedCount('g')).toBe(1)
    expect(ownership.isSettled('g')).toBe(true)
    // Only what moves is given up.
    ownership.released('g', 'a', [1])
    ownership.assigned('g', 'b', [1])
    expect(ownership.movedCount('g')).toBe(2)
    expect(ownership.owners('g')).toEqual(['a', 'b', 'b'])
  })

  it('leaves its partitions with a member that died, until others get them', () => {
    const ownership = twoMembers()
    ownership.assigned('g', 'a', [0, 1])
    ownership.assigned('g', 'b', [2])
    ownership.died('g', 'b')
    expect(ownership.owners('g')).toEqual(['a', 'a', 'b'])
    expect(ownership.isDead('g', 'b')).toBe(true)
    expect(ownership.isSettled('g')).toBe(false)
    ownership.assigned('g', 'a', [0, 1, 2])
    expect(ownership.isSettled('g')).toBe(true)
    expect(ownership.movedCount('g')).toBe(1)
  })

  it('is settled with members that have nothing to read, if partitions are too few', () => {
    const ownership = new Ownership(1)
    for (const member of ['a', 'b']) ownership.joined('g', member)
    ownership.assigned('g', 'b', [0])
    expect(ownership.isSettled('g')).toBe(true)
    ownership.left('g', 'b')
    expect(ownership.owners('g')).toEqual([undefined])
    expect(ownership.members('g')).toEqual(['a'])
  })
})

it('describes what moved', () => {
  expect(describeMoves(['a', 'a', 'a'], ['a', 'b', 'b'])).toBe('1, 2 from a to b')
  expect(describeMoves(['a', undefined], ['b', 'b'])).toBe('0 from a to b')
  expect(describeMoves(['a'], ['a'])).toBe('')
})
