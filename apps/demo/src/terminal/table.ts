/** Tables for people: aligned columns, cells may be coloured. */
import { padEnd, padStart, widthOf } from './paint.ts'

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
  /** The column is at least so wide: a table that is redrawn shall not jump when its numbers grow. */
  readonly widthMin?: number
}

const gap = '  '

/** The lines of a table; the first is its head. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map(({ title, widthMin = 0 }, index) =>
    Math.max(widthMin, widthOf(title), ...rows.map((row) => widthOf(row[index] ?? ''))),
  )
  const line = (cells: readonly string[]) =>
    columns
      .map(({ align }, index) => (align === 'right' ? padStart : padEnd)(cells[index] ?? '', widths[index] ?? 0))
      .join(gap)
      .trimEnd()
  return [columns.map(({ title }) => title), ...rows].map(line)
}
