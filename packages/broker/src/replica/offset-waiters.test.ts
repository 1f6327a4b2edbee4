import { describe, expect, it } from 'vitest'
import { OffsetWaiters } from './offset-waiters.ts'

function waitersFor(offsets: number[]) {
  const waiters = new OffsetWaiters()
  const settled: [number, number | undefined][] = []
  const removals = offsets.map((offset) =>
    waiters.add({ offset, onSettled: (errorCode) => settled.push([offset, errorCode]) }),
  )
  return { waiters, settled, removals }
}

describe('OffsetWaiters', () => {
  it('wakes in order of offset whatever the order of arrival, and only what is reached', () => {
    const { waiters, settled } = waitersFor([30, 10, 20])
    waiters.advanceTo(20)
    expect(settled).toEqual([
      [10, undefined],
      [20, undefined],
    ])
    expect(waiters.count).toBe(1)
  })

  it('fails what lies above an offset', () => {
    const { waiters, settled } = waitersFor([10, 20, 30])
    waiters.failAbove(10, 56)
    expect(settled).toEqual([
      [20, 56],
      [30, 56],
    ])
    expect(waiters.count).toBe(1)
  })

  it('does not call a waiter that was taken out', () => {
    const { waiters, settled, removals } = waitersFor([10, 20])
    removals[0]?.()
    removals[0]?.()
    waiters.advanceTo(100)
    expect(settled).toEqual([[20, undefined]])
  })
})
