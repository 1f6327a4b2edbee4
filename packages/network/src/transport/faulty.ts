/** A transport with faults: refused and lost connections, delays, odd grouping of bytes, hosts that cannot reach each other. */
import { type Clock, type Random, randomBelow } from '@millrace/base'
import {
  type Address,
  type Connection,
  type ConnectionHandler,
  formatAddress,
  type Outgoing,
  type Transport,
  TransportError,
} from './port.ts'

/** What may go wrong. Mutable: a scenario changes it while it runs. */
export interface TransportFaults {
  /** Chance that a connection attempt is refused, 0 to 1. */
  refuseChance: number
  /** Chance that a delivery of bytes is followed by a reset instead, 0 to 1. */
  resetChance: number
  /** Chance that received bytes are handed on in two pieces, 0 to 1. */
  splitChance: number
  /** Every delivery waits up to this long, order kept. */
  delayMsMax: number
}

export const noTransportFaults: Readonly<TransportFaults> = {
  refuseChance: 0,
  resetChance: 0,
  splitChance: 0,
  delayMsMax: 0,
}

/**
 * Wraps a transport. Bytes of a connection are never lost, doubled or reordered in the middle: TCP does not do that either;
 * they are late, cut short by a reset, or grouped differently.
 */
export class FaultyTransport implements Transport {
  faults: TransportFaults
  readonly #inner: Transport
  readonly #clock: Clock
  readonly #random: Random
  readonly #connections = new Set<FaultyConnection>()
  #isCut = false

  constructor(inner: Transport, clock: Clock, random: Random, faults: TransportFaults = { ...noTransportFaults }) {
    this.#inner = inner
    this.#clock = clock
    this.#random = random
    this.faults = faults
  }

  /** Nothing arrives here any more and nothing can connect from here; connections stay open, as with a pulled cable. */
  cut(): void {
    this.#isCut = true
  }

  /** Ends {@link cut}: what was sent meanwhile arrives now, as TCP retransmits it. */
  heal(): void {
    this.#isCut = false
    for (const connection of this.#connections) connection.flush()
  }

  /** Resets every open connection. */
  resetAll(): void {
    for (const connection of [...this.#connections]) connection.reset()
  }

  get openCount(): number {
    return this.#connections.size
  }

  get isCut(): boolean {
    return this.#isCut
  }

  listen(address: Address, onConnection: (connection: Connection) => void) {
    return this.#inner.listen(address, (connection) => onConnection(this.#wrap(connection)))
  }

  async connect(address: Address, options: { readonly timeoutMs: number; readonly signal?: AbortSignal }) {
    if (this.#isCut || this.chance(this.faults.refuseChance)) {
      throw new TransportError(
        'refused',
        `Cannot connect to ${formatAddress(address)}: refused by the simulated network`,
      )
    }
    return this.#wrap(await this.#inner.connect(address, options))
  }

  chance(probability: number): boolean {
    return probability > 0 && this.#random.uint32() < probability * 0x1_0000_0000
  }

  /** Calls `deliver` after a random part of `delayMsMax`. */
  delay(deliver: () => void): void {
    const max = this.faults.delayMsMax
    if (max > 0) this.#clock.schedule(randomBelow(this.#random, max + 1), deliver)
    else deliver()
  }

  /** A place to split `size` bytes, or `size` when they stay together. */
  splitAt(size: number): number {
    return size > 1 && this.chance(this.faults.splitChance) ? 1 + randomBelow(this.#random, size - 1) : size
  }

  forget(connection: FaultyConnection): void {
    this.#connections.delete(connection)
  }

  #wrap(connection: Connection): Connection {
    const wrapped = new FaultyConnection(connection, this)
    this.#connections.add(wrapped)
    return wrapped
  }
}

class FaultyConnection implements Connection {
  readonly #inner: Connection
  readonly #owner: FaultyTransport
  readonly #arrived: Buffer[] = []
  #handler: ConnectionHandler | undefined
  #isWaiting = false
  #isPaused = false
  #end: { error: Error | undefined } | undefined
  #isClosed = false

  constructor(inner: Connection, owner: FaultyTransport) {
    this.#inner = inner
    this.#owner = owner
  }

  get local(): Address {
    return this.#inner.local
  }

  get remote(): Address {
    return this.#inner.remote
  }

  get queuedSize(): number {
    return this.#inner.queuedSize
  }

  start(handler: ConnectionHandler): void {
    this.#handler = handler
    this.#inner.start({
      onData: (bytes) => {
        this.#arrived.push(bytes)
        this.#next()
      },
      onDrain: () => handler.onDrain(),
      onClose: (error) => {
        this.#end = { error }
        this.#next()
      },
    })
  }

  write(chunks: readonly Outgoing[]): boolean {
    return this.#inner.write(chunks)
  }

  pause(): void {
    this.#isPaused = true
    this.#inner.pause()
  }

  resume(): void {
    this.#isPaused = false
    this.#inner.resume()
    this.#next()
  }

  end(): void {
    this.#inner.end()
  }

  destroy(error?: Error): void {
    this.#inner.destroy(error)
  }

  reset(): void {
    this.#arrived.length = 0
    this.#inner.destroy(new TransportError('reset', `The connection to ${formatAddress(this.remote)} was reset`))
  }

  flush(): void {
    this.#next()
  }

  #next(): void {
    if (this.#isWaiting || this.#isClosed) return
    const bytes = this.#arrived[0]
    if (bytes === undefined) {
      if (this.#end === undefined) return
      this.#isClosed = true
      this.#owner.forget(this)
      this.#handler?.onClose(this.#end.error)
      return
    }
    // The owner's side being closed for good ends a cut connection too: nobody will retransmit.
    if ((this.#owner.isCut || this.#isPaused) && this.#end === undefined) return
    this.#isWaiting = true
    this.#owner.delay(() => {
      this.#isWaiting = false
      this.#deliver()
    })
  }

  #deliver(): void {
    const bytes = this.#arrived.shift()
    if (bytes !== undefined) {
      if (this.#owner.chance(this.#owner.faults.resetChance)) {
        this.reset()
        return
      }
      const size = this.#owner.splitAt(bytes.length)
      if (size < bytes.length) this.#arrived.unshift(bytes.subarray(size))
      this.#handler?.onData(bytes.subarray(0, size))
    }
    this.#next()
  }
}
