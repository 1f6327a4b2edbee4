import { expect, it } from 'vitest'
import { Positions } from './positions.ts'

it('tells what is new, what comes again and what is missing', () => {
  const positions = new Positions()
  expect([0, 1, 1, 0, 2].map((offset) => positions.advance(3, offset))).toEqual([true, true, false, false, true])
  expect(positions.advance(4, 0)).toBe(true)
  expect(positions).toMatchObject({ handledCount: 4, againCount: 2, missedCount: 0 })
  positions.advance(4, 6)
  expect(positions.missedCount).toBe(5)
  expect(positions.entries).toEqual(
    new Map([
      [3, 3],
      [4, 7],
    ]),
  )
})
