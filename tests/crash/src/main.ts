/**
 * `npm run test:crash`: a real broker under load is killed again and again with `kill -9`, at moments drawn from a seed. After
 * every start all that was acknowledged must be there: same bytes, in order, once. Ends with `N passed, N failed`.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Random, randomBelow, seededRandom, sleep, systemClock } from '@millrace/base'
import { BrokerProcess } from './broker-process.ts'
import { Load } from './load.ts'
import { type Options, parseOptions, usage } from './options.ts'

const host = '127.0.0.1'
/** Every step: starting, reading everything, finishing. */
const stepMsMax = 30_000
/** Longest time from the end of the checks to the kill. */
const loadMsMax = 400
/** A start that is not waited for is killed within this time. */
const earlyMsMax = 500

class CrashFailure extends Error {}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

class CrashTest {
  readonly #options: Options
  readonly #directory: string
  readonly #random: Random
  #broker: BrokerProcess
  #port = 0
  #load: Load | undefined
  /** The broker was asked to end. */
  #isStopping = false
  #error: unknown

  constructor(options: Options, directory: string) {
    this.#options = options
    this.#directory = directory
    this.#random = seededRandom(options.seed)
    this.#broker = this.#spawn()
  }

  get output(): readonly string[] {
    return this.#broker.output
  }

  /** The first start, and the clients. */
  async begin(): Promise<void> {
    this.#port = await this.#within('the first start', this.#broker.whenReady)
    this.#load = new Load({ host, port: this.#port }, this.#options.seed)
    const onError = (error: unknown) => {
      this.#error = error
    }
    await this.#within('starting the clients', this.#load.start(onError))
  }

  /** Lets the clients work, kills the broker, starts it again and looks for everything. */
  async cycle(): Promise<string> {
    const before = this.#counts.acknowledgedCount
    await sleep(systemClock, randomBelow(this.#random, loadMsMax))
    await this.#broker.kill()
    this.#broker = this.#spawn()
    if (randomBelow(this.#random, 5) === 0) {
      // Recovery must survive its own crash.
      await sleep(systemClock, randomBelow(this.#random, earlyMsMax))
      await this.#broker.kill()
      this.#broker = this.#spawn()
    }
    await this.#startAndVerify()
    return `${this.#counts.acknowledgedCount - before} batches acknowledged, ${this.#counts.readCount} records read in all`
  }

  /** No more kills for the clients: they finish, and everything is read once more. */
  async finish(): Promise<string> {
    await this.#within('finishing what clients had begun', (this.#load as Load).finish())
    await this.#within('reading everything', (this.#load as Load).verify())
    this.#check()
    const { acknowledgedCount, committedCount } = this.#counts
    if (acknowledgedCount === 0 || committedCount === 0) throw new CrashFailure('the clients got nothing done')
    return `${acknowledgedCount} batches and ${committedCount} offsets acknowledged in all`
  }

  async cleanRestart(): Promise<string> {
    this.#isStopping = true
    const ending = await this.#within('a clean stop', this.#broker.stop())
    this.#isStopping = false
    if (!('code' in ending) || ending.code !== 0) {
      throw new CrashFailure(`the broker did not stop in order: ${JSON.stringify(ending)}`)
    }
    this.#broker = this.#spawn()
    await this.#startAndVerify()
    return 'stopped and started in order'
  }

  async end(): Promise<void> {
    await this.#broker.kill()
  }

  async #startAndVerify(): Promise<void> {
    await this.#within('a start', this.#broker.whenReady)
    await this.#within('reading everything', (this.#load as Load).verify())
    this.#check()
  }

  get #counts() {
    return (this.#load as Load).counts
  }

  #spawn(): BrokerProcess {
    const { durability } = this.#options
    return new BrokerProcess({ directory: this.#directory, host, port: this.#port, durability })
  }

  #check(): void {
    if (this.#load?.violation !== undefined) throw new CrashFailure(this.#load.violation)
    if (this.#error !== undefined) throw this.#error
    if (this.#broker.ending !== undefined && !this.#isStopping) {
      throw new CrashFailure(`the broker ended by itself: ${JSON.stringify(this.#broker.ending)}`)
    }
  }

  /** Fails when `work` takes too long, or the broker ends by itself meanwhile. */
  async #within<T>(what: string, work: Promise<T>): Promise<T> {
    let isOver = false
    const timer = systemClock.schedule(stepMsMax, () => {
      isOver = true
    })
    let result: { readonly value: T } | undefined
    const ended = work.then((value) => {
      result = { value }
    })
    while (result === undefined && !isOver) {
      await Promise.race([ended, sleep(systemClock, 50)])
      this.#check()
    }
    timer.cancel()
    if (result === undefined) throw new CrashFailure(`${what} took more than ${stepMsMax} ms`)
    return result.value
  }
}

/** Runs the steps in order; the first that fails ends the test. */
async function run(options: Options, directory: string): Promise<{ passed: number; failed: number }> {
  const test = new CrashTest(options, directory)
  const steps: (readonly [name: string, step: () => Promise<string>])[] = [
    ...Array.from({ length: options.cycleCount }, (_, index) => [`cycle ${index + 1}`, () => test.cycle()] as const),
    ['the last check', () => test.finish()],
    ['a clean restart', () => test.cleanRestart()],
  ]
  let passed = 0
  let name = 'the beginning'
  try {
    await test.begin()
    for (const [next, step] of steps) {
      name = next
      const report = await step()
      passed++
      if (passed % 10 === 0 || passed > options.cycleCount) print(`${name}: ${report}`)
    }
    return { passed, failed: 0 }
  } catch (error) {
    const message = error instanceof CrashFailure ? error.message : error instanceof Error ? error.stack : String(error)
    print(`${name} failed: ${message}`)
    print(`  seed ${options.seed}; again: npm run test:crash -- --seed ${options.seed} --cycles ${options.cycleCount}`)
    for (const line of test.output) print(`  broker: ${line}`)
    return { passed, failed: steps.length - passed }
  } finally {
    await test.end()
  }
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2))
  const directory = await mkdtemp(join(tmpdir(), 'millrace-crash-'))
  const { passed, failed } = await run(options, join(directory, 'data'))
  if (failed === 0) await rm(directory, { recursive: true, force: true })
  else print(`  the data is in ${directory}`)
  print(`${passed} passed, ${failed} failed`)
  process.exit(failed === 0 ? 0 : 1)
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n${usage}\n`)
  process.exitCode = 1
}
