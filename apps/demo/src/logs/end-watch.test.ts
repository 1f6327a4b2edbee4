import { expect, it } from 'vitest'
import { EndWatch } from './end-watch.ts'

it('is done when all partitions are read to where they end, whichever is known first', () => {
  const watch = new EndWatch()
  watch.reached(0, 10)
  expect(watch.isDone).toBe(false)
  watch.finish(
    new Map([
      [0, 12],
      [1, 0],
    ]),
  )
  expect(watch.isDone).toBe(false)
  watch.reached(0, 12)
  expect(watch.isDone).toBe(true)
})
