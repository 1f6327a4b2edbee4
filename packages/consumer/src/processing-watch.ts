/** For how long user code has had what it has. Looked at from time to time, so that handing out need not look at the clock. Pure. */

/** What is out with user code. */
export interface Watched {
  readonly isOut: boolean
  /** Grows with everything that is handed out. */
  readonly count: number
}

export class ProcessingWatch {
  readonly #watched: Watched
  #seenCount = -1
  #seenAtMs = 0

  constructor(watched: Watched) {
    this.#watched = watched
  }

  /** Since the first look that found user code with what it has, at least 1; 0 when it has nothing. */
  look(nowMs: number): number {
    const { count, isOut } = this.#watched
    if (!isOut || count !== this.#seenCount) {
      this.#seenCount = isOut ? count : -1
      this.#seenAtMs = nowMs
      return isOut ? 1 : 0
    }
    return Math.max(1, nowMs - this.#seenAtMs)
  }
}
