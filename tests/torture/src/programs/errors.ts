/**
 * A life of three partitions, in which every call of the disk fails once: no space, an error, or a write that is taken in part. What is
 * refused is refused with a typed error, nothing acknowledged is lost, and after a disk that was full writing goes on.
 */
import { seededRandom } from '@millrace/base'
import type { LogConfig, LogManager } from '@millrace/storage'
import type { Fault, Operation } from '@millrace/storage/testing'
import { demand, TortureFailure } from '../failure.ts'
import { Computer, smallConfig } from '../world/computer.ts'
import { isTypedFailure, Partition, type PartitionShape } from '../world/partition.ts'
import type { CaseOptions, CaseOutcome, Program } from './program.ts'

const directories = ['/d0', '/d1']
const common = { segmentBytes: 900, indexIntervalBytes: 150, minCleanableDirtyRatio: 0 }
const shapes: readonly PartitionShape[] = [
  { topic: 'plain', directory: '/d0', config: smallConfig({ ...common, retentionMs: 3_600_000 }) },
  { topic: 'compacted', directory: '/d1', config: smallConfig({ ...common, cleanupPolicy: ['compact'] }) },
  { topic: 'other', directory: '/d1', config: smallConfig(common) },
]

interface Failing {
  /** Which call, from 0. */
  readonly site: number
  readonly operation: Operation
  readonly fault: Fault
}

let known: Promise<Failing[]> | undefined

/** By living that life once undisturbed. */
function allFailings(): Promise<Failing[]> {
  known ??= (async () => {
    const operations: Operation[] = []
    const life = new Life((operation) => {
      operations.push(operation)
      return undefined
    }, {})
    await life.run('kill')
    return operations.flatMap((operation, site): Failing[] => {
      const faults: Fault[] = [{ error: 'no-space' }, { error: 'io' }]
      if (operation.name === 'write' && operation.size > 0) faults.push({ shortBytes: Math.floor(operation.size / 2) })
      return faults.map((fault) => ({ site, operation, fault }))
    })
  })()
  return known
}

export const errors: Program = {
  name: 'errors',
  what: 'case',
  sampleCount: 500,
  countAll: async () => (await allFailings()).length,
  run: async (number, options) => {
    const failing = (await allFailings())[number]
    demand(failing !== undefined, () => `there is no case ${number}`)
    return runFailing(failing, options)
  },
}

async function runFailing({ site, operation, fault }: Failing, options: CaseOptions): Promise<CaseOutcome> {
  const what = 'error' in fault ? fault.error : 'short write'
  const where = `call ${site}, ${operation.name} ${operation.path}: ${what}`
  options.print?.(where)
  let count = 0
  const life = new Life(() => (count++ === site ? fault : undefined), options)
  const isSync = operation.name.startsWith('sync')
  try {
    const isFull = what !== 'io' && !isSync
    const outcome = await life.run(isSync || site % 2 === 0 ? 'power cut' : 'kill', isFull)
    return { hash: life.computer.trace.hash, seen: { [`${what}: ${outcome}`]: 1 } }
  } catch (error) {
    if (error instanceof TortureFailure) throw new TortureFailure(`${where}: ${error.message}`)
    throw error
  }
}

/** What became of it all in the process that saw the failure. */
type Ending = 'everything works' | 'a log does not open' | 'a directory is offline' | 'it does not start'

class Life {
  readonly computer: Computer
  readonly #partitions: readonly Partition[]
  readonly #rule: (operation: Operation) => Fault | undefined
  #manager: LogManager | undefined
  /** A log that cannot be opened waits for the next start. */
  #haveOpened = false

  constructor(rule: (operation: Operation) => Fault | undefined, { plant, print }: CaseOptions) {
    this.#rule = rule
    const configs = new Map(shapes.map(({ topic, config }) => [topic, config]))
    const configFor = (topic: string) => configs.get(topic) as LogConfig
    this.computer = new Computer({ seed: 1, directories, durability: 'fsync', configFor, plant, print })
    this.#partitions = shapes.map((shape, place) => new Partition(this.computer, shape, seededRandom(700 + place)))
  }

  /** `mustGoOn`: the disk was full for a moment, and no log may be offline for that. */
  async run(ending: 'kill' | 'power cut', mustGoOn = false): Promise<Ending> {
    await this.computer.format()
    await this.#firstLife()
    this.computer.faults = this.#rule
    const hasStarted = await this.#secondLife()
    this.computer.faults = undefined
    const outcome = hasStarted ? await this.#outcome(mustGoOn) : 'it does not start'
    this.#die(ending)
    await this.#mustRecover(ending)
    return outcome
  }

