/** The code in a Markdown file: fenced blocks, indented blocks and code spans, in their order, with their lines. */

export interface Code {
  readonly kind: 'fence' | 'indented' | 'span'
  /** Of a fence: the first word after the backticks. */
  readonly language: string
  /** Without the fence and the indentation. */
  readonly text: string
  /** Where the text begins; the first line of the file is 1. */
  readonly line: number
}

const fenceStart = /^(\s*)(`{3,}|~{3,})\s*([^\s`]*)[^`]*$/
const indentation = /^(?: {4}|\t)/

/** Throws when a fence is not closed. Indented text after a blank line is code, in lists too. */
export function codeOf(markdown: string): Code[] {
  const lines = markdown.split('\n')
  const codes: Code[] = []
  let index = 0
  while (index < lines.length) {
    const line = lines[index] as string
    const fence = fenceStart.exec(line)
    if (fence !== null) {
      const block = readFence(lines, index, fence)
      codes.push(block.code)
      index = block.end
    } else if (indentation.test(line) && line.trim() !== '' && isBlank(lines[index - 1])) {
      const block = readIndented(lines, index)
      codes.push(block.code)
      index = block.end
    } else {
      codes.push(...spansOf(line, index + 1))
      index++
    }
  }
  return codes
}

function isBlank(line: string | undefined): boolean {
  return line === undefined || line.trim() === ''
}

function readFence(lines: readonly string[], start: number, [, indent = '', marks = '', language = '']: string[]) {
  const closing = new RegExp(`^\\s*${marks[0]}{${marks.length},}\\s*$`)
  const end = lines.findIndex((line, index) => index > start && closing.test(line))
  if (end === -1) throw new Error(`The fence in line ${start + 1} is not closed`)
  const content = lines.slice(start + 1, end)
  const text = content.map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line.trimStart()))
  return { code: { kind: 'fence' as const, language, text: text.join('\n'), line: start + 2 }, end: end + 1 }
}

function readIndented(lines: readonly string[], start: number) {
  let end = start
  while (end < lines.length && (indentation.test(lines[end] as string) || isBlank(lines[end]))) end++
  while (isBlank(lines[end - 1])) end--
  const text = lines.slice(start, end).map((line) => line.replace(indentation, ''))
  return { code: { kind: 'indented' as const, language: '', text: text.join('\n'), line: start + 1 }, end }
}

function spansOf(line: string, lineNumber: number): Code[] {
  return Array.from(line.matchAll(/(?<!`)`([^`]+)`(?!`)/g), ([, text = '']) => ({
    kind: 'span' as const,
    language: '',
    text,
    line: lineNumber,
  }))
}
