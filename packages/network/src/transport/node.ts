/** TCP by Node: the only door to `node:net`. */
import { createServer, connect as netConnect, type Socket } from 'node:net'
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
  type TransportErrorCode,
} from './port.ts'

const codes: Readonly<Record<string, TransportErrorCode>> = {
  EADDRINUSE: 'address-in-use',
  EADDRNOTAVAIL: 'address-not-available',
  EACCES: 'not-permitted',
  EPERM: 'not-permitted',
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ETIMEDOUT: 'timeout',
  ENOTFOUND: 'unknown-host',
  EAI_AGAIN: 'unknown-host',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
}

const phrases: Readonly<Record<TransportErrorCode, string>> = {
  'address-in-use': 'the address is in use by another process',
  'address-not-available': 'this machine does not have that address',
  'not-permitted': 'not permitted',
  refused: 'nothing listens there',
  unreachable: 'the host cannot be reached',
  timeout: 'no answer in time',
  aborted: 'aborted',
  'unknown-host': 'the host name is unknown',
  reset: 'the other side closed the connection',
  other: 'failed',
}

function toTransportError(action: string, address: Address, cause: unknown): TransportError {
  const systemCode = (cause as { code?: string } | undefined)?.code ?? ''
  const code = codes[systemCode] ?? 'other'
  const detail =
    code === 'other' ? `${phrases.other} (${(cause as Error | undefined)?.message ?? cause})` : phrases[code]
  return new TransportError(code, `Cannot ${action} ${formatAddress(address)}: ${detail}`, { cause })
}

/** Of all connections. */
const pieces = new PieceBuffers()

class NodeConnection implements Connection {
  readonly local: Address
  readonly remote: Address
  readonly #socket: Socket
  readonly #queue: OutgoingQueue
  #handler: ConnectionHandler | undefined
  #error: Error | undefined
  #isClosed = false

  constructor(socket: Socket) {
    this.#socket = socket
    this.local = { host: socket.localAddress ?? '', port: socket.localPort ?? 0 }
    this.remote = { host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
    this.#queue = new OutgoingQueue(
      {
        send: (buffers, done) => this.#send(buffers, done),
        drained: () => this.#handler?.onDrain(),
        ended: () => socket.destroySoon(),
        failed: (error) => this.destroy(error),
      },
      pieces,
    )
    socket.setNoDelay(true)
    socket.on('error', (error) => {
      this.#error ??= toTransportError('talk to', this.remote, error)
    })
    socket.on('close', () => {
      this.#isClosed = true
      this.#queue.close()
      this.#handler?.onClose(this.#error)
    })
  }

  get queuedSize(): number {
    return this.#queue.queuedSize + this.#socket.writableLength
  }

  start(handler: ConnectionHandler): void {
    this.#handler = handler
    if (this.#isClosed) {
      handler.onClose(this.#error)
      return
    }
    this.#socket.on('data', (bytes) => handler.onData(bytes as Buffer))
    // The other side has finished sending: Kafka's clients never half-close, so the conversation is over.
    this.#socket.on('end', () => this.#socket.destroySoon())
  }

  write(chunks: readonly Outgoing[]): boolean {
    return this.#queue.push(chunks)
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    this.#queue.end()
  }

  destroy(error?: Error): void {
    this.#error ??= error
    this.#socket.destroy()
  }

  #send(buffers: readonly Buffer[], done: () => void): void {
    const socket = this.#socket
    if (buffers.length > 1) socket.cork()
    const last = buffers.length - 1
    for (let index = 0; index < last; index++) socket.write(buffers[index] as Buffer)
    socket.write(buffers[last] as Buffer, () => done())
    if (buffers.length > 1) socket.uncork()
  }
}

/** The machine's TCP. */
export const nodeTransport: Transport = {
  listen(address, onConnection) {
    return new Promise<Listener>((resolve, reject) => {
      const server = createServer({ allowHalfOpen: false, pauseOnConnect: false }, (socket) =>
        onConnection(new NodeConnection(socket)),
      )
      server.once('error', (error) => reject(toTransportError('listen on', address, error)))
      server.listen({ host: address.host, port: address.port, backlog: 1024 }, () => {
        server.removeAllListeners('error')
        // Accepting can fail when descriptors run out; the listener stays and the next connection may succeed.
        server.on('error', () => {})
        const bound = server.address()
        const port = typeof bound === 'object' && bound !== null ? bound.port : address.port
        resolve({
          address: { host: address.host, port },
          close: () => new Promise((closed) => server.close(() => closed())),
        })
      })
    })
  },

  connect(address, { timeoutMs, signal }) {
    return new Promise<Connection>((resolve, reject) => {
      const fail = (error: TransportError) => {
        signal?.removeEventListener('abort', onAbort)
        socket.destroy()
        reject(error)
      }
      const onAbort = () => fail(new TransportError('aborted', `Connecting to ${formatAddress(address)} was aborted`))
      const socket = netConnect({ host: address.host, port: address.port })
      socket.setTimeout(timeoutMs, () =>
        fail(
          new TransportError(
            'timeout',
            `Cannot connect to ${formatAddress(address)}: no answer within ${timeoutMs} ms`,
          ),
        ),
      )
      const onError = (error: Error) => fail(toTransportError('connect to', address, error))
      socket.once('error', onError)
      socket.once('connect', () => {
        signal?.removeEventListener('abort', onAbort)
        socket.setTimeout(0)
        socket.off('error', onError)
        resolve(new NodeConnection(socket))
      })
      if (signal?.aborted) onAbort()
      else signal?.addEventListener('abort', onAbort, { once: true })
    })
  },
}
