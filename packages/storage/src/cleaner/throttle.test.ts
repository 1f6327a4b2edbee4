import { ManualClock } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { Throttle } from './throttle.ts'

/** Whether `promise` has settled once everything that can happen without time has. */
async function isSettled(promise: Promise<void>): Promise<boolean> {
  let settled = false
  promise.then(() => {
    settled = true
  })
  for (let turn = 0; turn < 5; turn++) await Promise.resolve()
  return settled
}

describe('Throttle', () => {
  it('waits as long as the bytes take at the rate', async () => {
    const clock = new ManualClock()
    const throttle = new Throttle(clock, 1000)
    const spent = throttle.spend(500)
    clock.advance(499)
    expect(await isSettled(spent)).toBe(false)
    clock.advance(1)
    expect(await isSettled(spent)).toBe(true)
    // Small amounts are saved up.
    expect(await isSettled(throttle.spend(4))).toBe(true)
    expect(await isSettled(throttle.spend(4))).toBe(false)
  })

  it('gives no credit for time that passed', async () => {
    const clock = new ManualClock()
    const throttle = new Throttle(clock, 1000)
    clock.advance(10_000)
    await throttle.spend(1)
    const spent = throttle.spend(1000)
    clock.advance(900)
    expect(await isSettled(spent)).toBe(false)
  })

  it('never waits without a rate', async () => {
    const throttle = new Throttle(new ManualClock(), Number.POSITIVE_INFINITY)
    expect(await isSettled(throttle.spend(1e15))).toBe(true)
  })
})
