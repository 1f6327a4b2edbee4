/** One client's connection: frames in, requests in order, answers in order, limits. Knows no API. */
import type { Logger } from '@millrace/base'
import {
  type Connection,
  FrameAssembler,
  FrameError,
  formatAddress,
  type Outgoing,
  type PartialFrameBudget,
} from '@millrace/network'
import { ResponseQueue } from './response-queue.ts'

/** What a request becomes. */
export interface RequestOutcome {
  /** The answer, `undefined` for none, or 'close' when the connection must be closed instead. */
  readonly response: readonly Outgoing[] | undefined | 'close'
}

/** A request as the connection sees it: already decoded as far as needed to know how it may run. */
export interface PendingRequest {
  /**
   * Whether it may start while an earlier request of the connection still waits for its answer. Kafka handles one request a
   * connection at a time; a produce may overlap, because what it changes it changes when it starts.
   */
  readonly overlaps: boolean
  start(): Promise<RequestOutcome> | RequestOutcome
}

/** Who this connection belongs to and what it is allowed. */
export interface ConnectionContext {
  readonly id: number
  readonly listenerName: string
  readonly clientHost: string
  readonly clientPort: number
}

export interface ServerConnectionOptions {
  readonly context: ConnectionContext
  readonly connection: Connection
  /** `socket.request.max.bytes` */
  readonly requestSizeMax: number
  readonly partialFrames: PartialFrameBudget
  /** Requests taken from the connection and not answered; more stay in the socket. */
  readonly inFlightCountMax: number
  readonly logger: Logger
  /** Reads a frame. Throws when it is no request: the connection is closed. */
  readonly accept: (frame: Buffer, context: ConnectionContext) => PendingRequest
  readonly now: () => number
  readonly onClosed: () => void
  /** A failure of the broker itself, not of the client. */
  readonly onFatal: (error: unknown) => void
}

export class ServerConnection {
  readonly context: ConnectionContext
  readonly #options: ServerConnectionOptions
  readonly #connection: Connection
  readonly #assembler: FrameAssembler
  readonly #responses: ResponseQueue
  readonly #waiting: Buffer[] = []
  /** The first waiting request, decoded, while it may not start. */
  #next: PendingRequest | undefined
  #runningCount = 0
  #runningExclusive = false
  #isBlocked = false
  #isPaused = false
  #isClosed = false
  #isClosing = false
  /** Monotonic time of the last byte in or answer out. */
  lastActiveMs: number

  constructor(options: ServerConnectionOptions) {
    this.context = options.context
    this.#options = options
    this.#connection = options.connection
    this.#assembler = new FrameAssembler(options.requestSizeMax, options.partialFrames)
    this.#responses = new ResponseQueue((chunks) => this.#send(chunks))
    this.lastActiveMs = options.now()
  }

  start(): void {
    this.#connection.start({
      onData: (bytes) => this.#receive(bytes),
      onDrain: () => {
        this.#isBlocked = false
        this.#pump()
      },
      onClose: () => this.#closed(),
    })
  }

  /** Requests taken and not answered. */
  get inFlightCount(): number {
    return this.#responses.length
  }

  /** Whether nothing is under way: safe to close for being idle. */
  get isQuiet(): boolean {
    return this.#responses.length === 0 && this.#connection.queuedSize === 0
  }

  /** Takes no more requests, and closes when those under way are answered. */
  drain(): void {
    this.#isClosing = true
    this.#waiting.length = 0
    this.#pause()
    this.#endWhenQuiet()
  }

  /** Closes now; what is under way is not answered. */
  close(reason: string): void {
    this.#options.logger.debug('Closing a client connection', {
      reason,
      client: this.#client,
      listener: this.context.listenerName,
    })
    this.#connection.destroy()
  }

  get #client(): string {
    return formatAddress({ host: this.context.clientHost, port: this.context.clientPort })
  }

  #receive(bytes: Buffer): void {
    if (this.#isClosing || this.#isClosed) return
    this.lastActiveMs = this.#options.now()
    try {
      this.#waiting.push(...this.#assembler.push(bytes))
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      this.#reject(error)
      return
    }
    this.#pump()
  }

  /** Starts what may start, and stops reading while too much is under way. */
  #pump(): void {
    while (!this.#isClosed && !this.#isClosing && this.#mayStart()) {
      const request = this.#takeNext()
      if (request === undefined) break
      if (!request.overlaps && this.#runningCount > 0) {
        this.#next = request
        break
      }
      this.#run(request)
    }
    if (this.#next !== undefined || this.#waiting.length > 0 || this.#isBlocked) this.#pause()
    else this.#resume()
  }

  #takeNext(): PendingRequest | undefined {
    const next = this.#next
    this.#next = undefined
    if (next !== undefined) return next
    const frame = this.#waiting.shift()
    if (frame === undefined) return undefined
    try {
      return this.#options.accept(frame, this.context)
    } catch (error) {
      this.#waiting.length = 0
      this.#reject(error as Error)
      return undefined
    }
  }

  #mayStart(): boolean {
    return !this.#isBlocked && !this.#runningExclusive && this.#responses.length < this.#options.inFlightCountMax
  }

  #run(request: PendingRequest): void {
    const slot = this.#responses.reserve()
    this.#runningCount++
    if (!request.overlaps) this.#runningExclusive = true
    const finish = (outcome: RequestOutcome) => {
      this.#runningCount--
      if (!request.overlaps) this.#runningExclusive = false
      if (outcome.response === 'close') {
        slot.settle(undefined)
        this.close('the request asks for it')
        return
      }
      slot.settle(outcome.response)
      this.#endWhenQuiet()
    }
    try {
      const outcome = request.start()
      if (!(outcome instanceof Promise)) {
        finish(outcome)
        return
      }
      outcome.then((result) => {
        finish(result)
        this.#pump()
      }, this.#options.onFatal)
    } catch (error) {
      this.#options.onFatal(error)
    }
  }

  #send(chunks: readonly Outgoing[]): void {
    this.lastActiveMs = this.#options.now()
    if (!this.#connection.write(chunks)) this.#isBlocked = true
  }

  #reject(error: Error): void {
    this.#options.logger.info('Closing a connection that does not speak the Kafka protocol as expected', {
      client: this.#client,
      listener: this.context.listenerName,
      reason: error.message,
    })
    this.#connection.destroy()
  }

  #endWhenQuiet(): void {
    if (this.#isClosing && this.#responses.length === 0) this.#connection.end()
  }

  #pause(): void {
    if (this.#isPaused) return
    this.#isPaused = true
    this.#connection.pause()
  }

  #resume(): void {
    if (!this.#isPaused || this.#isClosing) return
    this.#isPaused = false
    this.#connection.resume()
  }

  #closed(): void {
    this.#isClosed = true
    this.#waiting.length = 0
    this.#assembler.clear()
    this.#responses.close()
    this.#options.onClosed()
  }
}
