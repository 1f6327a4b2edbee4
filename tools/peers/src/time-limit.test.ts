import { describe, expect, it } from 'vitest'
import { TimeLimitError, until, within } from './time-limit.ts'

describe('within', () => {
  it('gives what came in time, and a rejection as it is', async () => {
    expect(await within(Promise.resolve(7), 1000, () => 'nothing')).toBe(7)
    await expect(within(Promise.reject(new Error('no')), 1000, () => 'nothing')).rejects.toThrow('no')
  })

  it('says for what it waited too long', async () => {
    const never = new Promise<never>(() => {})
    await expect(within(never, 1, () => 'Waited for Godot')).rejects.toThrow(TimeLimitError)
    await expect(within(never, 1, () => 'Waited for Godot')).rejects.toThrow('Waited for Godot (after 0.001 s)')
  })
})

describe('until', () => {
  it('asks until it is done', async () => {
    let count = 0
    await until(
      () => ++count === 2,
      10_000,
      () => 'never',
    )
    expect(count).toBe(2)
  })
})
