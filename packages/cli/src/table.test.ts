import { describe, expect, it } from 'vitest'
import { formatTable } from './table.ts'

describe('formatTable', () => {
  it('aligns columns, numbers to the right, and leaves no trailing blanks', () => {
    expect(
      formatTable(
        ['TOPIC', 'LAG', 'MEMBER'],
        [
          ['orders', 5, 'a'],
          ['x', 12_000, null],
        ],
      ),
    ).toBe('TOPIC     LAG  MEMBER\norders      5  a\nx       12000  -\n')
  })

  it('is the header alone without rows', () => {
    expect(formatTable(['A', 'B'], [])).toBe('A  B\n')
  })
})
