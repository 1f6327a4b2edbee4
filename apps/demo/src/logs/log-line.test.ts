import { expect, it } from 'vitest'
import { linesOf, mixedLines, textOf } from './log-line.ts'

it.each([
  ['', 0],
  ['one\n', 1],
  ['one\ntwo', 2],
  ['\n\nthree\r\n', 3],
  [`${'x'.repeat(150_000)}\nend\n`, 4],
])('cuts a file into lines that are the file again (%#)', (content, count) => {
  const lines = [...linesOf(Buffer.from(content))]
  expect(lines).toHaveLength(count)
  expect(Buffer.concat(lines).toString()).toBe(content)
})

it('shows a line without what a terminal would obey', () => {
  expect(textOf(Buffer.from('a\u001b[31mred\tline\r\n'))).toBe('a [31mred line')
})

it('mixes files as if they had grown at once', () => {
  const files = [
    { name: 'long', content: Buffer.from('1\n2\n3\n4\n') },
    { name: 'short', content: Buffer.from('a\nb\n') },
  ]
  expect(
    mixedLines(files)
      .map(({ line }) => textOf(line))
      .join(''),
  ).toBe('1a23b4')
})
