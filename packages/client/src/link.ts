/**
 * A lasting link to one address: connects when first needed, again after a loss, with growing waits between failures, and sends
 * requests strictly in the order they came.
 *
 *     idle -> connecting -> ready -> idle (closed by either side)
 *               |    ^
 *               v    |
 *              resting (after a failure; the next request waits until the rest is over)
 */
import type { Clock, Random, Timer, TimerWheel } from '@millrace/base'
import { type Address, formatAddress, type Transport } from '@millrace/network'
import type { Call } from './call.ts'
import { BrokerConnection } from './connection.ts'
import { requestChannel } from './diagnostics.ts'
import { MillraceError, toMillraceError } from './error.ts'
import { type ClientSoftware, type ConnectionSetup, prepareConnection } from './handshake.ts'
import { type BackoffOptions, backoffMs } from './retry.ts'
import { pickVersion, type ServedVersions } from './versions.ts'

/** What all links of a client share. */
export interface LinkEnvironment {
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
  readonly timers: TimerWheel
  readonly clientId: string | null
  readonly software: ClientSoftware
  readonly setup: ConnectionSetup | undefined
  readonly connectTimeoutMs: number
  readonly responseSizeMax: number
  readonly inFlightMax: number
  readonly queueMax: number
  readonly idleMs: number
  readonly backoff: BackoffOptions
  /** Told of every connection that comes up or goes down. */
  readonly onChange: (link: Link, change: LinkChange) => void
}

export type LinkChange =
  | { readonly type: 'connected' }
  | { readonly type: 'disconnected'; readonly error: MillraceError }
  | { readonly type: 'failed'; readonly error: MillraceError; readonly retryMs: number }

export type LinkState = 'idle' | 'connecting' | 'ready' | 'resting' | 'closed'

export class Link {
  readonly address: Address
  readonly #environment: LinkEnvironment
  readonly #queue: Call[] = []
  #state: LinkState = 'idle'
  #connection: BrokerConnection | undefined
  /** One that is being prepared for use. */
  #opening: BrokerConnection | undefined
  #served: ServedVersions | undefined
  #failureCount = 0
  /** Why there is no connection. */
  #lastFailure: MillraceError | undefined
  #restEndMs = 0
  #mutedUntilMs = 0
  #lastUseMs = 0
  /** The end of a rest or of a throttle. */
  #wakeTimer: Timer | undefined
  #idleTimer: Timer | undefined
  #abort: AbortController | undefined

  constructor(address: Address, environment: LinkEnvironment) {
    this.address = address
    this.#environment = environment
  }

  get state(): LinkState {
    return this.#state
  }

  /** Requests that wait for a connection or for an answer. */
  get load(): number {
    return this.#queue.length + (this.#connection?.inFlightCount ?? 0)
  }

  /** What the broker serves, once it has been asked. */
  get served(): ServedVersions | undefined {
    return this.#served
  }

  /**
   * Sends a call, or queues it until there is a connection. It settles in any case: with the answer, or with a
   * {@link MillraceError}; `connection` when this attempt to connect failed.
   */
  send(call: Call): void {
    if (call.isSettled) return
    if (this.#state === 'closed') {
      call.reject(this.#closedError())
      return
    }
    if (this.#state === 'ready' && this.#queue.length === 0 && this.#now() >= this.#mutedUntilMs) {
      this.#write(call)
      return
    }
    this.#enqueue(call)
  }

  /** Closes for good; what waits is rejected with `error`. */
  close(error: MillraceError): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#wakeTimer?.cancel()
    this.#idleTimer?.cancel()
    this.#abort?.abort()
    this.#rejectQueue(error)
    this.#opening?.close(error)
    this.#connection?.close(error)
  }

