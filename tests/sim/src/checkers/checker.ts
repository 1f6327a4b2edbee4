/** What a checker is: it sees a history, one event after the other, and says when a promise is broken. */
import type { HistoryEvent } from '../history.ts'

export interface Checker {
  /** Takes the next event. A sentence that says what is wrong, or nothing. */
  observe(event: HistoryEvent): string | undefined
}

export interface CheckerKind {
  readonly name: string
  /** The promise that it watches over. */
  readonly promise: string
  create(): Checker
}

export interface Violation {
  readonly checker: string
  readonly message: string
  /** Place in the history of the event that showed it. */
  readonly index: number
}

/** The first violation in a whole history. */
export function checkHistory(events: readonly HistoryEvent[], kinds: readonly CheckerKind[]): Violation | undefined {
  const panel = new Panel(kinds)
  for (const event of events) {
    const violation = panel.observe(event)
    if (violation !== undefined) return violation
  }
  return undefined
}

/** Several checkers over one history. */
export class Panel {
  readonly #checkers: readonly { readonly name: string; readonly checker: Checker }[]
  #count = 0

  constructor(kinds: readonly CheckerKind[]) {
    this.#checkers = kinds.map((kind) => ({ name: kind.name, checker: kind.create() }))
  }

  /** The first violation that this event shows. */
  observe(event: HistoryEvent): Violation | undefined {
    const index = this.#count++
    for (const { name, checker } of this.#checkers) {
      const message = checker.observe(event)
      if (message !== undefined) return { checker: name, message, index }
    }
    return undefined
  }
}

/** The value under `key`, made when missing. */
export function entryOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) {
    value = make()
    map.set(key, value)
  }
  return value
}
