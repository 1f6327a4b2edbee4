/** Alert: shows lines that look like errors, but not faster than people read. */
import type { Clock } from '@millrace/base'
import { Positions } from '../positions.ts'
import type { LineReader, ReadLine } from './line-reader.ts'
import { textOf } from './log-line.ts'

const errorLike = /\b(?:errors?|fail(?:ed|ure|s)?|fatal|panic|critical|denied|segfault|out of memory)\b/i
const perSecondMax = 3
const windowMs = 1000
/** What is longer is cut. */
const textLengthMax = 100

export class Alert implements LineReader {
  readonly name = 'alert'
  readonly #clock: Clock
  readonly #positions = new Positions()
  readonly #show: (file: string, text: string) => void
  #windowStartMs = Number.NEGATIVE_INFINITY
  #shownInWindow = 0
  errorCount = 0
  shownCount = 0

  constructor(clock: Clock, show: (file: string, text: string) => void) {
    this.#clock = clock
    this.#show = show
  }

  get lineCount(): number {
    return this.#positions.handledCount
  }

  handle({ partition, offset, file, line }: ReadLine): void {
    if (!this.#positions.advance(partition, offset)) return
    const text = textOf(line)
    if (!errorLike.test(text)) return
    this.errorCount++
    if (!this.#mayShow()) return
    this.shownCount++
    this.#show(file, text.length <= textLengthMax ? text : `${text.slice(0, textLengthMax - 1)}…`)
  }

  #mayShow(): boolean {
    const nowMs = this.#clock.monotonic()
    if (nowMs - this.#windowStartMs >= windowMs) {
      this.#windowStartMs = nowMs
      this.#shownInWindow = 0
    }
    return this.#shownInWindow++ < perSecondMax
  }
}
