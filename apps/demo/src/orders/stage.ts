/** Where scenes are played: what they may do, say and wait for; and how long all that may take. */
import { type Clock, sleep } from '@millrace/base'
import type { Check, Checks } from '../checks.ts'
import { DemoError } from '../world.ts'

/** Everything that is waited for comes within this time, or never. */
export const waitLimitMs = 30_000
const lookMs = 20

export interface Scene<Place> {
  readonly title: string
  /** What to look at, and what it shows. */
  readonly about: string
  /** How long it is on, at least. */
  readonly seconds: number
  play(stage: Stage<Place>): Promise<void>
}

export interface StageOptions<Place> {
  readonly place: Place
  readonly clock: Clock
  /** Ends everything; its reason is thrown. */
  readonly signal: AbortSignal
  /** Scenes take this share of their time. */
  readonly pace: number
  readonly onScene: (scene: Scene<Place>, number: number, count: number) => void
  readonly onSceneEnd: (scene: Scene<Place>) => void
  readonly onSaid: (text: string) => void
  readonly onChecked: (check: Check) => void
  readonly checks: Checks
}

export class Stage<Place> {
  readonly place: Place
  readonly #options: StageOptions<Place>

  constructor(options: StageOptions<Place>) {
    this.place = options.place
    this.#options = options
  }

  get signal(): AbortSignal {
    return this.#options.signal
  }

  /** Monotonic milliseconds. */
  get nowMs(): number {
    return this.#options.clock.monotonic()
  }

  say(text: string): void {
    this.#options.onSaid(text)
  }

  /** What was promised, and what came of it. */
  check(name: string, passed: boolean, detail: string): void {
    this.#options.onChecked(this.#options.checks.record(name, passed, detail))
  }

  /** The same, for what the summary tells right afterwards. */
  checkQuietly(name: string, passed: boolean, detail: string): void {
    this.#options.checks.record(name, passed, detail)
  }

  /** Gives the audience time to look; scaled by the pace. */
  async linger(seconds: number): Promise<void> {
    await sleep(this.#options.clock, seconds * 1000 * this.#options.pace, this.signal)
  }

  /** Waits until it is so. Rejects with {@link DemoError} when it does not become so. */
  async until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
    const deadlineMs = this.nowMs + waitLimitMs
    while (!(await isSo())) {
      if (this.nowMs > deadlineMs) throw new DemoError(`Waited ${waitLimitMs / 1000} s in vain: ${what}.`)
      await sleep(this.#options.clock, lookMs, this.signal)
    }
  }

  /** A signal for what has to end by itself within the limit; its reason is a {@link DemoError} then. */
  limited(what: string): AbortSignal {
    const late = new AbortController()
    const abort = () => late.abort(new DemoError(`Not done after ${waitLimitMs / 1000} s: ${what}.`))
    const timer = this.#options.clock.schedule(waitLimitMs, abort)
    this.signal.addEventListener('abort', () => timer.cancel(), { once: true })
    return AbortSignal.any([this.signal, late.signal])
  }

  /** Plays scenes one after the other, none shorter than its time. */
  async play(scenes: readonly Scene<Place>[]): Promise<void> {
    const { clock, pace, onScene, onSceneEnd } = this.#options
    for (const [index, scene] of scenes.entries()) {
      onScene(scene, index + 1, scenes.length)
      const endMs = this.nowMs + scene.seconds * 1000 * pace
      await scene.play(this)
      if (this.nowMs < endMs) await sleep(clock, endMs - this.nowMs, this.signal)
      onSceneEnd(scene)
    }
  }
}
