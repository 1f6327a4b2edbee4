/** The broker's listeners and their connections: accepting, counting, idling out, closing. */
import type { Clock, Logger, Timer } from '@millrace/base'
import { type Address, type Connection, type Listener, PartialFrameBudget, type Transport } from '@millrace/network'
import { type ConnectionContext, type PendingRequest, ServerConnection } from './connection.ts'

export interface ServerLimits {
  /** `socket.request.max.bytes` */
  readonly requestSizeMax: number
  /** Unfinished requests of all connections together. */
  readonly partialFramesSizeMax: number
  /** Requests of one connection under way at once. */
  readonly inFlightCountMax: number
  /** `connections.max.idle.ms`; negative: never. */
  readonly idleMsMax: number
  /** `max.connections` */
  readonly connectionCountMax: number
  /** `max.connections.per.ip`, with `max.connections.per.ip.overrides` */
  connectionCountMaxOf(host: string): number
}

export interface ServerOptions {
  readonly transport: Transport
  readonly clock: Clock
  readonly logger: Logger
  readonly limits: ServerLimits
  readonly accept: (frame: Buffer, context: ConnectionContext) => PendingRequest
  /** A connection is gone: whatever is kept for it can go. */
  readonly onConnectionClosed?: (context: ConnectionContext) => void
  readonly onFatal: (error: unknown) => void
}

export class Server {
  readonly #options: ServerOptions
  readonly #partialFrames: PartialFrameBudget
  readonly #listeners: Listener[] = []
  readonly #connections = new Set<ServerConnection>()
  readonly #countByHost = new Map<string, number>()
  #nextId = 1
  #sweep: Timer | undefined
  #onEmpty: (() => void) | undefined
  #isServing = false
  #isClosing = false

  constructor(options: ServerOptions) {
    this.#options = options
    this.#partialFrames = new PartialFrameBudget(options.limits.partialFramesSizeMax)
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  /** Listens under the listener's name. Answers where; fails with the transport's error. */
  async listen(listenerName: string, address: Address): Promise<Address> {
    const listener = await this.#options.transport.listen(address, (connection) =>
      this.#accept(listenerName, connection),
    )
    this.#listeners.push(listener)
    this.#scheduleSweep()
    return listener.address
  }

  /** Takes requests from here on. Connections may have come before: a client that connects early waits instead of failing. */
  serve(): void {
    this.#isServing = true
    for (const connection of this.#connections) connection.start()
  }

  /** Takes no more connections and requests; waits up to `timeoutMs` for answers under way, then closes what is left. */
  async close(timeoutMs: number): Promise<void> {
    this.#isClosing = true
    this.#sweep?.cancel()
    const closed = this.#listeners.splice(0).map((listener) => listener.close())
    for (const connection of this.#connections) connection.drain()
    if (this.#connections.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = this.#options.clock.schedule(timeoutMs, resolve)
        this.#onEmpty = () => {
          timer.cancel()
          resolve()
        }
      })
      for (const connection of this.#connections) connection.close('the broker stops')
    }
    await Promise.all(closed)
  }

  #accept(listenerName: string, connection: Connection): void {
    const { limits, logger } = this.#options
    const host = connection.remote.host
    const hostCount = this.#countByHost.get(host) ?? 0
    if (
      this.#isClosing ||
      this.#connections.size >= limits.connectionCountMax ||
      hostCount >= limits.connectionCountMaxOf(host)
    ) {
      logger.warn('Refusing a connection: too many are open', {
        host,
        open: this.#connections.size,
        openFromHost: hostCount,
      })
      connection.start({ onData() {}, onDrain() {}, onClose() {} })
      connection.destroy()
      return
    }
    this.#countByHost.set(host, hostCount + 1)
    const context = { id: this.#nextId++, listenerName, clientHost: host, clientPort: connection.remote.port }
    const served = new ServerConnection({
      context,
      connection,
      requestSizeMax: limits.requestSizeMax,
      partialFrames: this.#partialFrames,
      inFlightCountMax: limits.inFlightCountMax,
      logger,
      accept: this.#options.accept,
      now: () => this.#options.clock.monotonic(),
      onClosed: () => this.#closed(served, host),
      onFatal: this.#options.onFatal,
    })
    this.#connections.add(served)
    if (this.#isServing) served.start()
  }

  #closed(connection: ServerConnection, host: string): void {
    this.#connections.delete(connection)
    const count = (this.#countByHost.get(host) ?? 1) - 1
    if (count === 0) this.#countByHost.delete(host)
    else this.#countByHost.set(host, count)
    this.#options.onConnectionClosed?.(connection.context)
    if (this.#connections.size === 0) this.#onEmpty?.()
  }

  /** One timer for all connections: a tenth of the limit is precise enough for "idle". */
  #scheduleSweep(): void {
    const { idleMsMax } = this.#options.limits
    if (idleMsMax < 0 || this.#sweep !== undefined) return
    this.#sweep = this.#options.clock.schedule(Math.max(100, idleMsMax / 10), () => {
      this.#sweep = undefined
      const oldest = this.#options.clock.monotonic() - idleMsMax
      for (const connection of this.#connections) {
        if (connection.lastActiveMs < oldest && connection.isQuiet) connection.close('idle for too long')
      }
      if (!this.#isClosing) this.#scheduleSweep()
    })
  }
}
