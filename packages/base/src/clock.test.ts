import { describe, expect, it } from 'vitest'
import { ManualClock, sleep } from './clock.ts'
import { systemClock } from './system.ts'

describe('ManualClock', () => {
  it('fires timers in order of time, then of creation, also those made on the way', () => {
    const clock = new ManualClock(1000)
    const fired: string[] = []
    clock.schedule(20, () => fired.push(`b@${clock.now()}`))
    clock.schedule(10, () => {
      fired.push(`a@${clock.now()}`)
      clock.schedule(5, () => fired.push(`nested@${clock.now()}`))
    })
    clock.schedule(20, () => fired.push('c'))
    clock.schedule(15, () => fired.push('never')).cancel()
    clock.advance(20)
    expect(fired).toEqual(['a@1010', 'nested@1015', 'b@1020', 'c'])
    expect(clock.pendingCount).toBe(0)
  })

  it('keeps monotonic time when the wall clock jumps', () => {
    const clock = new ManualClock(1000)
    clock.advance(5)
    clock.jump(-500)
    expect([clock.now(), clock.monotonic()]).toEqual([505, 5])
  })
})

describe('sleep', () => {
  it('ends with its time, or with the signal and no timer left', async () => {
    const clock = new ManualClock()
    const first = sleep(clock, 50)
    clock.advance(50)
    await first
    const controller = new AbortController()
    const second = sleep(clock, 50, controller.signal)
    controller.abort(new Error('enough'))
    await expect(second).rejects.toThrow('enough')
    expect(clock.pendingCount).toBe(0)
    await expect(sleep(clock, 1, controller.signal)).rejects.toThrow('enough')
  })
})

describe('systemClock', () => {
  it('runs, cancels and defers', async () => {
    const order: string[] = []
    await new Promise<void>((resolve) => {
      systemClock.schedule(1, () => order.push('never')).cancel()
      systemClock.schedule(2, () => {
        order.push('timer')
        resolve()
      })
      systemClock.defer(() => order.push('deferred'))
    })
    expect(order).toEqual(['deferred', 'timer'])
    // Beyond what one Node timer can wait: it must not fire at once.
    const far = systemClock.schedule(2 ** 40, () => order.push('too early'))
    await sleep(systemClock, 5)
    far.cancel()
    expect(order).toEqual(['deferred', 'timer'])
  })
})
