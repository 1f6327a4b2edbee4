/** The clock port: wall time, monotonic time and timers arrive as one argument, so that simulation can own them. */

/** A timer that has not fired yet. */
export interface Timer {
  /** Stops the timer. Does nothing when it has fired or was cancelled. */
  cancel(): void
}

export interface Clock {
  /** Wall clock, milliseconds since 1970. May jump in both directions. For timestamps that people or records see. */
  now(): number
  /** Milliseconds from an arbitrary start; never goes back. For deadlines and durations. */
  monotonic(): number
  /** Calls `callback` once, as a macrotask of its own, `delayMs` (>= 0) from now by the monotonic clock. */
  schedule(delayMs: number, callback: () => void): Timer
  /** Calls `callback` in a macrotask of its own after the current one. Cannot be cancelled. */
  defer(callback: () => void): void
}

/** Resolves after `delayMs`; rejects with the signal's reason when it is aborted first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason)
      return
    }
    const onAbort = () => {
      timer.cancel()
      reject(signal?.reason)
    }
    const timer = clock.schedule(delayMs, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** A clock that moves only when told to: for unit tests. Timers fire in order of their time, then of their creation. */
export class ManualClock implements Clock {
  #monotonic = 0
  #offset: number
  #sequence = 0
  readonly #timers = new Map<number, { at: number; callback: () => void }>()

  constructor(startMs = 1_750_000_000_000) {
    this.#offset = startMs
  }

  now(): number {
    return this.#offset + this.#monotonic
  }

  monotonic(): number {
    return this.#monotonic
  }

  schedule(delayMs: number, callback: () => void): Timer {
    const id = this.#sequence++
    this.#timers.set(id, { at: this.#monotonic + Math.max(0, delayMs), callback })
    return { cancel: () => void this.#timers.delete(id) }
  }

  defer(callback: () => void): void {
    this.schedule(0, callback)
  }

  /** Moves the wall clock alone, as an operator or NTP does. */
  jump(deltaMs: number): void {
    this.#offset += deltaMs
  }

  /** Moves time forward and fires what is due on the way, including timers that the fired ones create. */
  advance(deltaMs: number): void {
    const end = this.#monotonic + deltaMs
    for (;;) {
      let next: [number, { at: number; callback: () => void }] | undefined
      for (const entry of this.#timers) {
        if (entry[1].at <= end && (next === undefined || entry[1].at < next[1].at)) next = entry
      }
      if (next === undefined) break
      this.#timers.delete(next[0])
      this.#monotonic = Math.max(this.#monotonic, next[1].at)
      next[1].callback()
    }
    this.#monotonic = end
  }

  /** How many timers wait. */
  get pendingCount(): number {
    return this.#timers.size
  }
}
