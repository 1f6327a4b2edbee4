import { describe, expect, it } from 'vitest'
import { EpochCache } from './epochs.ts'

const starts = [
  { epoch: 1, startOffset: 0 },
  { epoch: 3, startOffset: 10 },
  { epoch: 4, startOffset: 25 },
]

describe('EpochCache', () => {
  it('tells where an epoch ends, or the largest one before it', () => {
    const cache = new EpochCache({ offset: 0, epoch: 0 }, starts)
    const end = (epoch: number) => cache.endOf(epoch, 30)
    expect(end(1)).toEqual({ epoch: 1, offset: 10 })
    expect(end(2)).toEqual({ epoch: 1, offset: 10 })
    expect(end(3)).toEqual({ epoch: 3, offset: 25 })
    expect(end(4)).toEqual({ epoch: 4, offset: 30 })
    expect(end(9)).toEqual({ epoch: 4, offset: 30 })
    expect(end(0)).toEqual({ epoch: 0, offset: 0 })
  })

  it('knows the snapshot before an empty log', () => {
    const cache = new EpochCache({ offset: 40, epoch: 6 }, [])
    expect(cache.lastEpoch).toBe(6)
    expect(cache.endOf(6, 40)).toEqual({ epoch: 6, offset: 40 })
    expect(cache.epochBefore(40)).toBe(6)
  })

  it('forgets epochs that are cut off at either end', () => {
    const cache = new EpochCache({ offset: 0, epoch: 0 }, starts)
    cache.truncateTo(25)
    expect(cache.lastEpoch).toBe(3)
    cache.startAt({ offset: 12, epoch: 3 })
    expect(cache.starts).toEqual([{ epoch: 3, startOffset: 12 }])
    expect([cache.epochBefore(12), cache.epochBefore(13)]).toEqual([3, 3])
    cache.truncateTo(12)
    expect(cache.lastEpoch).toBe(3)
    expect(cache.starts).toEqual([])
  })

  it('refuses an epoch that goes back', () => {
    const cache = new EpochCache({ offset: 0, epoch: 0 }, starts)
    expect(() => cache.assign(3, 40)).toThrow('after epoch 4')
  })
})
