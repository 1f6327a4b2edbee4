/** What is done later, or again and again, until it is stopped. */
import type { Clock, Logger, Timer } from '@millrace/base'

export class Tasks {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #timers = new Set<Timer>()
  #isStopped = false

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock
    this.#logger = logger
  }

  /** Does it once. */
  after(delayMs: number, action: () => void): void {
    if (this.#isStopped) return
    const timer = this.#clock.schedule(delayMs, () => {
      this.#timers.delete(timer)
      action()
    })
    this.#timers.add(timer)
  }

  /** Does it again and again, each time a period after it ended; a failure is logged. @param firstMs the first wait, when it is another */
  every(periodMs: number, name: string, action: () => Promise<void>, firstMs = periodMs): void {
    this.after(firstMs, () => {
      action()
        .catch((error: unknown) => this.#logger.error(`${name} failed; it is tried again`, { error }))
        .finally(() => this.every(periodMs, name, action))
    })
  }

  /** Begins nothing any more; what is under way goes on. */
  stop(): void {
    this.#isStopped = true
    for (const timer of this.#timers) timer.cancel()
  }
}
