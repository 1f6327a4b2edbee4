/** Runs one case within its time, and says what is wrong with what came of it. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { TestBroker } from './brokers/broker.ts'
import type { Case } from './case-list.ts'
import { Direct } from './direct.ts'
import type { FlowContext } from './flows/flow.ts'
import { pause } from './flows/flow.ts'
import { FaultFailure } from './judges/fault-failure.ts'
import { describeExchange, ExchangeLog } from './proxy/exchange-log.ts'
import { FaultProxy } from './proxy/fault-proxy.ts'
import { Site } from './site.ts'

export interface CaseResult {
  readonly name: string
  /** Undefined when it passed. */
  readonly failure: string | undefined
  /** Whether the fault found an exchange; true without a fault. */
  readonly isStruck: boolean
  readonly log: ExchangeLog
  readonly durationMs: number
}

/** How long connections may stay open after the client was closed. */
const lingerMs = 500
/** Requests that were on their way when a reply came twice. */
const crossingMs = 300
/** Connections of a client that is closed end within this. */
const togetherMs = 10

/** What goes wrong outside of any promise that is waited for, by the case that it happens in. */
export class Strays {
  readonly #storage = new AsyncLocalStorage<string[]>()
  /** Of no case. */
  readonly others: string[] = []

  /** Watches the process from now on. */
  watch(): void {
    process.on('unhandledRejection', (error) => this.#note('an unhandled rejection', error))
    process.on('uncaughtException', (error) => this.#note('an uncaught exception', error))
    process.on('warning', (warning) => this.#note('a warning of the process', warning))
  }

  run<T>(strays: string[], work: () => Promise<T>): Promise<T> {
    return this.#storage.run(strays, work)
  }

  #note(what: string, error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    const strays = this.#storage.getStore() ?? this.others
    strays.push(`${what}: ${text}`)
  }
}

let caseCount = 0

export interface RunnerOptions {
  readonly broker: TestBroker
  /** Undefined: one of its own, for a broker that will not stay where it is. */
  readonly direct: Direct | undefined
  readonly strays: Strays
  /** Of the whole case. */
  readonly limitMs: number
  /** Of members of groups. */
  readonly sessionTimeoutMs: number
}

/** Never rejects. */
export async function runCase(each: Case, options: RunnerOptions): Promise<CaseResult> {
  const started = performance.now()
  const strays: string[] = []
  const log = new ExchangeLog(() => performance.now())
  const straight = options.direct === undefined ? await straightWay(options.broker, strays) : undefined
  const direct = straight?.direct ?? (options.direct as Direct)
  const site = await Site.open(each, options.broker, log, (error) => strays.push(`the proxy: ${stackOf(error)}`))
  const run = new Run(each, site, direct, strays, options.sessionTimeoutMs)
  const failure = await options.strays.run(strays, () => run.toEnd(options.limitMs))
  await run.cleanUp()
  await straight?.close()
  const isStruck = each.fault === undefined || site.strike?.exchange !== undefined
  return { name: each.name, failure, isStruck, log, durationMs: performance.now() - started }
}

/** To a broker that moves: the way goes where it is. */
async function straightWay(broker: TestBroker, strays: string[]) {
  const proxy = await FaultProxy.listen({
    target: () => broker.address,
    log: new ExchangeLog(() => 0),
    onError: (error) => strays.push(`the straight proxy: ${stackOf(error)}`),
  })
  const direct = new Direct(proxy)
  return {
    direct,
    async close() {
      await direct.close()
      await proxy.close()
    },
  }
}

class Run {
  readonly #case: Case
  readonly #site: Site
  readonly #log: ExchangeLog
  readonly #strays: string[]
  readonly #context: FlowContext
  readonly #owned: { close(options?: { timeoutMs?: number }): Promise<void> }[] = []
  #topics: readonly string[] = []
  #describe: () => string = () => ''

  constructor(each: Case, site: Site, direct: Direct, strays: string[], sessionTimeoutMs: number) {
    this.#case = each
    this.#site = site
    this.#log = site.log
    this.#strays = strays
    this.#context = {
      name: `case-${++caseCount}`,
      client: site.client,
      direct,
      events: site.events,
      log: site.log,
      sessionTimeoutMs,
      fault: each.fault,
      disturb: () => site.disturb(),
      describe: (state) => {
        this.#describe = state
      },
      onCommit: (listener) => {
        site.onCommit = listener
      },
      own: (client) => void this.#owned.push(client),
    }
  }

  /** The failure, if there is one. */
  async toEnd(limitMs: number): Promise<string | undefined> {
    try {
      this.#topics = await this.#case.flow.prepare(this.#context)
      await this.#within(limitMs)
      await this.#checkConnections()
      this.#checkDuplicate()
    } catch (error) {
      return error instanceof FaultFailure ? error.message : stackOf(error)
    }
    const [stray] = this.#strays
    return stray
  }

  async cleanUp(): Promise<void> {
    await Promise.all(this.#owned.map((client) => client.close({ timeoutMs: 10 }).catch(() => {})))
    await this.#site.close()
    await this.#context.direct.deleteTopics(this.#topics).catch(() => {})
  }

  async #within(limitMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new FaultFailure(this.#stall(limitMs))), limitMs)
    })
    const flow = this.#case.flow.run(this.#context)
    flow.catch(() => {})
    try {
      await Promise.race([flow, limit])
    } finally {
      clearTimeout(timer)
    }
  }

  #stall(limitMs: number): string {
    const pending = this.#log.pending.map(describeExchange)
    const waiting = pending.length === 0 ? 'no request waits for a reply' : `waiting: ${pending.join('; ')}`
    return `not done after ${limitMs / 1000} s. ${this.#describe()}. At the proxy, ${waiting}`
  }

  /** A client that is closed has closed its connections. */
  async #checkConnections(): Promise<void> {
    for (let waitedMs = 0; this.#site.openCount > 0 && waitedMs < lingerMs; waitedMs += 10) await pause(10)
    const count = this.#site.openCount
    if (count > 0) throw new FaultFailure(`${count} connections are still open after everything was closed`)
  }

  /** No broker sends a reply twice: the connection is out of step, and nothing on it can be believed any more. */
  #checkDuplicate(): void {
    const exchange = this.#site.strike?.exchange
    if (this.#case.fault?.kind !== 'reply duplicated' || exchange?.reply === undefined) return
    const { connection, reply } = exchange
    const later = this.#log.exchanges.find((each) => {
      return each.connection === connection && each.startMs > reply.atMs + crossingMs
    })
    if (later !== undefined)
      throw new FaultFailure(`the connection was used after a reply came twice: ${describeExchange(later)}`)
    const isTold = this.#site.events.some((event) => 'error' in event && event.error.code === 'protocol')
    // Unless the client was done with the connection, or with everything.
    const isUsed = this.#log.exchanges.some((each) => each.number > exchange.number)
    const isClosing = this.#log.endedWithOthers(connection, togetherMs)
    if (!isTold && isUsed && !isClosing) throw new FaultFailure('no protocol error was told of a reply that came twice')
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
