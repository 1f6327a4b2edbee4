import { ManualClock } from '@millrace/base'
import { expect, it } from 'vitest'
import { Alert } from './alert.ts'
import type { ReadLine } from './line-reader.ts'
import { Search } from './search.ts'

let nextOffset = 0

function lineOf(text: string, file = 'a.log'): ReadLine {
  return { partition: 0, offset: nextOffset++, file, line: Buffer.from(`${text}\n`) }
}

it('search counts lines with a word, whatever its case', () => {
  const search = new Search('Error')
  for (const text of ['an error', 'ERRORS', 'fine']) search.handle(lineOf(text))
  const last = lineOf('error', 'b.log')
  search.handle(last)
  // It comes again.
  search.handle(last)
  expect(search).toMatchObject({ lineCount: 4, matchCount: 3 })
  expect(search.top(1)).toEqual([['a.log', 2]])
})

it('alert shows a few errors a second, and counts all', () => {
  const clock = new ManualClock()
  const shown: string[] = []
  const alert = new Alert(clock, (file, text) => shown.push(`${file} ${text}`))
  for (let count = 0; count < 10; count++) alert.handle(lineOf(`it failed ${count}`))
  alert.handle(lineOf('libgpg-error0 was installed'))
  clock.advance(1000)
  alert.handle(lineOf('access denied'))
  expect(alert).toMatchObject({ lineCount: 12, errorCount: 11, shownCount: 4 })
  expect(shown).toEqual(['a.log it failed 0', 'a.log it failed 1', 'a.log it failed 2', 'a.log access denied'])
})
