/** One connection to a broker, as bare as it gets: frames out, frames in, and what became of the connection. */
import { type Connection, FrameAssembler, nodeTransport, PartialFrameBudget } from '@millrace/network'
import {
  type Api,
  decodeResponse,
  encodeRequest,
  type Fields,
  type RequestInput,
  type Response,
} from '@millrace/protocol'

/** The broker closed the connection. */
export const closed = Symbol('closed')

const frameSizeMax = 128 * 1024 * 1024
const connectTimeoutMs = 10_000

/** An API whose layouts are known to the type checker. */
export type TypedApi = Api<Fields, Fields>

export class Wire {
  readonly #connection: Connection
  readonly #frames: Buffer[] = []
  readonly #waiting: ((frame: Buffer | typeof closed) => void)[] = []
  #isClosed = false
  #nextCorrelationId = 1

  private constructor(connection: Connection) {
    this.#connection = connection
    const assembler = new FrameAssembler(frameSizeMax, new PartialFrameBudget(frameSizeMax))
    connection.start({
      onData: (bytes) => {
        for (const frame of assembler.push(bytes)) {
          const next = this.#waiting.shift()
          if (next === undefined) this.#frames.push(frame)
          else next(frame)
        }
      },
      onDrain() {},
      onClose: () => {
        this.#isClosed = true
        for (const next of this.#waiting.splice(0)) next(closed)
      },
    })
  }

  /** @param bootstrapServers `host:port` */
  static async connect(bootstrapServers: string): Promise<Wire> {
    const separator = bootstrapServers.lastIndexOf(':')
    const address = { host: bootstrapServers.slice(0, separator), port: Number(bootstrapServers.slice(separator + 1)) }
    return new Wire(await nodeTransport.connect(address, { timeoutMs: connectTimeoutMs }))
  }

  /** Sends bytes as they are. */
  write(bytes: Buffer): void {
    this.#connection.write([bytes])
  }

  /** The next answer, without its length, or that there will be none. */
  frame(): Promise<Buffer | typeof closed> {
    const frame = this.#frames.shift()
    if (frame !== undefined) return Promise.resolve(frame)
    if (this.#isClosed) return Promise.resolve(closed)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Sends a request and answers nothing; its correlation id is returned. */
  post<A extends TypedApi>(api: A, version: number, body: RequestInput<A>): number {
    const correlationId = this.#nextCorrelationId++
    const chunks = encodeRequest(api, version, { correlationId, clientId: 'integration' }, body)
    this.#connection.write([Buffer.concat(chunks as Buffer[])])
    return correlationId
  }

  /** Sends a request and decodes its answer. Rejects when the connection is closed instead. */
  async send<A extends TypedApi>(api: A, version: number, body: RequestInput<A>): Promise<Response<A>> {
    const correlationId = this.post(api, version, body)
    const frame = await this.frame()
    if (frame === closed)
      throw new Error(`The broker closed the connection instead of answering ${api.name} ${version}`)
    const answer = decodeResponse(api, version, frame)
    if (answer.correlationId !== correlationId) {
      throw new Error(`${api.name}: the answer is to request ${answer.correlationId}, not to ${correlationId}`)
    }
    return answer.body as Response<A>
  }

  /** Resolves when the broker has closed the connection; frames that came before stay readable. */
  async whenClosed(): Promise<void> {
    while (!this.#isClosed) await this.frame()
  }

  close(): void {
    this.#connection.destroy()
  }
}
