/** A network in one process: hosts by name, bytes delivered by the clock, in order. For tests and simulation. */
import type { Clock } from '@millrace/base'
import { OutgoingQueue } from './outgoing-queue.ts'
import { PieceBuffers } from './piece-buffers.ts'
import {
  type Address,
  type Connection,
  type ConnectionHandler,
  formatAddress,
  type Listener,
  type Outgoing,
  type Transport,
  TransportError,
} from './port.ts'

type Event = { kind: 'data'; bytes: Buffer; done: () => void } | { kind: 'close'; error: Error | undefined }

class MemoryConnection implements Connection {
  readonly local: Address
  readonly remote: Address
  peer: MemoryConnection | undefined
  readonly #clock: Clock
  readonly #queue: OutgoingQueue
  readonly #inbox: Event[] = []
  #handler: ConnectionHandler | undefined
  #isPaused = false
  #isClosed = false
  #isDelivering = false

  constructor(clock: Clock, local: Address, remote: Address) {
    this.#clock = clock
    this.local = local
    this.remote = remote
    this.#queue = new OutgoingQueue(
      {
        send: (buffers, done) => this.#send(buffers, done),
        drained: () => this.#handler?.onDrain(),
        ended: () => this.#close(undefined, undefined),
        failed: (error) => this.destroy(error),
      },
      new PieceBuffers(),
    )
  }

  get queuedSize(): number {
    return this.#queue.queuedSize
  }

  start(handler: ConnectionHandler): void {
    this.#handler = handler
    this.#deliverSoon()
  }

  write(chunks: readonly Outgoing[]): boolean {
    return this.#queue.push(chunks)
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#deliverSoon()
  }

  end(): void {
    this.#queue.end()
  }

  destroy(error?: Error): void {
    this.#close(error, new TransportError('reset', `${formatAddress(this.local)} closed the connection`))
  }

  receive(event: Event): void {
    this.#inbox.push(event)
    this.#deliverSoon()
  }

  #send(buffers: readonly Buffer[], done: () => void): void {
    // Copied: the sender may reuse its memory once the bytes are "on the wire", as with a real socket.
    this.peer?.receive({ kind: 'data', bytes: Buffer.concat(buffers), done })
  }

  #close(ownError: Error | undefined, peerError: Error | undefined): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#queue.close()
    this.#inbox.length = 0
    this.peer?.receive({ kind: 'close', error: peerError })
    this.#clock.defer(() => this.#handler?.onClose(ownError))
  }

  #deliverSoon(): void {
    if (this.#isDelivering || this.#inbox.length === 0 || this.#handler === undefined) return
    this.#isDelivering = true
    this.#clock.defer(() => {
      this.#isDelivering = false
      this.#deliver()
    })
  }

  #deliver(): void {
    const event = this.#inbox[0]
    if (event === undefined || this.#isClosed) return
    if (event.kind === 'data') {
      if (this.#isPaused) return
      this.#inbox.shift()
      this.#handler?.onData(event.bytes)
      event.done()
      this.#deliverSoon()
      return
    }
    // A paused socket learns of the end only when it reads; a reset reaches it at once.
    if (this.#isPaused && event.error === undefined) return
    this.#isClosed = true
    this.#queue.close()
    this.#handler?.onClose(event.error)
  }
}

/** All hosts and what listens on them. One for a test or a simulation. */
export class MemoryNetwork {
  readonly #clock: Clock
  readonly #listeners = new Map<string, (connection: Connection) => void>()
  #nextPort = 40_000

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The network as the host `host` sees it. */
  transport(host: string): Transport {
    return {
      listen: async (address, onConnection) => this.#listen(address, onConnection),
      connect: (address, options) => this.#connect({ host, port: this.#nextPort++ }, address, options),
    }
  }

  #listen(requested: Address, onConnection: (connection: Connection) => void): Listener {
    const address = requested.port === 0 ? { host: requested.host, port: this.#nextPort++ } : requested
    const key = formatAddress(address)
    if (this.#listeners.has(key)) {
      throw new TransportError('address-in-use', `Cannot listen on ${key}: the address is in use by another process`)
    }
    this.#listeners.set(key, onConnection)
    return {
      address,
      close: async () => {
        if (this.#listeners.get(key) === onConnection) this.#listeners.delete(key)
      },
    }
  }

  #connect(local: Address, remote: Address, { signal }: { readonly signal?: AbortSignal }): Promise<Connection> {
    return new Promise((resolve, reject) => {
      this.#clock.defer(() => {
        const accept = this.#listeners.get(formatAddress(remote))
        if (signal?.aborted) {
          reject(new TransportError('aborted', `Connecting to ${formatAddress(remote)} was aborted`))
        } else if (accept === undefined) {
          reject(new TransportError('refused', `Cannot connect to ${formatAddress(remote)}: nothing listens there`))
        } else {
          const near = new MemoryConnection(this.#clock, local, remote)
          const far = new MemoryConnection(this.#clock, remote, local)
          near.peer = far
          far.peer = near
          accept(far)
          resolve(near)
        }
      })
    })
  }
}
