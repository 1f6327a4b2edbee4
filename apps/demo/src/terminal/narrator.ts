/** Tells what happens, line by line, with the time since the beginning. */
import type { Clock } from '@millrace/base'
import { formatSeconds } from './format.ts'
import { colored, type Paint, plain } from './paint.ts'
import { Screen } from './screen.ts'
import type { Terminal } from './terminal.ts'

const timeWidth = 8

export class Narrator {
  readonly screen: Screen
  readonly paint: Paint
  readonly #clock: Clock
  readonly #startedMs: number

  constructor(terminal: Terminal, clock: Clock) {
    this.screen = new Screen(terminal)
    this.paint = terminal.hasColor ? colored : plain
    this.#clock = clock
    this.#startedMs = clock.monotonic()
  }

  get elapsedMs(): number {
    return this.#clock.monotonic() - this.#startedMs
  }

  /** A line with the time. */
  say(text: string): void {
    this.screen.print(`${this.paint('dim', formatSeconds(this.elapsedMs).padStart(timeWidth))}  ${text}`)
  }

  title(text: string): void {
    this.screen.print('', this.paint('bold', text))
  }
}
