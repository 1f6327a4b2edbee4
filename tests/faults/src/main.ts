/**
 * `npm run test:faults`: our clients against a real broker, through a proxy that does one thing wrong at one exchange: every fault at
 * every one of the first exchanges of every flow. Ends with `N passed, N failed`.
 */
import { seededRandom } from '@millrace/base'
import type { BrokerKind, TestBroker } from './brokers/broker.ts'
import { kafka } from './brokers/kafka.ts'
import { millrace } from './brokers/millrace.ts'
import {
  type Case,
  caseByName,
  disturbedCases,
  faultCases,
  flows,
  hasOwnBroker,
  plainCase,
  sampleOf,
} from './case-list.ts'
import { type CaseResult, runCase, Strays } from './case-runner.ts'
import { Direct } from './direct.ts'
import { type Options, parseOptions, usage } from './options.ts'

const limitMs = 15_000
/** A flow has at least so many exchanges, or it is not what it was. */
const exchangeMin = 20
/** A case whose broker is a process that takes its time to start. */
const slowLimitMs = 60_000
const sessionTimeoutMs = 3000
const slowSessionTimeoutMs = 20_000

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

class Suite {
  readonly #options: Options
  readonly #kind: BrokerKind
  readonly #strays: Strays
  readonly #shared: TestBroker
  readonly #direct: Direct
  readonly failures: CaseResult[] = []
  passedCount = 0
  missedCount = 0

  constructor(options: Options, kind: BrokerKind, shared: TestBroker, strays: Strays) {
    this.#options = options
    this.#kind = kind
    this.#shared = shared
    this.#strays = strays
    this.#direct = new Direct(shared)
  }

  async run(): Promise<void> {
    const cases = await this.#cases()
    print(`${cases.length} cases against ${this.#kind.name}`)
    const own = cases.filter(hasOwnBroker)
    const others = cases.filter((each) => !hasOwnBroker(each))
    await Promise.all([
      inParallel(own, this.#kind.countMax, (each) => this.#runAlone(each)),
      inParallel(others, this.#options.width, (each) => this.#runShared(each)),
    ])
  }

  async close(): Promise<void> {
    await this.#direct.close()
  }

  /** A whole name is that case, whatever else there is; a part of names is all that have it. */
  async #cases(): Promise<Case[]> {
    const { filter, sampleCount, seed } = this.#options
    const named = filter === undefined ? undefined : caseByName(filter)
    if (named !== undefined) return [named]
    const all = [...disturbedCases, ...(await this.#faultCases())]
    const found = filter === undefined ? all : all.filter(({ name }) => name.includes(filter))
    if (sampleCount === undefined || sampleCount >= found.length) return found
    // What is not about one exchange is little, and always in.
    const kept = found.filter(({ fault }) => fault === undefined)
    const drawn = sampleOf(
      found.filter(({ fault }) => fault !== undefined),
      sampleCount,
      seededRandom(seed),
    )
    return [...kept, ...drawn]
  }

  /** By running every flow once without a fault: what is exchanged then can be struck. */
  async #faultCases(): Promise<Case[]> {
    const { exchangeMax } = this.#options
    const lists = flows.map(async (flow) => {
      const result = await this.#runShared(plainCase(flow))
      const { exchanges } = result.log
      print(`${flow.name}: ${exchanges.length} exchanges when nothing happens`)
      if (exchanges.length < Math.min(exchangeMax, exchangeMin)) {
        const failure = `${exchanges.length} exchanges are too few to strike`
        print(`FAILED ${result.name}\n  ${failure}`)
        this.failures.push({ ...result, failure })
      }
      return faultCases(flow, exchanges.slice(0, exchangeMax))
    })
    return (await Promise.all(lists)).flat()
  }

  get #common() {
    return { strays: this.#strays, limitMs, sessionTimeoutMs }
  }

  async #runShared(each: Case): Promise<CaseResult> {
    const result = await runCase(each, { ...this.#common, broker: this.#shared, direct: this.#direct })
    this.#take(result)
    return result
  }

  async #runAlone(each: Case): Promise<void> {
    const broker = await this.#kind.start(true)
    const slow = { limitMs: slowLimitMs, sessionTimeoutMs: slowSessionTimeoutMs }
    const options = { ...this.#common, broker, direct: undefined, ...(this.#kind === kafka ? slow : {}) }
    this.#take(await runCase(each, options))
    await broker.stop()
  }

  #take(result: CaseResult): void {
    const { name, failure, isStruck, log, durationMs } = result
    if (this.#options.trace) {
      print(`${name}: ${failure === undefined ? 'passed' : 'FAILED'} after ${Math.round(durationMs)} ms`)
      for (const line of log.lines()) print(`    ${line}`)
    }
    if (failure === undefined) {
      // A fault that found no exchange proves nothing.
      if (isStruck) this.passedCount++
      else this.missedCount++
      return
    }
    this.failures.push(result)
    const broker = this.#options.broker === 'millrace' ? '' : `--broker ${this.#options.broker} `
    print(`FAILED ${name}\n  ${failure}\n  again: npm run test:faults -- ${broker}"${name}"`)
    if (!this.#options.trace) for (const line of log.lines()) print(`    ${line}`)
  }
}

/** Calls `work` for each, `width` at a time. */
async function inParallel<T>(items: readonly T[], width: number, work: (item: T) => Promise<unknown>): Promise<void> {
  const waiting = [...items]
  const lane = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane))
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2))
  const strays = new Strays()
  strays.watch()
  const started = performance.now()
  const kind = options.broker === 'kafka' ? kafka : millrace
  const shared = await kind.start(false)
  const suite = new Suite(options, kind, shared, strays)
  await suite.run()
  await suite.close()
  await shared.stop()
  for (const stray of strays.others) print(`FAILED outside of any case: ${stray}`)
  for (const { name } of suite.failures) print(`failed: ${name}`)
  if (suite.missedCount > 0) print(`${suite.missedCount} faults found no exchange to strike, and count as neither`)
  print(`${Math.round((performance.now() - started) / 1000)} s; seed ${options.seed}`)
  const failedCount = suite.failures.length + strays.others.length
  print(`${suite.passedCount} passed, ${failedCount} failed`)
  process.exit(failedCount === 0 ? 0 : 1)
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n${usage}\n`)
  process.exitCode = 1
}
