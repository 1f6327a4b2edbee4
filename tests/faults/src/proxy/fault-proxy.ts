/** A TCP proxy between one client and a broker: passes frames on, counts exchanges, and does what a strike says. */
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Address } from '@millrace/network'
import { apiByKey } from '@millrace/protocol'
import type { ReplyAction, Strike } from '../fault.ts'
import { withAdvertised } from './advertised.ts'
import type { Exchange, ExchangeLog } from './exchange-log.ts'
import { FrameSplitter, withLength } from './frame-splitter.ts'

const host = '127.0.0.1'

export interface FaultProxyOptions {
  /** Where the broker is now. */
  readonly target: () => Address
  readonly strike?: Strike | undefined
  /** What clients are told as the address of every broker. Default: where the proxy listens. */
  readonly advertised?: () => Address
  /** How long every reply takes from the proxy to the client. Default 0. */
  readonly latencyMs?: number
  /** Sees every request before it is passed on. */
  readonly onRequest?: (exchange: Exchange, frame: Buffer) => void
  /** The log to write into: several proxies of a client count together. */
  readonly log: ExchangeLog
  /** The proxy itself, or what the broker sends, is at fault. */
  readonly onError: (error: unknown) => void
}

let connectionCount = 0

export class FaultProxy {
  readonly #options: FaultProxyOptions
  readonly #server: Server
  readonly #connections = new Set<ProxyConnection>()
  #address: Address = { host, port: 0 }

  private constructor(options: FaultProxyOptions) {
    this.#options = options
    this.#server = createServer((socket) => this.#onConnection(socket))
  }

