/** What the programs know of the terminal they write to. */
export interface Terminal {
  /** Whether lines can be redrawn in place. */
  readonly isLive: boolean
  readonly hasColor: boolean
  columns(): number
  rows(): number
  write(text: string): void
}
