import { expect, it } from 'vitest'
import { colored, widthOf } from './paint.ts'
import { tableLines } from './table.ts'

it('aligns columns, whatever colours cells have', () => {
  const columns = [{ title: 'GROUP' }, { title: 'LAG', align: 'right', widthMin: 6 }, { title: 'STATE' }] as const
  expect(
    tableLines(columns, [
      ['payment', '12', 'well'],
      ['analytics', '4', ''],
    ]),
  ).toEqual(['GROUP         LAG  STATE', 'payment        12  well', 'analytics       4'])
  const [, row = ''] = tableLines(columns, [[colored('red', 'payment'), '12', 'well']])
  expect(widthOf(row)).toBe('payment      12  well'.length)
})