  /** Resolves when clients can connect. */
  static listen(options: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options)
    return new Promise((resolve, reject) => {
      proxy.#server.once('error', reject)
      proxy.#server.listen(0, host, () => {
        const address = proxy.#server.address()
        if (address !== null && typeof address === 'object') proxy.#address = { host, port: address.port }
        resolve(proxy)
      })
    })
  }

  get address(): Address {
    return this.#address
  }

  /** Connections that the client has open. */
  get openCount(): number {
    return this.#connections.size
  }

  /** Cuts all connections, and takes no more. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.cutAll()
    await closed
  }

  cutAll(): void {
    for (const connection of [...this.#connections]) connection.cut('the proxy cut it')
  }

  #onConnection(socket: Socket): void {
    const number = ++connectionCount
    const { log, strike, target, onRequest, onError, latencyMs = 0, advertised = () => this.#address } = this.#options
    log.remark(`c${number} opened`)
    const connection = new ProxyConnection(socket, number, {
      target: target(),
      log,
      strike,
      latencyMs,
      advertised,
      onRequest,
      onError,
      onClosed: (reason) => {
        this.#connections.delete(connection)
        log.lose(number)
        log.remark(`c${number} closed: ${reason}`)
      },
    })
    this.#connections.add(connection)
  }
}

interface ConnectionOptions {
  readonly target: Address
  readonly log: ExchangeLog
  readonly strike: Strike | undefined
  readonly latencyMs: number
  readonly advertised: () => Address
  readonly onRequest: ((exchange: Exchange, frame: Buffer) => void) | undefined
  readonly onError: (error: unknown) => void
  readonly onClosed: (reason: string) => void
}

class ProxyConnection {
  readonly #client: Socket
  readonly #broker: Socket
  readonly #number: number
  readonly #options: ConnectionOptions
  readonly #requests = new FrameSplitter()
  readonly #replies = new FrameSplitter()
  /** Replies that wait behind a late one, or for ever. */
  #held: { exchange: Exchange; frame: Buffer }[] | undefined
  /** What the proxy answers itself, and behind which reply of the broker. */
  readonly #answers: { exchange: Exchange; frame: Buffer; waitsFor: Exchange | undefined }[] = []
  #isClosed = false

  constructor(client: Socket, number: number, options: ConnectionOptions) {
    this.#client = client
    this.#number = number
    this.#options = options
    const { host: brokerHost, port } = options.target
    this.#broker = connect(port, brokerHost)
    for (const socket of [this.#client, this.#broker]) {
      socket.setNoDelay(true)
      socket.on('error', () => {})
    }
    client.on('data', (bytes: Buffer) => this.#guarded(() => this.#onClientBytes(bytes)))
    this.#broker.on('data', (bytes: Buffer) => this.#guarded(() => this.#onBrokerBytes(bytes)))
    client.on('close', () => this.cut('the client closed it'))
    this.#broker.on('close', () => this.cut('the broker closed it'))
  }

  /** Ends both sides at once. */
  cut(reason: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#client.destroy()
    this.#broker.destroy()
    this.#options.onClosed(reason)
  }

  #guarded(work: () => void): void {
    try {
      if (!this.#isClosed) work()
    } catch (error) {
      this.#options.onError(error)
      this.cut(`the proxy failed: ${error instanceof Error ? error.message : error}`)
    }
  }

  #onClientBytes(bytes: Buffer): void {
    for (const frame of this.#requests.push(bytes)) {
      if (this.#isClosed) return
      this.#onRequest(frame)
    }
  }

  #onRequest(frame: Buffer): void {
    const { log, strike, onRequest } = this.#options
    const exchange = log.begin(this.#number, frame)
    onRequest?.(exchange, frame)
    const action = strike?.onRequest(exchange, frame) ?? { type: 'pass' }
    if (action.type === 'cut') this.cut('the request was cut')
    else if (action.type === 'answer') {
      log.withdraw(exchange)
      this.#answers.push({ exchange, frame: action.frame, waitsFor: log.lastPending(this.#number) })
      this.#sendAnswers()
    } else this.#broker.write(withLength(frame))
  }

  /** The proxy's own answers, each in its turn. */
  #sendAnswers(): void {
    for (let next = this.#answers[0]; next !== undefined; next = this.#answers[0]) {
      if (next.waitsFor !== undefined && next.waitsFor.reply === undefined) return
      this.#answers.shift()
      this.#send(next.exchange, next.frame)
    }
  }

  #onBrokerBytes(bytes: Buffer): void {
    for (const frame of this.#replies.push(bytes)) {
      if (this.#isClosed) return
      this.#onReply(frame)
    }
  }

  #onReply(raw: Buffer): void {
    const { log, strike, advertised } = this.#options
    const exchange = log.reply(this.#number, raw)
    const api = apiByKey(exchange.apiKey)
    const frame = api === undefined ? raw : withAdvertised(api, exchange.apiVersion, raw, advertised())
    if (this.#held !== undefined) this.#held.push({ exchange, frame })
    else this.#act(strike?.onReply(exchange, frame) ?? { type: 'pass' }, exchange, frame)
    this.#sendAnswers()
  }

  #act(action: ReplyAction, exchange: Exchange, frame: Buffer): void {
    if (action.type === 'cut') this.cut('the reply was cut')
    else if (action.type === 'cut in the middle') this.#cutInTheMiddle(frame)
    else if (action.type === 'drop') this.#held = []
    else if (action.type === 'delay') {
      this.#held = [{ exchange, frame }]
      setTimeout(() => this.#release(), action.delayMs)
    } else {
      this.#send(exchange, action.type === 'send' ? action.frame : frame)
      if (action.type === 'duplicate') this.#send(exchange, frame)
    }
  }

  #cutInTheMiddle(frame: Buffer): void {
    const bytes = withLength(frame)
    // Nothing else goes out after it.
    this.#held = []
    this.#client.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () =>
      this.cut('the reply was cut in the middle'),
    )
  }

  #release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const { exchange, frame } of held) if (!this.#isClosed) this.#send(exchange, frame)
  }

  #send(exchange: Exchange, frame: Buffer): void {
    const write = () => {
      if (this.#isClosed) return
      exchange.isAnswered = true
      this.#client.write(withLength(frame))
    }
    // Timers of the same length end in the order in which they were set.
    if (this.#options.latencyMs > 0) setTimeout(write, this.#options.latencyMs)
    else write()
  }
}
