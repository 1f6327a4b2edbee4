import { expect, it } from 'vitest'
import { Screen } from './screen.ts'
import type { Terminal } from './terminal.ts'

const esc = String.fromCharCode(27)
const sequence = new RegExp(`${esc}\\[(\\??)(\\d*)([A-Za-z])|\\n|\\r|[^${esc}\\n\\r]+`, 'g')

/** A terminal that knows the few sequences a screen uses. */
function liveTerminal(columns: number, rows: number) {
  let lines: string[] = ['']
  const write = (text: string) => {
    for (const [token, , count, command] of text.matchAll(sequence)) {
      if (token === '\n') lines.push('')
      else if (command === 'A') lines = [...lines.slice(0, lines.length - 1 - Number(count)), '']
      else if (command === undefined && token !== '\r') lines[lines.length - 1] += token
    }
  }
  const terminal: Terminal = { isLive: true, hasColor: false, columns: () => columns, rows: () => rows, write }
  return { terminal, shown: () => lines.slice(0, -1) }
}

it('draws the panel below the log, over and over', () => {
  const { terminal, shown } = liveTerminal(20, 10)
  const screen = new Screen(terminal)
  screen.show(['panel 1', 'second'])
  screen.print('begun')
  screen.show(['panel 2'])
  screen.print('done')
  expect(shown()).toEqual(['begun', 'done', 'panel 2'])
  screen.close()
  expect(shown()).toEqual(['begun', 'done'])
})

it('draws nothing that would wrap or scroll away', () => {
  const { terminal, shown } = liveTerminal(6, 4)
  new Screen(terminal).show(['a long line', 'b', 'c'])
  expect(shown()).toEqual(['a lon', 'b'])
})

it('writes plain lines where nothing can be redrawn', () => {
  const written: string[] = []
  const terminal = { ...liveTerminal(6, 4).terminal, isLive: false, write: (text: string) => void written.push(text) }
  const screen = new Screen(terminal)
  screen.show(['panel'])
  screen.print('a long line')
  screen.printPanel(['table'])
  screen.close()
  expect(written).toEqual(['a long line\n', 'table\n'])
})
