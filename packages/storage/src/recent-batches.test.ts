import { describe, expect, it } from 'vitest'
import { RecentBatches } from './recent-batches.ts'

describe('RecentBatches', () => {
  it('finds the batch of an offset while it remembers it', () => {
    const recent = new RecentBatches()
    expect(recent.find(0)).toBeUndefined()
    for (let batch = 0; batch < 200; batch++) recent.add(batch * 10, batch * 100, 100)
    expect(recent.find(1995)).toEqual({ baseOffset: 1990, position: 19_900, size: 100 })
    expect(recent.find(1989)).toEqual({ baseOffset: 1980, position: 19_800, size: 100 })
    expect(recent.find(1360)).toEqual({ baseOffset: 1360, position: 13_600, size: 100 })
    expect(recent.find(1359)).toBeUndefined()
  })

  it('forgets everything when cleared', () => {
    const recent = new RecentBatches()
    recent.add(5, 0, 70)
    recent.clear()
    expect(recent.find(5)).toBeUndefined()
    recent.add(9, 0, 61)
    expect(recent.find(9)).toEqual({ baseOffset: 9, position: 0, size: 61 })
    expect(recent.find(8)).toBeUndefined()
  })
})
