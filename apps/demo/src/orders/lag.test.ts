import { expect, it } from 'vitest'
import { lagBetween } from './lag.ts'

it('adds up what is not committed; what was committed meanwhile is no lag', () => {
  const ends = new Map([
    [0, 10],
    [1, 7],
    [2, 5],
  ])
  expect(
    lagBetween(
      new Map([
        [0, 4],
        [2, 6],
      ]),
      ends,
    ),
  ).toBe(13)
})
