import { expect, it } from 'vitest'
import { formatCount, formatDuration, formatEuros, formatMany, formatSeconds, formatSize } from './format.ts'

it('writes numbers as people read them', () => {
  expect(formatCount(1234567)).toBe('1,234,567')
  expect(formatEuros(123456)).toBe('€1,234.56')
  expect(formatEuros(5)).toBe('€0.05')
  expect(formatSeconds(2149)).toBe('2.1 s')
  expect([formatDuration(12.4), formatDuration(2149)]).toEqual(['12 ms', '2.1 s'])
  expect([formatSize(12), formatSize(1536), formatSize(3 * 1024 ** 2)]).toEqual(['12 B', '1.5 KiB', '3.0 MiB'])
  expect([formatMany(1, 'order'), formatMany(1200, 'order'), formatMany(2, 'copy', 'copies')]).toEqual([
    '1 order',
    '1,200 orders',
    '2 copies',
  ])
})
