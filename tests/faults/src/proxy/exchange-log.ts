/** What went through the proxy: every request with its number and its reply, and every connection. */
import { decodeRequestHeader, readCorrelationId } from '@millrace/protocol'

/** A request and its reply. Numbers count the requests of all connections of a client, from 1, as they come. */
export interface Exchange {
  readonly number: number
  readonly connection: number
  readonly apiKey: number
  readonly apiName: string
  readonly apiVersion: number
  readonly correlationId: number
  readonly requestSize: number
  readonly startMs: number
  /** The broker's reply reached the proxy. */
  reply: { readonly size: number; readonly atMs: number } | undefined
  /** The reply was passed on to the client, whole. */
  isAnswered: boolean
  /** The connection ended before. */
  isLost: boolean
  /** What the proxy did to it. */
  note: string | undefined
}

interface Remark {
  readonly atMs: number
  readonly text: string
}

const lineCountMax = 400

export class ExchangeLog {
  readonly #clock: () => number
  readonly #startMs: number
  readonly #exchanges: Exchange[] = []
  readonly #remarks: Remark[] = []
  readonly #pending = new Map<number, Exchange[]>()
  /** When connections ended. */
  readonly #ends = new Map<number, number>()

  /** `clock` gives milliseconds from some moment on. */
  constructor(clock: () => number) {
    this.#clock = clock
    this.#startMs = clock()
  }

  get exchanges(): readonly Exchange[] {
    return this.#exchanges
  }

  /** Exchanges without a whole reply on connections that are open. */
  get pending(): readonly Exchange[] {
    return this.#exchanges.filter(({ isAnswered, isLost }) => !isAnswered && !isLost)
  }

  /** A request has come; `frame` is without its length. */
  begin(connection: number, frame: Buffer): Exchange {
    const { apiKey, apiVersion, correlationId, api } = decodeRequestHeader(frame)
    const exchange: Exchange = {
      number: this.#exchanges.length + 1,
      connection,
      apiKey,
      apiName: api?.name ?? `API ${apiKey}`,
      apiVersion,
      correlationId,
      requestSize: frame.length,
      startMs: this.#now(),
      reply: undefined,
      isAnswered: false,
      isLost: false,
      note: undefined,
    }
    this.#exchanges.push(exchange)
    const pending = this.#pending.get(connection)
    if (pending === undefined) this.#pending.set(connection, [exchange])
    else pending.push(exchange)
    return exchange
  }

  /** The last request of the connection that the broker has to answer. */
  lastPending(connection: number): Exchange | undefined {
    return this.#pending.get(connection)?.at(-1)
  }

  /** A reply has come: to the oldest request of the connection. Throws when it answers another one. */
  reply(connection: number, frame: Buffer): Exchange {
    const exchange = this.#pending.get(connection)?.shift()
    const correlationId = readCorrelationId(frame)
    if (exchange === undefined)
      throw new Error(`connection ${connection}: a reply (${correlationId}) without a request`)
    if (exchange.correlationId !== correlationId) {
      const expected = exchange.correlationId
      throw new Error(`connection ${connection}: the broker answered ${correlationId} where ${expected} was due`)
    }
    exchange.reply = { size: frame.length, atMs: this.#now() }
    return exchange
  }

  /** The connection is gone, with everything that was not answered. */
  lose(connection: number): void {
    this.#pending.delete(connection)
    this.#ends.set(connection, this.#now())
    for (const exchange of this.#exchanges) {
      if (exchange.connection === connection && !exchange.isAnswered) exchange.isLost = true
    }
  }

  /** Whether other connections ended together with this one, `withinMs` apart: as when a client is closed. */
  endedWithOthers(connection: number, withinMs: number): boolean {
    const endMs = this.#ends.get(connection)
    if (endMs === undefined) return false
    return [...this.#ends].some(([other, atMs]) => other !== connection && Math.abs(atMs - endMs) <= withinMs)
  }

  /** The proxy answers by itself: no reply of the broker is waited for. */
  withdraw(exchange: Exchange): void {
    const pending = this.#pending.get(exchange.connection)
    pending?.splice(pending.indexOf(exchange), 1)
  }

  remark(text: string): void {
    this.#remarks.push({ atMs: this.#now(), text })
  }

  /** A line for each exchange and remark, in the order of time; the oldest are left out when there are too many. */
  lines(): string[] {
    const lines = [
      ...this.#exchanges.map((exchange) => ({ atMs: exchange.startMs, text: describeExchange(exchange) })),
      ...this.#remarks,
    ]
    lines.sort((a, b) => a.atMs - b.atMs)
    const left = lines.length - lineCountMax
    const shown = lines
      .slice(-lineCountMax)
      .map(({ atMs, text }) => `${String(Math.round(atMs)).padStart(6)} ms  ${text}`)
    return left > 0 ? [`(${left} lines left out)`, ...shown] : shown
  }

  #now(): number {
    return this.#clock() - this.#startMs
  }
}

export function describeExchange(exchange: Exchange): string {
  const { number, connection, apiName, apiVersion, requestSize, reply, isAnswered, isLost, note, startMs } = exchange
  const came = reply === undefined ? 'no reply' : `${reply.size} bytes after ${Math.round(reply.atMs - startMs)} ms`
  const fate = isAnswered ? '' : isLost ? ', connection lost' : ', not passed on'
  const told = note === undefined ? '' : `   <== ${note}`
  return `#${number} c${connection} ${apiName} v${apiVersion} (${requestSize} bytes) -> ${came}${fate}${told}`
}
