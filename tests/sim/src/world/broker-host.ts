/** The computer on which the broker runs: its disk and its cable stay, its processes come and go. */
import type { Logger, Random } from '@millrace/base'
import { randomBelow, randomFraction } from '@millrace/base'
import { Broker, parseBrokerConfig, singleNodeProperties } from '@millrace/broker'
import type { Address, FaultyTransport, MemoryNetwork } from '@millrace/network'
import type { MemoryFileSystem } from '@millrace/storage'
import { type Fault, FaultyFileSystem, type Operation } from '@millrace/storage/testing'
import { describeError } from '../kernel/failure.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { SimMachine, SimProcess } from '../kernel/process.ts'
import type { PlantInstance } from '../plants/plant.ts'
import { type Farewell, ProcessTransport } from './process-transport.ts'

export interface BrokerHostOptions {
  readonly kernel: Kernel
  readonly network: MemoryNetwork
  readonly cable: FaultyTransport
  /** Kafka's keys, besides address and directory. */
  readonly properties: Readonly<Record<string, string>>
  readonly plant: PlantInstance
}

export const brokerAddress: Address = { host: 'broker', port: 9092 }

/** How long operations of the disk take, in milliseconds. */
export interface DiskSpeed {
  readonly usualMsMax: number
  /** One in twenty operations takes up to this long. */
  readonly slowMsMax: number
}

export const usualDisk: DiskSpeed = { usualMsMax: 0.3, slowMsMax: 4 }
export const slowDisk: DiskSpeed = { usualMsMax: 20, slowMsMax: 300 }

interface Incarnation {
  readonly process: SimProcess
  readonly transport: ProcessTransport
  broker: Broker | undefined
}

/** What became of a start or a stop: a crash may come first. */
export type Outcome = 'done' | 'crashed'

export class BrokerHost {
  readonly machine: SimMachine
  diskSpeed = usualDisk
  /** Whether writes of records are refused now and then, or taken in part, as by a disk that is full. */
  isDiskFull = false
  readonly #options: BrokerHostOptions
  readonly #random: Random
  readonly #log: string[] = []
  /** What is durable is known to this; it is replaced at a power cut. */
  #disk: FaultyFileSystem
  /** The disk as the present process, or the next one, sees it. */
  #view: MemoryFileSystem
  #current: Incarnation | undefined
  #startCount = 0

