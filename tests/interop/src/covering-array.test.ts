import { describe, expect, it } from 'vitest'
import { allRows, coveringArray, pairsOf } from './covering-array.ts'

const factors = { colour: ['red', 'green', 'blue'], size: ['s', 'm', 'l'], cut: ['slim', 'wide'] } as const
const isAllowed = (row: { colour: string; size: string }) => !(row.colour === 'red' && row.size === 'l')

describe('coveringArray', () => {
  it('covers every pair that an allowed row has, with fewer rows than there are combinations', () => {
    const rows = coveringArray(factors, isAllowed)
    const covered = new Set(rows.flatMap(pairsOf))
    for (const row of allRows(factors, isAllowed)) for (const pair of pairsOf(row)) expect(covered).toContain(pair)
    expect(rows.length).toBeLessThan(allRows(factors, isAllowed).length)
    expect(rows.length).toBeGreaterThanOrEqual(8)
  })

  it('makes no row that is not allowed', () => {
    expect(coveringArray(factors, isAllowed).filter((row) => !isAllowed(row))).toEqual([])
  })

  it('starts with the fixed rows and adds only what they leave', () => {
    const all = allRows(factors, () => true)
    expect(coveringArray(factors, () => true, all)).toEqual(all)
    expect(coveringArray(factors, () => true, all.slice(3, 5)).slice(0, 2)).toEqual(all.slice(3, 5))
  })

  it('refuses a fixed row that is not allowed', () => {
    expect(() => coveringArray(factors, isAllowed, [{ colour: 'red', size: 'l', cut: 'slim' }])).toThrow('not allowed')
  })

  it('gives the same rows every time', () => {
    expect(coveringArray(factors, isAllowed)).toEqual(coveringArray(factors, isAllowed))
  })
})
