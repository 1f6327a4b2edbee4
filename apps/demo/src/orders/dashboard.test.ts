import { expect, it } from 'vitest'
import { plain, widthOf } from '../terminal/paint.ts'
import { dashboardLines, type ShopView } from './dashboard.ts'

const view: ShopView = {
  orderCount: 1204,
  rate: 60,
  groups: [
    {
      name: 'payment',
      memberCount: 1,
      readers: [1, 1, 1, 'dead', 'dead', undefined],
      lags: [0, 120, 300],
      orderCount: 904,
      againCount: 12,
      movedCount: 3,
      headline: '€12.40 taken',
    },
  ],
}

it('shows who reads what, who died, and how far behind they are', () => {
  const [, title, head, row] = dashboardLines(view, 80, plain)
  expect(title).toContain('1,204 orders produced, 60 a second')
  expect(head).toMatch(/^ GROUP +MEMBERS {2}0 1 2 3 4 5 +LAG +ORDERS {2}AGAIN {2}MOVED$/)
  expect(row).toMatch(/^ payment +1 {2}1 1 1 ✗ ✗ · +300 +▁▅█ +904 +12 +3 {2}€12.40 taken$/)
  expect(widthOf(head as string)).toBeLessThan(80)
})
