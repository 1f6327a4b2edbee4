import { readFile } from 'node:fs/promises'
import { sleep } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import type { FailureKind } from './failure.ts'
import { Kernel } from './kernel.ts'

/** Runs a scenario; the kind of its failure, if it has one. */
async function outcome(kernel: Kernel, main: () => Promise<void>): Promise<FailureKind | undefined> {
  try {
    await kernel.run(main)
    return undefined
  } catch (error) {
    return (error as { kind: FailureKind }).kind
  }
}

const processOf = (kernel: Kernel, name = 'test') => kernel.process(kernel.machine(name), name)

describe('Kernel', () => {
  it('runs one event at a time, with all its promises, in order of time and scheduling', async () => {
    const kernel = new Kernel({ seed: 1 })
    const clock = processOf(kernel)
    const seen: string[] = []
    await kernel.run(async () => {
      clock.schedule(20, () => seen.push('late'))
      clock.schedule(10, () => {
        seen.push('first')
        Promise.resolve()
          .then(() => undefined)
          .then(() => seen.push('promise of first'))
      })
      clock.schedule(10, () => seen.push('second'))
      clock.defer(() => seen.push('deferred'))
      await sleep(clock, 30)
    })
    expect(seen).toEqual(['deferred', 'first', 'promise of first', 'second', 'late'])
  })

  it('takes no real time for simulated time', async () => {
    const kernel = new Kernel({ seed: 1 })
    await kernel.run(() => sleep(processOf(kernel), 500_000))
    expect(kernel.nowMs).toBeGreaterThanOrEqual(500_000)
    expect(kernel.stepCount).toBeLessThan(5)
  })

  it('gives the same trace for the same seed, and another for another', async () => {
    const trace = async (seed: number) => {
      const kernel = new Kernel({ seed })
      const clock = processOf(kernel)
      await kernel.run(async () => {
        for (let count = 0; count < 50; count++) await sleep(clock, clock.random.uint32() % 100)
      })
      return kernel.trace.hash
    }
    expect(await trace(7)).toBe(await trace(7))
    expect(await trace(7)).not.toBe(await trace(8))
  })

  it('fails when nothing is left to happen', async () => {
    expect(await outcome(new Kernel({ seed: 1 }), () => new Promise(() => {}))).toBe('deadlock')
  })

  it('fails when the simulated time is over, or there are too many events', async () => {
    const late = new Kernel({ seed: 1, simulatedMsMax: 100 })
    expect(await outcome(late, () => sleep(processOf(late), 200))).toBe('time-limit')
    const busy = new Kernel({ seed: 1, stepCountMax: 100 })
    const clock = processOf(busy)
    const again = () => clock.defer(again)
    expect(await outcome(busy, () => new Promise(again))).toBe('step-limit')
  })

  it('fails for a rejection that nobody handles, and for an exception in an event', async () => {
    const rejecting = new Kernel({ seed: 1 })
    const clock = processOf(rejecting)
    const main = async () => {
      clock.defer(() => void Promise.reject(new Error('nobody hears this')))
      await sleep(clock, 10)
    }
    expect(await outcome(rejecting, main)).toBe('unhandled-rejection')
    const throwing = new Kernel({ seed: 1 })
    expect(await outcome(throwing, () => Promise.reject(new Error('the scenario failed')))).toBe('exception')
    const inEvent = new Kernel({ seed: 1 })
    const inEventMain = () =>
      new Promise<void>(() =>
        processOf(inEvent).defer(() => {
          throw new Error('an event failed')
        }),
      )
    expect(await outcome(inEvent, inEventMain)).toBe('exception')
  })

  const leaks: readonly (readonly [what: string, use: () => unknown])[] = [
    ['the time of day', () => Date.now()],
    ['the date', () => new Date()],
    ['the monotonic clock', () => performance.now()],
    ['randomness', () => Math.random()],
    ['a timer', () => setTimeout(() => {}, 0)],
    ['a file', () => readFile('/').catch(() => {})],
  ]
  it.each(leaks)('fails when something uses %s of the machine', async (_what, use) => {
    const kernel = new Kernel({ seed: 1 })
    const clock = processOf(kernel)
    let used: unknown
    const main = async () => {
      clock.defer(() => {
        used = use()
      })
      await sleep(clock, 10)
    }
    expect(await outcome(kernel, main)).toBe('real-io')
    await used
  })

  it('leaves the machine as it was', async () => {
    const before = [Date, Date.now, performance.now, Math.random, process.listenerCount('unhandledRejection')]
    await new Kernel({ seed: 1 }).run(async () => {})
    expect([Date, Date.now, performance.now, Math.random, process.listenerCount('unhandledRejection')]).toEqual(before)
  })
})

describe('SimProcess', () => {
  it('does nothing any more once it is killed', async () => {
    const kernel = new Kernel({ seed: 1 })
    const [driver, victim] = [processOf(kernel, 'driver'), processOf(kernel, 'victim')]
    let count = 0
    await kernel.run(async () => {
      const tick = () => {
        count++
        victim.schedule(10, tick)
      }
      tick()
      await sleep(driver, 55)
      victim.kill()
      await sleep(driver, 100)
    })
    expect(count).toBe(6)
  })

  it('does what became due in a pause at its end, in order', async () => {
    const kernel = new Kernel({ seed: 1 })
    const [driver, paused] = [processOf(kernel, 'driver'), processOf(kernel, 'paused')]
    const seen: number[] = []
    await kernel.run(async () => {
      for (const delayMs of [10, 20, 30, 120]) {
        paused.schedule(delayMs, () => seen.push(delayMs, Math.round(kernel.nowMs)))
      }
      paused.pause(100)
      await sleep(driver, 200)
    })
    expect(seen).toEqual([10, 100, 20, 100, 30, 100, 120, 120])
  })

  it('keeps that order over pauses that overlap', async () => {
    const kernel = new Kernel({ seed: 1 })
    const [driver, paused] = [processOf(kernel, 'driver'), processOf(kernel, 'paused')]
    const seen: number[] = []
    await kernel.run(async () => {
      for (const delayMs of [200, 20, 10, 90]) paused.schedule(delayMs, () => seen.push(delayMs))
      paused.pause(50)
      driver.schedule(30, () => paused.pause(170))
      await sleep(driver, 300)
    })
    expect(seen).toEqual([10, 20, 90, 200])
  })

  it('has a wall clock that jumps and a monotonic one that does not', async () => {
    const kernel = new Kernel({ seed: 1 })
    const clock = processOf(kernel)
    const [wall, monotonic] = [clock.now(), clock.monotonic()]
    clock.machine.jump(-5000)
    expect(clock.now()).toBe(wall - 5000)
    expect(clock.monotonic()).toBe(monotonic)
  })

  it('cancels timers', async () => {
    const kernel = new Kernel({ seed: 1 })
    const clock = processOf(kernel)
    let hasFired = false
    await kernel.run(async () => {
      const timer = clock.schedule(5, () => {
        hasFired = true
      })
      timer.cancel()
      await sleep(clock, 20)
    })
    expect(hasFired).toBe(false)
  })
})
