/** Waiting for user code and for the cluster, but never longer than allowed. */
import { type Clock, type Deferred, deferred } from '@millrace/base'

export class Limits {
  readonly #clock: Clock
  readonly #waiting = new Set<Deferred<void>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Waits for `work`, at most `limitMs`, and not beyond {@link end}. Rejects as `work` does, if it does in time. */
  async within(limitMs: number, work: () => Promise<void>): Promise<void> {
    const late = deferred<void>()
    this.#waiting.add(late)
    const timer = this.#clock.schedule(Math.max(0, limitMs), () => late.resolve())
    try {
      await Promise.race([work(), late.promise])
    } finally {
      timer.cancel()
      this.#waiting.delete(late)
    }
  }

  /** Ends all waiting now. */
  end(): void {
    for (const late of this.#waiting) late.resolve()
  }
}
