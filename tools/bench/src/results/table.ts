/** Tables, for the terminal and for RESULTS.md: the same Markdown. */

export interface Table {
  readonly title: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** Columns padded to their widest cell; the first one to the left, the others to the right. */
export function formatTable({ head, rows }: Table): string {
  const widths = head.map((title, column) =>
    Math.max(3, ...[title, ...rows.map((row) => row[column] ?? '')].map(widthOf)),
  )
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, column) => pad(cells[column] ?? '', width, column > 0)).join(' | ')} |`
  const rule = widths.map((width, column) => (column > 0 ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)))
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n')
}

const widthOf = (text: string) => [...text].length

function pad(text: string, width: number, isRight: boolean): string {
  const blanks = ' '.repeat(width - widthOf(text))
  return isRight ? blanks + text : text + blanks
}

/** 1234567 as `1.23 M`, 12345 as `12.3 k`. */
export function formatCount(value: number): string {
  if (value >= 1e9) return `${significant(value / 1e9)} G`
  if (value >= 1e6) return `${significant(value / 1e6)} M`
  if (value >= 1e3) return `${significant(value / 1e3)} k`
  return significant(value)
}

/** Three digits that count. */
export function significant(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return `${value}`
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  return value.toFixed(Math.min(digits, 4))
}

export const formatMebibytes = (size: number) => `${significant(size / 2 ** 20)} MiB`

/** Of batches, frames and records, which are round: 100 B, 16 KiB, 1 MiB. */
export function formatSize(size: number): string {
  if (size >= 2 ** 20) return `${size / 2 ** 20} MiB`
  return size >= 1024 ? `${size / 1024} KiB` : `${size} B`
}

export const formatRatio = (ratio: number) => `${significant(ratio)} ×`
