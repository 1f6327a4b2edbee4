import { systemClock } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { forEachLimited } from './limited.ts'

const turn = () => new Promise<void>((resolve) => systemClock.defer(resolve))

describe('forEachLimited', () => {
  it('works on every item, a few at a time', async () => {
    let [running, most] = [0, 0]
    const seen: number[] = []
    await forEachLimited([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
      most = Math.max(most, ++running)
      await turn()
      running--
      seen.push(item)
    })
    expect([most, seen.sort()]).toEqual([3, [1, 2, 3, 4, 5, 6, 7]])
    await forEachLimited([], 3, turn)
  })

  it('rejects with the failure once nothing is under way', async () => {
    let running = 0
    const work = forEachLimited([1, 2, 3], 2, async (item) => {
      running++
      await turn()
      running--
      if (item === 1) throw new Error('first')
    })
    await expect(work).rejects.toThrow('first')
    expect(running).toBe(0)
  })
})
