import { describe, expect, it } from 'vitest'
import { allRows, pairsOf } from './covering-array.ts'
import { clientNames, codecs, describeRow, factors, fullRows, isPossible, rows, sampleRows } from './plan.ts'

describe('the plan', () => {
  it('covers every possible pair of producer, codec, consumer and size of group', () => {
    const covered = new Set(rows.flatMap(pairsOf))
    for (const row of allRows(factors, isPossible)) for (const pair of pairsOf(row)) expect(covered).toContain(pair)
  })

  it('leaves out nothing but what kafkajs cannot compress or open', () => {
    const all = new Set(allRows(factors, () => true).flatMap(pairsOf))
    const covered = new Set(rows.flatMap(pairsOf))
    expect([...all].filter((pair) => !covered.has(pair)).sort()).toEqual([
      'codec=lz4 consumer=kafkajs',
      'codec=snappy consumer=kafkajs',
      'producer=kafkajs codec=lz4',
      'producer=kafkajs codec=snappy',
    ])
  })

  it('has every client produce and consume the whole index, and every codec carry it', () => {
    expect(fullRows.map(({ producer }) => producer).toSorted()).toEqual(clientNames.toSorted())
    expect(fullRows.map(({ consumer }) => consumer).toSorted()).toEqual(clientNames.toSorted())
    expect(new Set(fullRows.map(({ codec }) => codec))).toEqual(new Set(codecs))
    expect(new Set(fullRows.map(({ groupSize }) => groupSize)).size).toBe(2)
  })

  it('names every row differently', () => {
    expect(new Set(rows.map((row) => describeRow(row, '-'))).size).toBe(rows.length)
    expect(sampleRows.length).toBeLessThan(40)
  })
})
