/**
 * When short calls are made in place: handing one to another thread and back costs ten times what the system needs to answer it from
 * its memory. But a disk that makes wait is better asked for several things at once, and others must get their turn. No IO, no clock.
 */

/** Longest time that calls in place keep everything else waiting, milliseconds. */
const turnMs = 10
/** A call that takes longer had to wait for the disk. */
const promptMs = 0.3
/** Time spent waiting for the disk in place, after which no more calls are. */
const patienceMs = 500

export class InPlaceCalls {
  #users = 0
  #patienceMs = patienceMs
  #turnEndMs = Number.NEGATIVE_INFINITY

  /** Somebody makes many short calls, until {@link end}. */
  begin(): void {
    this.#users++
  }

  end(): void {
    this.#users--
  }

  /** Whether anybody asks for calls in place; the others need not know of any of this. */
  get isWanted(): boolean {
    return this.#users > 0 && this.#patienceMs > 0
  }

  /** Whether the next call is made in place. If not, others get their turn before it is answered. */
  isDue(nowMs: number): boolean {
    return this.isWanted && nowMs <= this.#turnEndMs
  }

  /** A call was made in place. */
  made(elapsedMs: number): void {
    if (elapsedMs > promptMs) this.#patienceMs -= elapsedMs
  }

  /** A call that was not made in place was answered: others had their turn. */
  yielded(nowMs: number): void {
    this.#turnEndMs = nowMs + turnMs
  }
}
