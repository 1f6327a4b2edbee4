/** One connection that speaks the raw protocol: requests out, responses matched to them. Any fault loses all of it. */
import { type Clock, type Deferred, deferred, type Timer } from '@millrace/base'
import { type Address, type Connection, FrameAssembler, PartialFrameBudget, type Transport } from '@millrace/network'
import {
  type Api,
  decodeResponse,
  encodeRequest,
  type Fields,
  joinChunks,
  type Request,
  type RequestInput,
  type Response,
  readCorrelationId,
} from '@millrace/protocol'

type TypedApi = Api<Fields, Fields>

export interface ConnectionOptions {
  readonly transport: Transport
  readonly clock: Clock
  readonly address: Address
  readonly clientId: string
  /** A request that is not answered in this time loses the connection. */
  readonly requestTimeoutMs: number
}

/** The connection is gone; what became of the requests under way is not known. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
}

interface Pending {
  readonly settle: Deferred<Buffer>
  readonly timer: Timer
}

const frameSizeMax = 64 * 1024 * 1024

export class RawConnection {
  readonly #connection: Connection
  readonly #options: ConnectionOptions
  readonly #assembler = new FrameAssembler(frameSizeMax, new PartialFrameBudget(frameSizeMax))
  readonly #pending = new Map<number, Pending>()
  readonly #lost = deferred<ConnectionLost>()
  #nextCorrelationId = 1
  #isOpen = true

  private constructor(connection: Connection, options: ConnectionOptions) {
    this.#connection = connection
    this.#options = options
    connection.start({
      onData: (bytes) => this.#receive(bytes),
      onDrain: () => {},
      onClose: (error) => this.#lose(error?.message ?? 'the broker closed the connection'),
    })
  }

  /** Throws {@link ConnectionLost} when it cannot connect. */
  static async open(options: ConnectionOptions): Promise<RawConnection> {
    const { transport, address, requestTimeoutMs } = options
    let connection: Connection
    try {
      connection = await transport.connect(address, { timeoutMs: requestTimeoutMs })
    } catch (cause) {
      throw new ConnectionLost('cannot connect', { cause })
    }
    return new RawConnection(connection, options)
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Resolves when the connection is gone. */
  get whenLost(): Promise<ConnectionLost> {
    return this.#lost.promise
  }

  /** Throws {@link ConnectionLost}; also when the answer is no answer to this request. */
  async send<const A extends TypedApi>(api: A, version: number, body: RequestInput<A>): Promise<Response<A>> {
    const frame = await this.exchange(api, version, body)
    return decodeResponse(api, version, frame).body as Response<A>
  }

  /** As {@link send}; the response's frame is left to the caller to decode. */
  async exchange<const A extends TypedApi>(api: A, version: number, body: RequestInput<A>): Promise<Buffer> {
    if (!this.#isOpen) throw new ConnectionLost('the connection was lost before')
    const { clock, clientId, requestTimeoutMs } = this.#options
    const correlationId = this.#nextCorrelationId++
    const chunks = encodeRequest(api, version, { correlationId, clientId }, body as Request<A>)
    const settle = deferred<Buffer>()
    const timer = clock.schedule(requestTimeoutMs, () => this.#lose(`${api.name} was not answered in time`))
    this.#pending.set(correlationId, { settle, timer })
    this.#connection.write([joinChunks(chunks)])
    return settle.promise
  }

  close(): void {
    this.#lose('closed by the client')
  }

  #receive(bytes: Buffer): void {
    if (!this.#isOpen) return
    for (const frame of this.#assembler.push(bytes)) this.#answer(frame)
  }

  #answer(frame: Buffer): void {
    const correlationId = readCorrelationId(frame)
    const [expected] = this.#pending.keys()
    if (correlationId !== expected) {
      throw new Error(`An answer to request ${correlationId} came where one to ${expected} was due`)
    }
    const pending = this.#pending.get(correlationId) as Pending
    this.#pending.delete(correlationId)
    pending.timer.cancel()
    pending.settle.resolve(frame)
  }

  #lose(reason: string): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    const error = new ConnectionLost(reason)
    for (const { settle, timer } of this.#pending.values()) {
      timer.cancel()
      settle.reject(error)
    }
    this.#pending.clear()
    this.#assembler.clear()
    this.#connection.destroy()
    this.#lost.resolve(error)
  }
}
