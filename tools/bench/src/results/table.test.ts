import { describe, expect, it } from 'vitest'
import { formatCount, formatMebibytes, formatSize, formatTable, significant } from './table.ts'

describe('formatTable', () => {
  it('aligns columns and bears cells that are missing', () => {
    const rows = [
      ['Millrace', '1.2 M', '3 ×'],
      ['kafkajs', '90 k'],
    ]
    expect(formatTable({ title: '', head: ['client', 'records/s', 'x'], rows })).toBe(
      [
        '| client   | records/s |   x |',
        '| -------- | --------: | --: |',
        '| Millrace |     1.2 M | 3 × |',
        '| kafkajs  |      90 k |     |',
      ].join('\n'),
    )
  })
})

describe('figures', () => {
  it('have three digits that count', () => {
    expect([0, 0.01234, 1.2345, 12.345, 123.45, 1234.5].map(significant)).toEqual([
      '0',
      '0.0123',
      '1.23',
      '12.3',
      '123',
      '1235',
    ])
    expect([999, 12_345, 1_234_567, 6.9e9].map(formatCount)).toEqual(['999', '12.3 k', '1.23 M', '6.90 G'])
    expect([100, 16_384, 2 ** 20].map(formatSize)).toEqual(['100 B', '16 KiB', '1 MiB'])
    expect(formatMebibytes(3 * 2 ** 19)).toBe('1.50 MiB')
  })
})
