/** One connection to one broker: requests go out numbered and pipelined, answers come back in order, each before its deadline. */
import type { Timer, TimerWheel } from '@millrace/base'
import {
  type Address,
  type Connection,
  FrameAssembler,
  FrameError,
  formatAddress,
  type Outgoing,
  PartialFrameBudget,
} from '@millrace/network'
import {
  type Api,
  ApiVersions,
  decodeResponse,
  encodeRequest,
  type Fields,
  frameLengthSize,
  type Input,
  readCorrelationId,
  type Static,
} from '@millrace/protocol'
import { inFlightError, MillraceError } from './error.ts'
import { apiVersionsLayout } from './versions.ts'

/** Everything that a connection needs besides the bytes. */
export interface BrokerConnectionOptions {
  /** In every request header. */
  readonly clientId: string | null
  readonly timers: TimerWheel
  /** Largest answer taken, in bytes. */
  readonly responseSizeMax: number
  /** How many requests may wait for their answers. */
  readonly inFlightMax: number
  /** Called once, when the connection is gone. */
  readonly onClose?: (error: MillraceError) => void
}

const correlationIdSize = 4

interface PendingRequest {
  readonly api: Api<Fields, Fields>
  readonly version: number
  readonly correlationId: number
  readonly timer: Timer
  resolve(body: unknown): void
  reject(error: MillraceError): void
}

/** A connection to one broker, for requests whose version and destination the caller knows. Closed when its peer breaks the protocol. */
export class BrokerConnection {
  readonly #connection: Connection
  readonly #options: BrokerConnectionOptions
  readonly #assembler: FrameAssembler
  readonly #pending: PendingRequest[] = []
  #correlationId = 0
  #closeError: MillraceError | undefined

  /** Takes over a transport connection that has not been started. */
  constructor(connection: Connection, options: BrokerConnectionOptions) {
    this.#connection = connection
    this.#options = options
    const { responseSizeMax } = options
    this.#assembler = new FrameAssembler(responseSizeMax, new PartialFrameBudget(responseSizeMax + frameLengthSize))
    connection.start({
      onData: (bytes) => this.#onData(bytes),
      onDrain: () => {},
      onClose: (error) => this.#onClosed(error),
    })
  }

  get remote(): Address {
    return this.#connection.remote
  }

  /** Requests that wait for their answers. */
  get inFlightCount(): number {
    return this.#pending.length
  }

  /** Why it is closed; undefined while it is open. */
  get closeError(): MillraceError | undefined {
    return this.#closeError
  }

