import { expect, it } from 'vitest'
import { countByName, slopePerMinute } from './growth.ts'

it('finds the slope of a line, whatever lies beside it', () => {
  expect(slopePerMinute([])).toBe(0)
  expect(slopePerMinute([{ minutes: 1, value: 5 }])).toBe(0)
  const line = [0, 1, 2, 3].map((minutes) => ({ minutes, value: 10 + 4 * minutes }))
  expect(slopePerMinute(line)).toBeCloseTo(4)
  expect(slopePerMinute(line.map(({ minutes, value }) => ({ minutes, value: value + (minutes % 2) })))).toBeCloseTo(4.2)
})

it('counts by name', () => {
  expect(countByName(['b', 'a', 'b'])).toBe('1 a, 2 b')
  expect(countByName([])).toBe('')
})
