/** Many timeouts behind one clock timer: coarse, cheap to add and to cancel. */
import type { Clock, Timer } from './clock.ts'

interface Entry {
  callback: (() => void) | undefined
}

/**
 * Rounds every deadline up to a tick, so that timeouts that end together share one clock timer. A callback never fires early;
 * it fires at most one tick late. For waits of requests, sessions and connections, of which there are thousands.
 */
export class TimerWheel {
  readonly #clock: Clock
  readonly #tickMs: number
  readonly #buckets = new Map<number, Set<Entry>>()
  #armed: { tick: number; timer: Timer } | undefined

  constructor(clock: Clock, tickMs = 5) {
    this.#clock = clock
    this.#tickMs = tickMs
  }

  /** Calls `callback` once, `delayMs` from now or up to a tick later. */
  schedule(delayMs: number, callback: () => void): Timer {
    const tick = Math.ceil((this.#clock.monotonic() + Math.max(0, delayMs)) / this.#tickMs)
    let bucket = this.#buckets.get(tick)
    if (bucket === undefined) {
      bucket = new Set()
      this.#buckets.set(tick, bucket)
    }
    const entry: Entry = { callback }
    bucket.add(entry)
    if (tick < this.#armedTick) this.#arm(tick)
    return { cancel: () => this.#cancel(tick, entry) }
  }

  /** Drops all timeouts. */
  close(): void {
    this.#buckets.clear()
    this.#armed?.timer.cancel()
    this.#armed = undefined
  }

  get #armedTick(): number {
    return this.#armed?.tick ?? Number.POSITIVE_INFINITY
  }

  #cancel(tick: number, entry: Entry): void {
    // The bucket may be firing at this moment and no longer be known.
    entry.callback = undefined
    const bucket = this.#buckets.get(tick)
    if (bucket === undefined || !bucket.delete(entry) || bucket.size > 0) return
    this.#buckets.delete(tick)
    if (this.#buckets.size > 0) return
    // Nothing waits: an idle process has no timer, and may end.
    this.#armed?.timer.cancel()
    this.#armed = undefined
  }

  #arm(tick: number): void {
    this.#armed?.timer.cancel()
    const delayMs = tick * this.#tickMs - this.#clock.monotonic()
    this.#armed = { tick, timer: this.#clock.schedule(Math.max(0, delayMs), () => this.#fire()) }
  }

  #fire(): void {
    this.#armed = undefined
    const now = this.#clock.monotonic()
    const due = [...this.#buckets.keys()].filter((tick) => tick * this.#tickMs <= now).sort((a, b) => a - b)
    for (const tick of due) {
      const bucket = this.#buckets.get(tick)
      this.#buckets.delete(tick)
      for (const entry of bucket ?? []) entry.callback?.()
    }
    // A callback may have armed the wheel for something that is due later than what waited already.
    const next = Math.min(...this.#buckets.keys())
    if (next < this.#armedTick) this.#arm(next)
  }
}
