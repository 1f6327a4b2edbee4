/** What is left on the screen in the end. */
import { type Checks, checkLine } from '../checks.ts'
import { formatCount, formatMany, formatSeconds } from '../terminal/format.ts'
import type { Paint } from '../terminal/paint.ts'
import type { Alert } from './alert.ts'
import type { Archive } from './archive.ts'
import type { Search } from './search.ts'

const topFilesShown = 3

export interface LogsResult {
  readonly search: Search
  readonly alert: Alert
  readonly archive: Archive
  /** Where the archive is left, if it is. */
  readonly kept: string | undefined
  readonly lineCount: number
  readonly elapsedMs: number
}

export function logsSummaryLines(result: LogsResult, checks: Checks, paint: Paint): string[] {
  const { search, alert, archive, kept, lineCount, elapsedMs } = result
  const verdict = `Logs: ${checks.verdict}, ${formatMany(lineCount, 'line')} in ${formatSeconds(elapsedMs)}.`
  return [
    '',
    `  search   ${formatMany(search.matchCount, 'line')} with "${search.word}"`,
    ...search.top(topFilesShown).map(([file, count]) => paint('dim', `           ${formatCount(count)} in ${file}`)),
    `  alert    ${formatMany(alert.errorCount, 'line')} like an error, ${formatCount(alert.shownCount)} shown`,
    `  archive  ${formatMany(archive.fileCount, 'file')} ${kept === undefined ? 'read back and removed' : `in ${kept}`}`,
    '',
    ...checks.all.map((check) => `  ${checkLine(check, paint)}`),
    '',
    paint(checks.passed ? 'green' : 'red', paint('bold', verdict)),
  ]
}
