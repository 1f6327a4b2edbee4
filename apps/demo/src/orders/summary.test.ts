import { expect, it } from 'vitest'
import { Checks } from '../checks.ts'
import { plain } from '../terminal/paint.ts'
import { summaryLines } from './summary.ts'

it('says what each group did, what held and what did not', () => {
  const checks = new Checks()
  checks.record('every order is paid once', true, '10 payments')
  checks.record('everything is committed', false, '3 orders left')
  const payment = { name: 'payment', memberCount: 1, readers: [], lags: [], headline: '€1.00 taken' }
  const groups = [{ ...payment, orderCount: 1200, againCount: 7, movedCount: 9 }]
  expect(summaryLines({ orderCount: 1200, rate: 60, groups }, checks, 41_234, plain)).toEqual([
    '',
    '  GROUP    ORDERS  AGAIN  PARTITIONS MOVED',
    '  payment   1,200      7                 9  €1.00 taken',
    '',
    '  ✓ every order is paid once: 10 payments',
    '  ✗ everything is committed: 3 orders left',
    '',
    'Demo: 1 of 2 checks passed, 1,200 orders in 41.2 s.',
  ])
})
