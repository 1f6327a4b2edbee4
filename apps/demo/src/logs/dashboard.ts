/** How far the lines have come: produced, and read by each reader. */
import { formatCount } from '../terminal/format.ts'
import type { Paint } from '../terminal/paint.ts'
import { tableLines } from '../terminal/table.ts'

export interface Progress {
  readonly name: string
  readonly count: number
  readonly found: string
}

const barWidth = 30

function bar(count: number, total: number): string {
  const full = total === 0 ? barWidth : Math.min(barWidth, Math.round((count / total) * barWidth))
  return '█'.repeat(full) + '░'.repeat(barWidth - full)
}

/** `rows`: the producer first, then the readers. */
export function progressLines(rows: readonly Progress[], total: number, paint: Paint): string[] {
  const columns = [
    { title: '' },
    { title: '', widthMin: barWidth },
    { title: '', align: 'right', widthMin: formatCount(total).length },
    { title: '' },
  ] as const
  const cells = rows.map(({ name, count, found }, index) => [
    ` ${paint('bold', name)}`,
    paint(index === 0 ? 'cyan' : 'green', bar(count, total)),
    formatCount(count),
    paint('dim', found),
  ])
  return ['', ...tableLines(columns, cells).slice(1)]
}