  #now(): number {
    return this.#environment.clock.monotonic()
  }

  #closedError(): MillraceError {
    return new MillraceError('closed', `The link to ${formatAddress(this.address)} has been closed`)
  }

  #enqueue(call: Call): void {
    const { queueMax, timers } = this.#environment
    if (this.#queue.length >= queueMax) {
      const message = `${call.api.name}: ${queueMax} requests wait for ${formatAddress(this.address)} already`
      call.reject(new MillraceError('overloaded', message, { retriable: true, apiName: call.api.name }))
      return
    }
    call.startWaiting(timers, this.#now(), () => this.#expire(call))
    this.#queue.push(call)
    this.#advance()
  }

  #expire(call: Call): void {
    const index = this.#queue.indexOf(call)
    if (index >= 0) this.#queue.splice(index, 1)
    const { name } = call.api
    const reason = this.#lastFailure === undefined ? '' : `: ${this.#lastFailure.message}`
    const message = `${name}: no connection to ${formatAddress(this.address)} within ${Math.round(call.timeoutMs)} ms${reason}`
    call.reject(new MillraceError('timeout', message, { retriable: true, apiName: name }))
  }

  /** Does what can be done for the queue now, or arms the timer for when it can. */
  #advance(): void {
    if (this.#queue.length === 0) return
    const now = this.#now()
    if (this.#state === 'ready') {
      if (now < this.#mutedUntilMs) this.#wakeAt(this.#mutedUntilMs, now)
      else this.#flush()
    } else if (this.#state === 'resting' && now < this.#restEndMs) {
      this.#wakeAt(this.#restEndMs, now)
    } else if (this.#state === 'idle' || this.#state === 'resting') {
      this.#connect()
    }
  }

  #wakeAt(atMs: number, nowMs: number): void {
    if (this.#wakeTimer !== undefined) return
    this.#wakeTimer = this.#environment.timers.schedule(atMs - nowMs, () => {
      this.#wakeTimer = undefined
      this.#advance()
    })
  }

  #flush(): void {
    while (this.#queue.length > 0 && this.#state === 'ready') {
      if (this.#now() < this.#mutedUntilMs) break
      const call = this.#queue.shift() as Call
      call.stopWaiting()
      if (!call.isSettled) this.#write(call)
    }
    this.#advance()
  }

  #write(call: Call): void {
    const connection = this.#connection as BrokerConnection
    const { api } = call
    this.#lastUseMs = this.#now()
    try {
      const version = pickVersion(api, this.#served as ServedVersions, call.limits)
      const body = call.body(version)
      if (call.isOneWay) {
        connection.post(api, version, body)
        call.resolve(undefined)
        return
      }
      const sent = connection.send(api, version, body, Math.max(1, call.deadlineMs - this.#lastUseMs))
      if (requestChannel.hasSubscribers) this.#publish(api.name, version, sent)
      sent.then(
        (answer) => {
          this.#onThrottle((answer as { throttleTimeMs?: number }).throttleTimeMs ?? 0)
          call.resolve(answer)
        },
        (error) => call.reject(toMillraceError(error, api.name)),
      )
    } catch (error) {
      // The body does not fit: a bug of the caller or a value out of range; the connection is as it was.
      if (error instanceof MillraceError) call.reject(error)
      else {
        const reason = error instanceof Error ? error.message : String(error)
        const message = `${api.name} cannot be sent: ${reason}`
        call.reject(new MillraceError('invalid-argument', message, { apiName: api.name, cause: error }))
      }
    }
  }

  #publish(apiName: string, apiVersion: number, sent: Promise<unknown>): void {
    const startMs = this.#now()
    const { clientId } = this.#environment
    const broker = formatAddress(this.address)
    const publish = (error: MillraceError | undefined) => {
      requestChannel.publish({ clientId, broker, apiName, apiVersion, durationMs: this.#now() - startMs, error })
    }
    sent.then(
      () => publish(undefined),
      (error) => publish(toMillraceError(error, apiName)),
    )
  }

  /** The broker asks to be left alone for a while (KIP-219): requests wait here. */
  #onThrottle(throttleMs: number): void {
    if (throttleMs > 0) this.#mutedUntilMs = Math.max(this.#mutedUntilMs, this.#now() + throttleMs)
  }

  #connect(): void {
    this.#state = 'connecting'
    const abort = new AbortController()
    this.#abort = abort
    this.#open(abort.signal).then(
      (connection) => this.#onReady(connection),
      (error) => this.#onFailure(toMillraceError(error, `Connecting to ${formatAddress(this.address)}`)),
    )
  }

  async #open(signal: AbortSignal): Promise<BrokerConnection> {
    const { transport, connectTimeoutMs, clientId, timers, responseSizeMax, inFlightMax } = this.#environment
    const socket = await transport
      .connect(this.address, { timeoutMs: connectTimeoutMs, signal })
      .catch((cause: unknown) => {
        throw new MillraceError('connection', (cause as Error).message, { retriable: true, cause })
      })
    const connection = new BrokerConnection(socket, {
      clientId,
      timers,
      responseSizeMax,
      inFlightMax,
      onClose: (error) => this.#onDisconnect(connection, error),
    })
    this.#opening = connection
    if (signal.aborted) connection.close(this.#closedError())
    try {
      const { software, setup } = this.#environment
      this.#served = await prepareConnection(connection, software, setup, connectTimeoutMs)
      return connection
    } catch (error) {
      connection.close(toMillraceError(error, `Preparing the connection to ${formatAddress(this.address)}`))
      throw error
    } finally {
      this.#opening = undefined
    }
  }

  #onReady(connection: BrokerConnection): void {
    // It may have been lost, or this link closed, between its last answer and now.
    if (this.#state !== 'connecting' || connection.closeError !== undefined) {
      connection.close(this.#closedError())
      if (this.#state === 'connecting') this.#onFailure(connection.closeError as MillraceError)
      return
    }
    this.#connection = connection
    this.#state = 'ready'
    this.#failureCount = 0
    this.#lastFailure = undefined
    this.#mutedUntilMs = 0
    this.#lastUseMs = this.#now()
    this.#watchIdleness()
    this.#environment.onChange(this, { type: 'connected' })
    this.#flush()
  }

  #onFailure(error: MillraceError): void {
    if (this.#state !== 'connecting') return
    const { random, backoff, onChange } = this.#environment
    this.#failureCount++
    this.#lastFailure = error
    const retryMs = backoffMs(this.#failureCount, random, backoff)
    this.#state = 'resting'
    this.#restEndMs = this.#now() + retryMs
    this.#rejectQueue(error)
    onChange(this, { type: 'failed', error, retryMs })
  }

  #onDisconnect(connection: BrokerConnection, error: MillraceError): void {
    if (this.#connection !== connection) return
    this.#connection = undefined
    this.#idleTimer?.cancel()
    if (this.#state !== 'ready') return
    this.#state = 'idle'
    this.#environment.onChange(this, { type: 'disconnected', error })
    this.#advance()
  }

  /** One timer per connection that looks again when it could have been idle long enough. */
  #watchIdleness(): void {
    const { idleMs, timers } = this.#environment
    const look = () => {
      const restMs = this.#lastUseMs + idleMs - this.#now()
      if (restMs <= 0 && this.load === 0) {
        this.#rest()
        return
      }
      this.#idleTimer = timers.schedule(Math.max(restMs, 1000), look)
    }
    this.#idleTimer = timers.schedule(idleMs, look)
  }

  /** Closes a connection that nobody uses. No loss: nobody is told. */
  #rest(): void {
    const connection = this.#connection
    this.#connection = undefined
    this.#state = 'idle'
    const message = `The connection to ${formatAddress(this.address)} was not used any more`
    connection?.close(new MillraceError('connection', message, { retriable: true }))
  }

  #rejectQueue(error: MillraceError): void {
    for (const call of this.#queue.splice(0)) call.reject(error)
  }
}
