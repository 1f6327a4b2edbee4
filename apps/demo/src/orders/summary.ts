/** What is left on the screen in the end. */
import { type Checks, checkLine } from '../checks.ts'
import { formatCount, formatMany, formatSeconds } from '../terminal/format.ts'
import type { Paint } from '../terminal/paint.ts'
import { tableLines } from '../terminal/table.ts'
import type { ShopView } from './dashboard.ts'

export function summaryLines(view: ShopView, checks: Checks, elapsedMs: number, paint: Paint): string[] {
  const columns = [
    { title: '  GROUP' },
    { title: 'ORDERS', align: 'right' },
    { title: 'AGAIN', align: 'right' },
    { title: 'PARTITIONS MOVED', align: 'right' },
    { title: '' },
  ] as const
  const rows = view.groups.map(({ name, orderCount, againCount, movedCount, headline }) => [
    `  ${name}`,
    formatCount(orderCount),
    formatCount(againCount),
    formatCount(movedCount),
    paint('dim', headline),
  ])
  const [head = '', ...lines] = tableLines(columns, rows)
  const verdict = `Demo: ${checks.verdict}, ${formatMany(view.orderCount, 'order')} in ${formatSeconds(elapsedMs)}.`
  return [
    '',
    paint('dim', head),
    ...lines,
    '',
    ...checks.all.map((check) => `  ${checkLine(check, paint)}`),
    '',
    paint(checks.passed ? 'green' : 'red', paint('bold', verdict)),
  ]
}
