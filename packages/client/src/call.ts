/** One request on its way: what it asks, how long it may take, and who waits for it. */
import type { Timer, TimerWheel } from '@millrace/base'
import type { Api, Fields, Input } from '@millrace/protocol'
import { abortedError, type MillraceError } from './error.ts'
import type { VersionLimits } from './versions.ts'

/** A request body, or what makes it once the version is known: for messages whose versions differ in more than fields. */
export type BodyFor<Req> = Input<Req> | ((version: number) => Input<Req>)

/** What a {@link Call} is made of. */
export interface CallOptions {
  readonly limits: VersionLimits
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  /** The broker does not answer: resolves with undefined once written. */
  readonly isOneWay: boolean
}

/** Settles once: with the answer, an error, or an abort. */
export class Call {
  readonly api: Api<Fields, Fields>
  readonly limits: VersionLimits
  readonly isOneWay: boolean
  readonly deadlineMs: number
  readonly timeoutMs: number
  readonly #body: BodyFor<Fields>
  readonly #signal: AbortSignal | undefined
  readonly #onAbort: (() => void) | undefined
  readonly promise: Promise<unknown>
  #resolve!: (body: unknown) => void
  #reject!: (error: MillraceError) => void
  #timer: Timer | undefined
  #isSettled = false

  constructor(api: Api<Fields, Fields>, body: BodyFor<Fields>, options: CallOptions, nowMs: number) {
    this.api = api
    this.#body = body
    this.limits = options.limits
    this.isOneWay = options.isOneWay
    this.timeoutMs = options.timeoutMs
    this.deadlineMs = nowMs + options.timeoutMs
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    const { signal } = options
    this.#signal = signal
    if (signal === undefined) return
    this.#onAbort = () => this.reject(abortedError(signal, api.name))
    if (signal.aborted) this.#onAbort()
    else signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** Nobody waits any more: there is no reason to send it. */
  get isSettled(): boolean {
    return this.#isSettled
  }

  body(version: number): Input<Fields> {
    return typeof this.#body === 'function' ? this.#body(version) : this.#body
  }

  /** Calls `onExpired` at the deadline, unless it leaves the queue before. */
  startWaiting(timers: TimerWheel, nowMs: number, onExpired: () => void): void {
    this.#timer = timers.schedule(this.deadlineMs - nowMs, onExpired)
  }

  /** It leaves the queue: from here on the connection watches the time. */
  stopWaiting(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  resolve(body: unknown): void {
    if (this.#settle()) this.#resolve(body)
  }

  reject(error: MillraceError): void {
    if (this.#settle()) this.#reject(error)
  }

  #settle(): boolean {
    if (this.#isSettled) return false
    this.#isSettled = true
    this.stopWaiting()
    if (this.#onAbort !== undefined) this.#signal?.removeEventListener('abort', this.#onAbort)
    return true
  }
}
