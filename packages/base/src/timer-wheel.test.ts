import { describe, expect, it } from 'vitest'
import { ManualClock } from './clock.ts'
import { seededRandom } from './random.ts'
import { TimerWheel } from './timer-wheel.ts'

describe('TimerWheel', () => {
  it('never fires early and at most one tick late, in order', () => {
    const clock = new ManualClock()
    const wheel = new TimerWheel(clock, 10)
    const random = seededRandom(8)
    const fired: number[] = []
    for (let count = 0; count < 500; count++) {
      clock.advance(random.uint32() % 7)
      const deadline = clock.monotonic() + (random.uint32() % 400)
      wheel.schedule(deadline - clock.monotonic(), () => {
        expect(clock.monotonic()).toBeGreaterThanOrEqual(deadline)
        expect(clock.monotonic()).toBeLessThanOrEqual(deadline + 10)
        fired.push(deadline)
      })
    }
    clock.advance(1000)
    expect(fired).toHaveLength(500)
    expect(clock.pendingCount).toBe(0)
  })

  it('uses one clock timer, and none when nothing waits', () => {
    const clock = new ManualClock()
    const wheel = new TimerWheel(clock, 10)
    const timers = Array.from({ length: 100 }, (_, index) => wheel.schedule(500 - index, () => {}))
    expect(clock.pendingCount).toBe(1)
    for (const timer of timers) timer.cancel()
    expect(clock.pendingCount).toBe(0)
    wheel.schedule(5, () => {})
    wheel.close()
    expect(clock.pendingCount).toBe(0)
  })

  it('does not fire what was cancelled by a callback of the same tick, and fires what a callback adds', () => {
    const clock = new ManualClock()
    const wheel = new TimerWheel(clock, 10)
    const fired: string[] = []
    wheel.schedule(5, () => {
      fired.push('first')
      second.cancel()
      wheel.schedule(0, () => fired.push('added'))
    })
    const second = wheel.schedule(6, () => fired.push('second'))
    clock.advance(30)
    expect(fired).toEqual(['first', 'added'])
  })

  it('fires what waits in time when a callback adds something later', () => {
    const clock = new ManualClock()
    const wheel = new TimerWheel(clock, 10)
    const fired: [string, number][] = []
    const note = (name: string) => () => void fired.push([name, clock.monotonic()])
    wheel.schedule(10, () => void wheel.schedule(30_000, note('late')))
    wheel.schedule(50, note('waiting'))
    for (let turn = 0; turn < 6; turn++) clock.advance(10)
    expect(fired).toEqual([['waiting', 50]])
    clock.advance(30_000)
    expect(fired.map(([name]) => name)).toEqual(['waiting', 'late'])
  })
})
