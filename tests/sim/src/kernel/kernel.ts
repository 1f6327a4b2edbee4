/**
 * The simulation: one queue of events, one event per macrotask. All promises that an event settles have run their course before
 * the next event, so what a run does depends on its seed alone.
 */

import { crc32 } from 'node:zlib'
import { type Random, seededRandom, type Timer } from '@millrace/base'
import { type Event, EventQueue } from './event-queue.ts'
import { describeError, type FailureKind, SimulationFailure } from './failure.ts'
import { SimMachine, SimProcess } from './process.ts'
import { watchRealIo } from './real-io.ts'
import { Trace } from './trace.ts'

export interface KernelOptions {
  readonly seed: number
  /** A run that takes longer, in simulated milliseconds, fails. Default 10 minutes. */
  readonly simulatedMsMax?: number
  /** A run with more events fails. Default 2 million. */
  readonly stepCountMax?: number
  /** Whether the trace is kept as text. Default false. */
  readonly keepsTrace?: boolean
}

/** Events that are handed to the event loop at a time; each still is a macrotask of its own. */
const turnsAhead = 64

/** Simulated runs begin at the same time of the wall clock: 1 March 2025. */
const wallStartMs = 1_740_787_200_000

export class Kernel {
  readonly trace: Trace
  readonly wallStartMs = wallStartMs
  readonly #options: KernelOptions
  readonly #queue = new EventQueue()
  #nowMs = 0
  #stepCount = 0
  #failure: SimulationFailure | undefined

  constructor(options: KernelOptions) {
    this.#options = options
    this.trace = new Trace(options.keepsTrace ?? false)
  }

  /** Simulated milliseconds since the run began, with a fraction. */
  get nowMs(): number {
    return this.#nowMs
  }

  /** Events so far. */
  get stepCount(): number {
    return this.#stepCount
  }

  /** A generator of its own for each part of a run, so that one more draw in one part changes nothing in the others. */
  random(label: string): Random {
    return seededRandom(crc32(label) * 0x20_0000 + this.#options.seed)
  }

  machine(name: string): SimMachine {
    return new SimMachine(name)
  }

  process(machine: SimMachine, name: string): SimProcess {
    return new SimProcess(this, machine, name, this.random(name))
  }

  /** @param at simulated milliseconds since the run began */
  scheduleAt(at: number, label: string, callback: () => void, owner?: SimProcess): Timer {
    const atMs = Math.max(at, this.#nowMs)
    const event: Event = { at: atMs, dueAt: atMs, sequence: 0, label, owner, callback }
    this.#queue.push(event)
    return {
      cancel: () => {
        event.callback = undefined
      },
    }
  }

  /** Adds to the trace: whatever two runs of a seed must agree on. */
  note(what: string): void {
    this.trace.note(this.#nowMs, what)
  }

  /** Ends the run after this event. The first failure counts. */
  fail(kind: FailureKind, message: string, options: { readonly cause?: unknown; readonly finder?: string } = {}): void {
    this.#failure ??= new SimulationFailure(kind, message, options)
  }

  /** Runs until `main` has ended. Throws {@link SimulationFailure}, whatever went wrong. */
  async run(main: () => Promise<void>): Promise<void> {
    let isDone = false
    const restoreRejections = this.#watchRejections()
    const stopWatching = watchRealIo((error) => this.fail('real-io', describeError(error)))
    this.scheduleAt(this.#nowMs, 'main', () => {
      main().then(
        () => {
          isDone = true
        },
        (error: unknown) => this.#caught('the scenario', error),
      )
    })
    try {
      await this.#loop(() => isDone || this.#failure !== undefined)
    } finally {
      stopWatching()
      restoreRejections()
    }
    if (this.#failure !== undefined) throw this.#failure
  }

  #loop(isOver: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const turn = () => {
        if (!isOver()) this.#step()
      }
      const feed = () => {
        if (isOver()) {
          resolve()
          return
        }
        for (let count = 0; count < turnsAhead; count++) setImmediate(turn)
        setImmediate(feed)
      }
      feed()
    })
  }

  #step(): void {
    const event = this.#queue.pop()
    if (event === undefined) {
      this.fail(
        'deadlock',
        `Nothing is left to happen after ${this.#nowMs.toFixed(0)} ms, and the scenario is not done`,
      )
      return
    }
    const { callback, owner } = event
    if (callback === undefined || owner?.isAlive === false) return
    if (owner !== undefined && owner.pausedUntilMs > event.at) {
      this.#queue.postpone(event, owner.pausedUntilMs)
      return
    }
    this.#advance(event)
    try {
      callback()
    } catch (error) {
      this.#caught(`an event of ${owner?.name ?? 'the kernel'}`, error)
    }
  }

  #advance(event: Event): void {
    this.#nowMs = Math.max(this.#nowMs, event.at)
    this.#stepCount++
    this.note(`${event.label} ${event.owner?.name ?? ''}`)
    const { simulatedMsMax = 600_000, stepCountMax = 2_000_000 } = this.#options
    if (this.#nowMs > simulatedMsMax) {
      this.fail('time-limit', `The run is not over after ${simulatedMsMax} simulated milliseconds`)
    }
    if (this.#stepCount > stepCountMax) this.fail('step-limit', `The run is not over after ${stepCountMax} events`)
  }

  #caught(where: string, error: unknown): void {
    if (error instanceof SimulationFailure) this.#failure ??= error
    else this.fail('exception', `Uncaught in ${where}: ${describeError(error)}`, { cause: error })
  }

  /** For the time of a run, an unhandled rejection is a failure of the run and of nothing else. */
  #watchRejections(): () => void {
    const others = process.listeners('unhandledRejection')
    const listener = (cause: unknown) =>
      this.fail('unhandled-rejection', `Unhandled rejection: ${describeError(cause)}`, { cause })
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', listener)
    return () => {
      process.removeListener('unhandledRejection', listener)
      for (const other of others) process.on('unhandledRejection', other)
    }
  }
}
