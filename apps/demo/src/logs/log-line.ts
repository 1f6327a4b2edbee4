/** Log files as records: a line each, with its line end, so that the lines of a file put together are the file again. */
import { bytes, string, type Topic, topic } from 'millrace'

/** What was read of a log file. */
export interface LogFile {
  readonly name: string
  readonly content: Buffer
}

export interface LogLine {
  /** The name of its file. */
  readonly file: string
  readonly line: Buffer
}

export const partitionCount = 3
/** Longer lines become several records. */
const lineSizeMax = 64 * 1024
const lineFeed = 10

/** Lines by the path of their file: those of one file are in one partition, in their order. */
export function logsTopic(name: string): Topic<string, Buffer> {
  return topic(name, { key: string(), value: bytes() })
}

/** Views on `content`, which together are all of it. */
export function* linesOf(content: Buffer): Generator<Buffer> {
  let start = 0
  while (start < content.length) {
    const lineEnd = content.indexOf(lineFeed, start)
    const end = Math.min(lineEnd === -1 ? content.length : lineEnd + 1, start + lineSizeMax)
    yield content.subarray(start, end)
    start = end
  }
}

/** For people: without the line end, and without what would do something to their terminal. */
export function textOf(line: Buffer): string {
  return line
    .toString('utf8')
    .trimEnd()
    .replaceAll(/\p{Cc}/gu, ' ')
}

/** All lines of all files, mixed as if all files had grown at once; those of one file stay in their order. */
export function mixedLines(files: readonly LogFile[]): readonly LogLine[] {
  const placed = files.flatMap(({ name, content }) => {
    const lines = [...linesOf(content)]
    return lines.map((line, index) => ({ file: name, line, place: (index + 0.5) / lines.length }))
  })
  return placed.sort((a, b) => a.place - b.place)
}
