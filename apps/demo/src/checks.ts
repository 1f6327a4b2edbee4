/** What was promised, and whether it held. */
import type { Paint } from './terminal/paint.ts'

export interface Check {
  readonly name: string
  readonly passed: boolean
  /** What was found: numbers, not adjectives. */
  readonly detail: string
}

export class Checks {
  readonly #byName = new Map<string, Check>()

  /** A check may be made many times; once failed, it stays failed. */
  record(name: string, passed: boolean, detail: string): Check {
    const check = { name, passed, detail }
    if (this.#byName.get(name)?.passed !== false) this.#byName.set(name, check)
    return check
  }

  get all(): readonly Check[] {
    return [...this.#byName.values()]
  }

  /** At least one was made, and none failed. */
  get passed(): boolean {
    return this.#byName.size > 0 && this.all.every(({ passed }) => passed)
  }

  /** `9 of 9 checks passed`. */
  get verdict(): string {
    return `${this.all.filter(({ passed }) => passed).length} of ${this.#byName.size} checks passed`
  }
}

export function checkLine({ name, passed, detail }: Check, paint: Paint): string {
  return `${passed ? paint('green', '✓') : paint('red', '✗')} ${name}: ${paint(passed ? 'dim' : 'red', detail)}`
}
