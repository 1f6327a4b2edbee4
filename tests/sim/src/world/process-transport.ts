/** The network as one process sees it: what arrives for a dead process is lost, what arrives for a paused one waits. */
import { crc32 } from 'node:zlib'
import type { Address, Connection, ConnectionHandler, Listener, Outgoing, Transport } from '@millrace/network'
import type { SimProcess } from '../kernel/process.ts'

/** How others learn of a death: by a reset, or not at all, as when the whole machine is gone. */
export type Farewell = 'reset' | 'silent'

export class ProcessTransport implements Transport {
  readonly #inner: Transport
  readonly #process: SimProcess
  readonly #note: (what: string) => void
  readonly #listeners = new Set<Listener>()
  readonly #connections = new Set<ProcessConnection>()

  constructor(inner: Transport, process: SimProcess, note: (what: string) => void) {
    this.#inner = inner
    this.#process = process
    this.#note = note
  }

  async listen(address: Address, onConnection: (connection: Connection) => void): Promise<Listener> {
    const listener = await this.#inner.listen(address, (connection) => {
      const wrapped = this.#wrap(connection)
      this.#process.defer(() => onConnection(wrapped))
    })
    this.#listeners.add(listener)
    return listener
  }

  async connect(address: Address, options: { readonly timeoutMs: number; readonly signal?: AbortSignal }) {
    return this.#wrap(await this.#inner.connect(address, options))
  }

  /** The process is dead: frees its addresses and ends its connections. */
  abandon(farewell: Farewell): void {
    for (const listener of this.#listeners) void listener.close()
    for (const connection of this.#connections) connection.abandon(farewell)
    this.#listeners.clear()
    this.#connections.clear()
  }

  #wrap(connection: Connection): Connection {
    const wrapped = new ProcessConnection(connection, this.#process, this.#note, () =>
      this.#connections.delete(wrapped),
    )
    this.#connections.add(wrapped)
    return wrapped
  }
}

class ProcessConnection implements Connection {
  readonly #inner: Connection
  readonly #process: SimProcess
  readonly #note: (what: string) => void
  readonly #onClosed: () => void

  constructor(inner: Connection, process: SimProcess, note: (what: string) => void, onClosed: () => void) {
    this.#inner = inner
    this.#process = process
    this.#note = note
    this.#onClosed = onClosed
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
    // Through the process's own queue, so that order is kept across a pause.
    this.#inner.start({
      onData: (bytes) => {
        this.#note(`${this.#process.name} receives ${bytes.length} bytes ${crc32(bytes).toString(16)}`)
        this.#process.defer(() => handler.onData(bytes))
      },
      onDrain: () => this.#process.defer(() => handler.onDrain()),
      onClose: (error) => {
        this.#note(`${this.#process.name} loses a connection: ${error?.message ?? 'closed'}`)
        this.#onClosed()
        this.#process.defer(() => handler.onClose(error))
      },
    })
  }

  write(chunks: readonly Outgoing[]): boolean {
    return this.#process.isAlive ? this.#inner.write(chunks) : true
  }

  pause(): void {
    this.#inner.pause()
  }

  resume(): void {
    this.#inner.resume()
  }

  end(): void {
    if (this.#process.isAlive) this.#inner.end()
  }

  destroy(error?: Error): void {
    if (this.#process.isAlive) this.#inner.destroy(error)
  }

  abandon(farewell: Farewell): void {
    if (farewell === 'reset') this.#inner.destroy()
    // Otherwise it stays half open: nobody answers, and the other side finds out by waiting.
  }
}