  /** Something to begin with. */
  async #firstLife(): Promise<void> {
    const manager = await this.computer.open()
    for (const partition of this.#partitions) {
      await partition.attach(manager)
      partition.lead()
    }
    await this.#send(10)
    this.#die('kill')
  }

  #die(ending: 'kill' | 'power cut'): void {
    for (const partition of this.#partitions) partition.detach()
    this.#manager = undefined
    if (ending === 'kill') this.computer.kill()
    else this.computer.cutPower(seededRandom(3))
  }

  /** False when it does not start. */
  async #secondLife(): Promise<boolean> {
    const manager = await this.#try(() => this.computer.open())
    if (manager === undefined) return false
    this.#manager = manager
    for (const partition of this.#partitions) await this.#try(() => partition.attach(manager))
    this.#haveOpened = this.#open().length === this.#partitions.length
    for (const partition of this.#open()) {
      // A reader that met the failure asks again.
      const isAdopted = await this.#try(() => partition.adopt('killed').then(() => true))
      if (isAdopted === undefined) await partition.adopt('killed')
      partition.lead()
    }
    for (const step of this.#steps(manager)) {
      await this.#try(step)
      await this.#send(2)
    }
    return true
  }

  *#steps(manager: LogManager): Generator<() => Promise<unknown>> {
    const [plain, compacted, other] = this.#partitions as [Partition, Partition, Partition]
    const on = (partition: Partition, action: () => Promise<unknown>) => async () => {
      if (this.#open().includes(partition)) await action()
    }
    yield () => manager.checkpoint()
    yield on(plain, async () => plain.log.roll())
    yield on(plain, () => plain.deleteRecordsBefore(Math.min(3, plain.log.highWatermark)))
    yield async () => {
      compacted.history.cleanings.push(this.computer.time.now())
      await manager.clean()
    }
    yield on(other, () => other.truncateTo(Math.max(0, other.log.endOffset - 5)))
    yield on(other, () => other.log.flush())
    yield async () => {
      this.computer.time.advance(7_200_000)
      for (const partition of this.#partitions) partition.noteTime()
      await manager.applyRetention()
    }
    yield () => manager.checkpoint()
    yield on(other, () => other.restartAt(other.log.endOffset + 10))
    yield async () => {
      this.computer.time.advance(2000)
      await this.computer.turns(60)
    }
  }

  #open(): Partition[] {
    return this.#partitions.filter(({ isOpen }) => isOpen)
  }

  async #send(count: number): Promise<void> {
    for (let step = 0; step < count; step++) {
      for (const partition of this.#open()) partition.send()
      this.computer.time.advance(200)
      for (const partition of this.#open()) await this.#try(() => partition.log.flush())
    }
  }

  /** What fails, fails with an error that says what; else it is a failure of the case. */
  async #try<T>(action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action()
    } catch (error) {
      if (isTypedFailure(error)) return undefined
      throw error instanceof TortureFailure
        ? error
        : new TortureFailure(`${error instanceof Error ? error.stack : error}`)
    }
  }

  async #outcome(mustGoOn: boolean): Promise<Ending> {
    const closed = this.#partitions.filter((partition) => !partition.isOpen)
    const reason = this.#manager?.directories.find(({ isOnline }) => !isOnline)?.error?.message
    // One that fails in the middle leaves a log of which nobody knows where it ends.
    const isCut = this.#partitions.some(({ history }) => history.truncatesTo !== undefined)
    demand(
      !mustGoOn || isCut || !this.#haveOpened || closed.length === 0,
      () => `the disk was full for a moment, and ${closed[0]?.topic} is offline: ${reason}`,
    )
    for (const partition of this.#open()) await partition.mustWork()
    if (closed.length === 0) return 'everything works'
    return this.#haveOpened ? 'a directory is offline' : 'a log does not open'
  }

  async #mustRecover(ending: 'kill' | 'power cut'): Promise<void> {
    const manager = await this.computer.open()
    const [failed] = manager.failedLogs
    demand(failed === undefined, () => `${failed?.topic} does not open any more: ${failed?.error.message}`)
    for (const partition of this.#partitions) {
      await partition.attach(manager)
      await partition.adopt(ending === 'kill' ? 'killed' : 'power cut')
      partition.lead()
      await partition.mustWork()
    }
    await manager.close({ clean: true, brokerEpoch: 1 })
    for (const partition of this.#partitions) partition.detach()
    this.computer.kill()
  }
}
