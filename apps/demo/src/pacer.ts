/** A steady rate: how many records are due now. */
export class Pacer {
  readonly #perSecond: number
  #lastMs: number
  /** What is due and not whole yet. */
  #rest = 0

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond
    this.#lastMs = nowMs
  }

  /** After a pause, no more than half a second's worth: what was not produced then is not made up for. */
  due(nowMs: number): number {
    this.#rest += Math.min(((nowMs - this.#lastMs) / 1000) * this.#perSecond, Math.max(1, this.#perSecond / 2))
    this.#lastMs = nowMs
    const count = Math.floor(this.#rest)
    this.#rest -= count
    return count
  }
}
