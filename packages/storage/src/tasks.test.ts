import { ManualClock, silentLogger } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { Tasks } from './tasks.ts'

/** The promises of an action have settled. */
const settled = () => new Promise(setImmediate)

describe('Tasks', () => {
  it('does a task once, after a delay', () => {
    const clock = new ManualClock()
    const done: string[] = []
    new Tasks(clock, silentLogger).after(10, () => done.push('task'))
    clock.advance(9)
    expect(done).toEqual([])
    clock.advance(100)
    expect(done).toEqual(['task'])
  })

  it('does a task every period after it ended, the first time after another wait', async () => {
    const clock = new ManualClock()
    const ends: (() => void)[] = []
    const action = () => new Promise<void>((resolve) => void ends.push(resolve))
    new Tasks(clock, silentLogger).every(10, 'counting', action, 30)
    clock.advance(29)
    expect(ends).toHaveLength(0)
    clock.advance(1)
    clock.advance(1000)
    expect(ends).toHaveLength(1)
    ends[0]?.()
    await settled()
    clock.advance(9)
    expect(ends).toHaveLength(1)
    clock.advance(1)
    expect(ends).toHaveLength(2)
  })

  it('tries a task again that failed, and says so', async () => {
    const clock = new ManualClock()
    const errors: string[] = []
    const logger = { ...silentLogger, error: (message: string) => void errors.push(message) }
    let count = 0
    new Tasks(clock, logger).every(10, 'counting', async () => {
      count++
      throw new Error('no')
    })
    for (let round = 0; round < 2; round++) {
      clock.advance(10)
      await settled()
    }
    expect(count).toBe(2)
    expect(errors).toEqual(Array(2).fill('counting failed; it is tried again'))
  })

  it('begins nothing after it was stopped', async () => {
    const clock = new ManualClock()
    const tasks = new Tasks(clock, silentLogger)
    let count = 0
    const action = async () => {
      count++
      tasks.stop()
    }
    tasks.every(10, 'counting', action)
    tasks.after(15, () => count++)
    for (let step = 0; step < 10; step++) {
      clock.advance(10)
      await settled()
    }
    expect(count).toBe(1)
  })
})
