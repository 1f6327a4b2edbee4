/** What the three readers of the log lines have in common. */

export interface ReadLine {
  readonly partition: number
  readonly offset: number
  /** The path of the file. */
  readonly file: string
  /** A view: copy what is kept. */
  readonly line: Buffer
}

export interface LineReader {
  readonly name: string
  readonly lineCount: number
  handle(line: ReadLine): void | Promise<void>
}
