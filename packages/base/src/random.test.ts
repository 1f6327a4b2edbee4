import { describe, expect, it } from 'vitest'
import { randomBelow, randomFraction, seededRandom, shuffle } from './random.ts'
import { systemRandom } from './system.ts'

describe('seededRandom', () => {
  it('repeats its numbers for a seed and differs between seeds', () => {
    const take = (seed: number) => {
      const random = seededRandom(seed)
      return [random.uint32(), random.uint32(), random.bytes(7).toString('hex'), randomFraction(random)]
    }
    expect(take(5)).toEqual(take(5))
    expect(take(5)).not.toEqual(take(6))
    expect(take(5)).not.toEqual(take(5 + 2 ** 32))
  })

  it('spreads evenly over a bound', () => {
    const random = seededRandom(9)
    const counts = new Array(10).fill(0)
    for (let round = 0; round < 20_000; round++) counts[randomBelow(random, 10)]++
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(250)
  })

  it('shuffles without loss', () => {
    const items = shuffle(seededRandom(3), [1, 2, 3, 4, 5, 6, 7, 8])
    expect(items).not.toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(items.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })
})

describe('systemRandom', () => {
  it('gives different numbers across its blocks', () => {
    const seen = new Set(Array.from({ length: 3000 }, () => systemRandom.uint32()))
    expect(seen.size).toBeGreaterThan(2990)
    expect(systemRandom.bytes(33)).toHaveLength(33)
  })
})