  /**
   * Sends a request; resolves with its answer. Requests leave in the order of the calls. A request without an answer after
   * `timeoutMs` closes the connection: the broker answers in order, so nothing behind it would come either.
   *
   * Rejects with {@link MillraceError}: `connection`, `timeout`, `protocol`, `overloaded`, `closed`. Throws EncodeError when
   * `body` does not fit the version.
   */
  send<const Req extends Fields, const Res extends Fields>(
    api: Api<Req, Res>,
    version: number,
    body: Input<Req>,
    timeoutMs: number,
  ): Promise<Static<Res>> {
    const refusal = this.#refusal(api.name)
    if (refusal !== undefined) return Promise.reject(refusal)
    const correlationId = this.#write(api, version, body)
    return new Promise<Static<Res>>((resolve, reject) => {
      const timer = this.#options.timers.schedule(timeoutMs, () => this.#onTimeout(api.name, timeoutMs))
      this.#pending.push({
        api: api as unknown as Api<Fields, Fields>,
        version,
        correlationId,
        timer,
        resolve: resolve as (body: unknown) => void,
        reject,
      })
    })
  }

  /** Sends a request that has no answer: Produce with acks=0. Throws as {@link send} rejects. */
  post<const Req extends Fields>(api: Api<Req, unknown>, version: number, body: Input<Req>): void {
    const refusal = this.#refusal(api.name)
    if (refusal !== undefined) throw refusal
    this.#write(api, version, body)
  }

  /** Closes now; what waits is rejected with `reason`. */
  close(reason: MillraceError): void {
    this.#fail(reason)
    this.#connection.destroy()
  }

  #refusal(apiName: string): MillraceError | undefined {
    if (this.#closeError !== undefined) return this.#closeError
    const { inFlightMax } = this.#options
    if (this.#pending.length < inFlightMax) return undefined
    const message = `${apiName} to ${this.#name}: ${inFlightMax} requests wait for their answers already`
    return new MillraceError('overloaded', message, { retriable: true, apiName })
  }

  #write<const Req extends Fields>(api: Api<Req, unknown>, version: number, body: Input<Req>): number {
    const correlationId = this.#correlationId
    const chunks = encodeRequest(api, version, { correlationId, clientId: this.#options.clientId }, body)
    this.#correlationId = (correlationId + 1) & 0x7fff_ffff
    // What clients send is in memory: only servers send ranges of files.
    this.#connection.write(chunks as Outgoing[])
    return correlationId
  }

  get #name(): string {
    return formatAddress(this.#connection.remote)
  }

  #onData(bytes: Buffer): void {
    if (this.#closeError !== undefined) return
    try {
      for (const frame of this.#assembler.push(bytes)) this.#onFrame(frame)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      this.#onNonsense(error.message, { cause: error })
    }
  }

  #onFrame(frame: Buffer): void {
    if (this.#closeError !== undefined) return
    const [pending] = this.#pending
    if (pending === undefined) {
      this.#onNonsense('it sent an answer that nobody asked for', { retriable: true })
      return
    }
    if (frame.length >= correlationIdSize && readCorrelationId(frame) !== pending.correlationId) {
      const expected = `${pending.correlationId} (${pending.api.name})`
      this.#onNonsense(`it answered request ${readCorrelationId(frame)}, not ${expected}`, { retriable: true })
      return
    }
    this.#pending.shift()
    pending.timer.cancel()
    try {
      pending.resolve(this.#decode(pending, frame))
    } catch (cause) {
      const reason = (cause as Error).message
      const { name } = pending.api
      const message = `${name} to ${this.#name}: the answer cannot be read: ${reason}`
      pending.reject(new MillraceError('protocol', message, { apiName: name, mayHaveArrived: true, cause }))
      this.#onNonsense(`its answer to ${name} cannot be read`, { retriable: true, cause })
    }
  }

  #decode({ api, version }: PendingRequest, frame: Buffer): unknown {
    const layout = api.key === ApiVersions.key ? apiVersionsLayout(frame, version) : version
    return decodeResponse(api, layout, frame).body
  }

  /** `retriable`: the connection is out of step, or one answer is at fault; what else waits here may be answered on another one. */
  #onNonsense(reason: string, options: { readonly retriable?: boolean; readonly cause?: unknown }): void {
    const message = `The connection to ${this.#name} was closed: ${reason}`
    this.close(new MillraceError('protocol', message, options))
  }

  #onTimeout(apiName: string, timeoutMs: number): void {
    const message = `${apiName} to ${this.#name}: no answer within ${Math.round(timeoutMs)} ms; the connection was closed`
    this.close(new MillraceError('timeout', message, { retriable: true, apiName }))
  }

  #onClosed(cause: Error | undefined): void {
    const reason = cause === undefined ? 'the broker closed the connection' : cause.message
    this.#fail(new MillraceError('connection', `${this.#name}: ${reason}`, { retriable: true, cause }))
  }

  #fail(error: MillraceError): void {
    if (this.#closeError !== undefined) return
    this.#closeError = error
    this.#assembler.clear()
    for (const pending of this.#pending.splice(0)) {
      pending.timer.cancel()
      pending.reject(inFlightError(error, pending.api.name))
    }
    this.#options.onClose?.(error)
  }
}
