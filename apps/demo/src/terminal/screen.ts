/** A log that scrolls, above a panel that is redrawn in place; without a live terminal, the log alone. */
import { cut } from './paint.ts'
import type { Terminal } from './terminal.ts'

const hideCursor = '\u001b[?25l'
const showCursor = '\u001b[?25h'
const clearBelow = '\u001b[J'
const up = (lines: number) => (lines === 0 ? '' : `\u001b[${lines}A`)
/** What is between these appears at once, where the terminal knows them. */
const beginUpdate = '\u001b[?2026h'
const endUpdate = '\u001b[?2026l'

export class Screen {
  readonly #terminal: Terminal
  /** Lines of the panel that are on the terminal. */
  #drawnCount = 0
  #panel: readonly string[] = []

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  /** Lines that stay. */
  print(...lines: readonly string[]): void {
    if (this.#terminal.isLive) this.#draw(lines)
    else for (const line of lines) this.#terminal.write(`${line}\n`)
  }

  /** What is below the log now. Needs a live terminal; else nothing is shown. */
  show(panel: readonly string[]): void {
    if (!this.#terminal.isLive) return
    this.#panel = panel
    this.#draw([])
  }

  /** The panel stays in the log where there is no place to redraw it. */
  printPanel(panel: readonly string[]): void {
    if (!this.#terminal.isLive) this.print(...panel)
  }

  /** Takes the panel away: what is printed next comes after the log. */
  close(): void {
    if (!this.#terminal.isLive) return
    this.#panel = []
    this.#draw([])
    this.#terminal.write(showCursor)
  }

  #draw(lines: readonly string[]): void {
    const columns = this.#terminal.columns()
    // A panel that is higher than the terminal could not be drawn over; a line that wraps would be two.
    const panel = this.#panel.slice(0, Math.max(0, this.#terminal.rows() - 2)).map((line) => cut(line, columns - 1))
    const text = [...lines, ...panel].map((line) => `${line}\n`).join('')
    this.#terminal.write(`${beginUpdate}${hideCursor}\r${up(this.#drawnCount)}${clearBelow}${text}${endUpdate}`)
    this.#drawnCount = panel.length
  }
}