  constructor(options: BrokerHostOptions) {
    const { kernel } = options
    this.#options = options
    this.machine = kernel.machine('broker')
    this.#random = kernel.random('disk')
    this.#disk = new FaultyFileSystem({
      now: () => Math.floor(kernel.wallStartMs + kernel.nowMs + this.machine.wallOffsetMs),
      defer: (callback) => this.#current?.process.after(this.#diskMs(), 'disk', callback),
    })
    this.#view = this.#disk
    this.#traceDisk()
  }

  /** A process runs here; it may still be starting. */
  get isRunning(): boolean {
    return this.#current !== undefined
  }

  get process(): SimProcess | undefined {
    return this.#current?.process
  }

  /** What the broker logged last, oldest first. */
  get log(): readonly string[] {
    return this.#log
  }

  /** Starts a process; ends when it serves clients, or was killed before. A start that fails is a failure of the run. */
  async start(): Promise<Outcome> {
    const { kernel, cable, plant } = this.#options
    const process = kernel.process(this.machine, `broker.${++this.#startCount}`)
    const transport = new ProcessTransport(cable, process, (what) => kernel.note(what))
    const incarnation: Incarnation = { process, transport, broker: undefined }
    this.#current = incarnation
    kernel.note(`${process.name} starts`)
    const context = { clock: process, random: kernel.random(`plant ${process.name}`) }
    const ports = {
      fileSystem: plant.fileSystem?.(this.#view, context) ?? this.#view,
      transport: plant.transport?.(transport, context) ?? transport,
      clock: process,
      random: process.random,
    }
    const logger = this.#logger(process)
    const config = parseBrokerConfig(singleNodeProperties(this.#properties()))
    const onFatal = (error: unknown) => this.#failed(process, 'cannot go on', error)
    const starting = Broker.start({ config, ports, logger, onFatal }).then(
      (broker) => {
        incarnation.broker = broker
      },
      (error: unknown) => this.#failed(process, 'does not start', error),
    )
    return this.#unlessKilled(incarnation, starting)
  }

  /** Stops the broker in order. */
  async stop(): Promise<Outcome> {
    const incarnation = this.#current
    if (incarnation?.broker === undefined) return 'crashed'
    const { process, transport, broker } = incarnation
    const outcome = await this.#unlessKilled(incarnation, broker.stop())
    if (outcome === 'crashed') return outcome
    this.#options.kernel.note(`${process.name} stopped`)
    process.kill()
    transport.abandon('reset')
    this.#view = this.#view.restart()
    this.#current = undefined
    return outcome
  }

  /** Ends the process at once; a power cut also takes what the disk was not asked to keep. */
  crash(kind: 'power' | 'process', farewell: Farewell): void {
    const incarnation = this.#current
    this.#options.kernel.note(`${incarnation?.process.name ?? 'nothing'} ends by ${kind} (${farewell})`)
    incarnation?.process.kill()
    incarnation?.transport.abandon(farewell)
    this.#current = undefined
    if (kind === 'process') {
      this.#view = this.#view.restart()
      return
    }
    this.#view.kill()
    this.#disk = this.#disk.powerCut(this.#random)
    this.#view = this.#disk
    this.#traceDisk()
  }

  /** Every operation is in the trace when it takes effect. */
  #traceDisk(): void {
    this.#disk.injectFaults((operation) => {
      const { name, path, size } = operation
      const fault = this.#isRefused(operation) ? this.#refusal(size) : undefined
      this.#options.kernel.note(`disk ${name} ${path} ${size}${fault === undefined ? '' : ` ${JSON.stringify(fault)}`}`)
      return fault
    })
  }

  /** The metadata log is spared: a broker that cannot write it has to end. */
  #isRefused({ name, path }: Operation): boolean {
    if (!this.isDiskFull || name !== 'write' || !path.endsWith('.log') || path.includes('__cluster_metadata'))
      return false
    return randomBelow(this.#random, 2) === 0
  }

  #refusal(size: number): Fault {
    if (size === 0 || randomBelow(this.#random, 2) === 0) return { error: 'no-space' }
    return { shortBytes: randomBelow(this.#random, size) }
  }

  #properties(): [string, string][] {
    const { host, port } = brokerAddress
    return [
      ['listeners', `PLAINTEXT://${host}:${port},CONTROLLER://${host}:0`],
      ['log.dirs', '/data'],
      ...Object.entries(this.#options.properties),
    ]
  }

  /** Promises of a dead process never end: whoever waits for them waits for its death as well. */
  async #unlessKilled(incarnation: Incarnation, work: Promise<unknown>): Promise<Outcome> {
    const { kernel } = this.#options
    let isDone = false
    work.then(
      () => {
        isDone = true
      },
      (cause: unknown) => kernel.fail('violation', `The broker does not stop: ${describeError(cause)}`, { cause }),
    )
    while (!isDone && this.#current === incarnation) {
      await new Promise<void>((resolve) => kernel.scheduleAt(kernel.nowMs + 1, 'watch', resolve))
    }
    return isDone ? 'done' : 'crashed'
  }

  #failed(process: SimProcess, what: string, cause: unknown): void {
    if (!process.isAlive) return
    this.#options.kernel.fail('violation', `The broker ${what}: ${describeError(cause)}`, { cause })
  }

  #diskMs(): number {
    const { usualMsMax, slowMsMax } = this.diskSpeed
    const most = randomBelow(this.#random, 20) === 0 ? slowMsMax : usualMsMax
    return randomFraction(this.#random) * most
  }

  #logger(process: SimProcess): Logger {
    const write =
      (level: string) =>
      (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
        const { kernel } = this.#options
        kernel.note(`${process.name} ${level} ${message}`)
        const details = Object.entries(fields).map(([name, value]) => ` ${name}=${describeField(value)}`)
        this.#log.push(`${kernel.nowMs.toFixed(0)} ${process.name} ${level} ${message}${details.join('')}`)
        if (this.#log.length > 200) this.#log.shift()
      }
    return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  }
}

function describeField(value: unknown): string {
  // The stack as far as one line: most failures here are expected ones.
  if (value instanceof Error) return describeError(value).split('\n').slice(0, 2).join(' ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
