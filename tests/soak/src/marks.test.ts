import { expect, it } from 'vitest'
import { Marks } from './marks.ts'

it('remembers numbers, however large they become', () => {
  const marks = new Marks()
  const numbers = [0, 7, 8, 9000, 100_001]
  for (const number of numbers) expect(marks.add(number)).toBe(true)
  for (const number of numbers) expect([marks.has(number), marks.add(number)]).toEqual([true, false])
  for (const number of [1, 9, 8999, 100_000, 5_000_000]) expect(marks.has(number)).toBe(false)
  expect(marks.count).toBe(numbers.length)
})
