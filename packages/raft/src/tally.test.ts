import { describe, expect, it } from 'vitest'
import { majorityOffset } from './replicas.ts'
import { Tally } from './tally.ts'
import { VoterSet } from './voter-set.ts'

const voters = (...ids: number[]) =>
  new VoterSet(
    ids.map((id) => ({ id, directoryId: `dir-${id}`, endpoints: [], kraftVersionMin: 0, kraftVersionMax: 1 })),
  )

describe('Tally', () => {
  it.each([
    [1, [], [], false, false],
    [1, [1], [], true, false],
    [2, [1], [], false, false],
    [2, [1], [2], false, true],
    [3, [1, 2], [3], true, false],
    [3, [1], [2], false, false],
    [3, [1], [2, 3], false, true],
    [4, [1, 2], [3], false, false],
    [4, [1, 2], [3, 4], false, true],
    [5, [1, 2, 3], [], true, false],
    // Who is no voter does not count.
    [3, [1, 8, 9], [], false, false],
  ])('of %i voters, %j for and %j against', (count, granting, refusing, isWon, isLost) => {
    const set = voters(...Array.from({ length: count }, (_, index) => index + 1))
    const tally = new Tally()
    for (const id of granting) tally.record(id, true)
    for (const id of refusing) tally.record(id, false)
    expect([tally.isWon(set), tally.isLost(set)]).toEqual([isWon, isLost])
  })
})

describe('majorityOffset', () => {
  it.each([
    [[7], 1, 7],
    [[7, 3], 2, 3],
    [[7, 3, 5], 2, 5],
    [[9, 9, 0, 0], 3, 0],
    [[9, 8, 7, 6, 5], 3, 7],
  ])('of %j with majority %i is %i', (offsets, majority, expected) => {
    expect(majorityOffset(offsets, majority)).toBe(expected)
  })
})
