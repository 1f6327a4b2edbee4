/** One broker of the scripted cluster: takes frames, answers one request of a connection after the other. */
import { type Connection, FrameAssembler, type Listener, PartialFrameBudget, type Transport } from '@millrace/network'
import {
  type Api,
  ApiVersions,
  apis,
  decodeRequestBody,
  decodeRequestHeader,
  encodeResponse,
  type Fields,
  Produce,
  type Request,
  type ResponseInput,
  type VersionRange,
} from '@millrace/protocol'
import { handlers } from './handlers.ts'
import type { ScriptedCluster } from './scripted-cluster.ts'

/** Instead of an answer: none, nor any later one. Requests of the connection are still handled, as when a cable breaks in one direction. */
export const noAnswer: unique symbol = Symbol('no answer')
/** Instead of an answer: the connection is closed. */
export const hangUp: unique symbol = Symbol('hang up')

/** A request as a handler sees it. */
export interface ScriptedRequest<Body = unknown> {
  readonly cluster: ScriptedCluster
  readonly broker: ScriptedBroker
  readonly api: Api<Fields, Fields>
  readonly version: number
  readonly clientId: string | null
  readonly body: Body
}

/** What a handler gives: a response body, or one of the two symbols. */
export type Outcome<Body> = Body | typeof noAnswer | typeof hangUp

/** Sees a request before the broker does. `proceed` gives what the broker would answer. */
export type Intercept<A extends Api<Fields, Fields>> = (
  request: ScriptedRequest<Request<A>>,
  proceed: () => Promise<Outcome<ResponseInput<A>>>,
) => Outcome<ResponseInput<A>> | Promise<Outcome<ResponseInput<A>>>

type AnyIntercept = (request: ScriptedRequest, proceed: () => Promise<unknown>) => unknown

/** A request that came in, for tests to look at. */
export interface SeenRequest {
  readonly name: string
  readonly version: number
  readonly body: unknown
}

const frameSizeMax = 64 * 1024 * 1024

export class ScriptedBroker {
  readonly id: number
  readonly host: string
  readonly port = 9092
  readonly seen: SeenRequest[] = []
  /** What ApiVersions tells, by API key; a test may change it. */
  readonly versions = new Map<number, VersionRange>()
  /** Whether a refused ApiVersions names what is known, as brokers since 2.4 do. */
  tellsApiVersionsRange = true
  readonly #cluster: ScriptedCluster
  readonly #transport: Transport
  readonly #connections = new Set<Connection>()
  readonly #muted = new WeakSet<Connection>()
  readonly #intercepts = new Map<number, Set<AnyIntercept>>()
  #listener: Listener | undefined

  constructor(id: number, cluster: ScriptedCluster, transport: Transport) {
    this.id = id
    this.host = `broker${id}`
    this.#cluster = cluster
    this.#transport = transport
    for (const api of apis) {
      if (handlers.has(api.key)) this.versions.set(api.key, { min: api.versions.min, max: api.stableMax })
    }
  }

  get isUp(): boolean {
    return this.#listener !== undefined
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  async start(): Promise<void> {
    this.#listener = await this.#transport.listen({ host: this.host, port: this.port }, (connection) =>
      this.#serve(connection),
    )
  }

  /** Stops listening and drops all connections, as a killed process does. */
  async stop(): Promise<void> {
    const listener = this.#listener
    this.#listener = undefined
    this.dropConnections()
    await listener?.close()
  }

  dropConnections(): void {
    for (const connection of [...this.#connections]) connection.destroy()
  }

  /** Puts `intercept` before this broker's own handler; the result removes it. The one added last is asked first. */
  intercept<const A extends Api<Fields, Fields>>(api: A, intercept: Intercept<A>): () => void {
    let list = this.#intercepts.get(api.key)
    if (list === undefined) {
      list = new Set()
      this.#intercepts.set(api.key, list)
    }
    const added = intercept as unknown as AnyIntercept
    list.add(added)
    return () => void list.delete(added)
  }

  #serve(connection: Connection): void {
    const assembler = new FrameAssembler(frameSizeMax, new PartialFrameBudget(2 * frameSizeMax))
    const waiting: Buffer[] = []
    let isBusy = false
    const next = () => {
      const frame = waiting.shift()
      isBusy = frame !== undefined
      if (frame !== undefined) this.#answer(connection, frame).then(next, (error) => this.#fail(connection, error))
    }
    this.#connections.add(connection)
    connection.start({
      onData: (bytes) => {
        waiting.push(...assembler.push(bytes))
        if (!isBusy) next()
      },
      onDrain: () => {},
      onClose: () => {
        this.#connections.delete(connection)
        waiting.length = 0
      },
    })
  }

  #fail(connection: Connection, error: unknown): void {
    connection.destroy()
    this.#cluster.failures.push(error)
  }

  async #answer(connection: Connection, frame: Buffer): Promise<void> {
    const header = decodeRequestHeader(frame)
    const api = header.api as unknown as Api<Fields, Fields> | undefined
    const range = api === undefined ? undefined : this.versions.get(api.key)
    const version = header.apiVersion
    if (api === undefined || range === undefined || version < range.min || version > range.max) {
      if (api?.key === ApiVersions.key) this.#refuseApiVersions(connection, header.correlationId)
      else connection.destroy()
      return
    }
    const body = decodeRequestBody(api, version, frame, header.bodyPosition)
    this.seen.push({ name: api.name, version, body })
    const request = { cluster: this.#cluster, broker: this, api, version, clientId: header.clientId, body }
    const outcome = await this.#handle(request)
    const isUnanswered = api.key === Produce.key && (body as { acks?: number }).acks === 0
    if (outcome === hangUp) connection.destroy()
    else if (outcome === noAnswer) this.#muted.add(connection)
    else if (!isUnanswered && !this.#muted.has(connection)) {
      connection.write(encodeResponse(api, version, header.correlationId, outcome as object) as Buffer[])
    }
  }

  #handle(request: ScriptedRequest): Promise<unknown> {
    const intercepts = [...(this.#intercepts.get(request.api.key) ?? [])]
    const proceed = async (): Promise<unknown> => {
      const intercept = intercepts.pop()
      if (intercept !== undefined) return intercept(request, proceed)
      return handlers.get(request.api.key)?.(request)
    }
    return proceed()
  }

  #refuseApiVersions(connection: Connection, correlationId: number): void {
    const range = this.versions.get(ApiVersions.key) ?? { min: 0, max: 0 }
    const known = { apiKey: ApiVersions.key, minVersion: range.min, maxVersion: range.max }
    const body = { errorCode: 35, apiKeys: this.tellsApiVersionsRange ? [known] : [] }
    connection.write(encodeResponse(ApiVersions, 0, correlationId, body) as Buffer[])
  }
}
