/** What commands see of the world outside: streams, files, signals. `system.ts` is the real one. */

export interface Terminal {
  /** Standard output. Resolves when more may be written, so that a slow reader slows the command down. */
  write(text: string): Promise<void>
  /** Standard error. */
  writeError(text: string): void
  /** Standard input, line by line, without the line ends. */
  readLines(): AsyncIterable<string>
  /** Aborted when the user or the system asks the process to end. */
  readonly signal: AbortSignal
  /** Columns of the terminal; undefined when output goes elsewhere. */
  readonly width: number | undefined
  readFile(path: string): Promise<string>
  /** An absolute path for what the user typed. */
  resolvePath(path: string): string
}
