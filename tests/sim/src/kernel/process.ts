/** A simulated process: the clock port for what runs in it. It can be paused, and when it is killed nothing of it happens again. */
import type { Clock, Random, Timer } from '@millrace/base'
import type { Kernel } from './kernel.ts'

/** What processes of one computer share, and what survives them. */
export class SimMachine {
  readonly name: string
  /** How far the wall clock is from the right time. */
  wallOffsetMs = 0

  constructor(name: string) {
    this.name = name
  }

  /** Sets the wall clock forward or back, as an operator or NTP does. */
  jump(deltaMs: number): void {
    this.wallOffsetMs += deltaMs
  }
}

export class SimProcess implements Clock {
  readonly name: string
  readonly machine: SimMachine
  readonly random: Random
  readonly #kernel: Kernel
  /** What the monotonic clock counts from: another number in every process, for nobody may keep one. */
  readonly #originMs: number
  #pausedUntilMs = 0
  #isAlive = true

  /** Made by {@link Kernel.process}. */
  constructor(kernel: Kernel, machine: SimMachine, name: string, random: Random) {
    this.#kernel = kernel
    this.machine = machine
    this.name = name
    this.random = random
    this.#originMs = kernel.nowMs - (random.uint32() % 1_000_000)
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  /** 0 when it is not paused. */
  get pausedUntilMs(): number {
    return this.#pausedUntilMs
  }

  now(): number {
    return Math.floor(this.#kernel.wallStartMs + this.#kernel.nowMs + this.machine.wallOffsetMs)
  }

  monotonic(): number {
    return this.#kernel.nowMs - this.#originMs
  }

  schedule(delayMs: number, callback: () => void): Timer {
    // As Node's timers: whole milliseconds, never early, and at least one.
    const at = Math.ceil(this.#kernel.nowMs + Math.max(1, delayMs))
    return this.#kernel.scheduleAt(at, 'timer', callback, this)
  }

  defer(callback: () => void): void {
    this.#kernel.scheduleAt(this.#kernel.nowMs, 'defer', callback, this)
  }

  /** As {@link schedule}, to the fraction: for simulated hardware. */
  after(delayMs: number, label: string, callback: () => void): void {
    this.#kernel.scheduleAt(this.#kernel.nowMs + delayMs, label, callback, this)
  }

  /** Stops it for a while, as SIGSTOP does: what becomes due meanwhile happens at the end, in order. */
  pause(durationMs: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.#kernel.nowMs + durationMs)
  }

  /** Ends it at once. */
  kill(): void {
    this.#isAlive = false
  }
}
