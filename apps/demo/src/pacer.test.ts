import { expect, it } from 'vitest'
import { Pacer } from './pacer.ts'

it('keeps the rate, however uneven its calls are', () => {
  const pacer = new Pacer(30, 0)
  let count = 0
  for (let nowMs = 7; nowMs <= 10_000; nowMs += 7) count += pacer.due(nowMs)
  expect(count).toBe(299)
})

it('does not make up for a long pause', () => {
  const pacer = new Pacer(100, 0)
  expect(pacer.due(60_000)).toBe(50)
  expect(pacer.due(60_100)).toBe(10)
  expect(new Pacer(1, 0).due(60_000)).toBe(1)
})
