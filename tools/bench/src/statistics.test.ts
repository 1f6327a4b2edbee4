import { describe, expect, it } from 'vitest'
import { medianRatio, quantile, summarize } from './statistics.ts'

describe('summarize', () => {
  it('finds the middle of odd and even counts', () => {
    expect(summarize([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 })
    expect(summarize([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 })
    expect(summarize([7])).toEqual({ median: 7, min: 7, max: 7 })
    expect(() => summarize([])).toThrow()
  })
})

describe('quantile', () => {
  it('lies between its neighbours', () => {
    const sorted = [10, 20, 30, 40, 50]
    expect([0, 0.25, 0.9, 1].map((part) => quantile(sorted, part))).toEqual([10, 20, 46, 50])
  })
})

describe('medianRatio', () => {
  it('compares each round with itself', () => {
    // The machine was half as fast in the second round, for both.
    expect(medianRatio([10, 5, 11], [5, 2.5, 5])).toBe(2)
  })
})
