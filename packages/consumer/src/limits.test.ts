import { ManualClock } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { Limits } from './limits.ts'

const never = () => new Promise<void>(() => {})

describe('a limit', () => {
  it('ends the waiting, and leaves no timer when the work was faster', async () => {
    const clock = new ManualClock()
    const limits = new Limits(clock)
    await limits.within(1000, async () => {})
    expect(clock.pendingCount).toBe(0)
    const waiting = limits.within(50, never)
    clock.advance(50)
    await waiting
    await expect(limits.within(50, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(clock.pendingCount).toBe(0)
  })

  it('holds no longer than its owner', async () => {
    const clock = new ManualClock()
    const limits = new Limits(clock)
    const waiting = Promise.all([limits.within(1000, never), limits.within(2000, never)])
    limits.end()
    await waiting
    expect(clock.pendingCount).toBe(0)
  })
})
