/** A computer with a disk that fails: processes with a log manager come and go, one at a time, on a clock that is told to move. */
import { type Clock, type LogFields, type Logger, ManualClock, type Random, seededRandom } from '@millrace/base'
import {
  type CleanerSettings,
  type Durability,
  defaultLogConfig,
  type FileSystem,
  formatDirectory,
  type LogConfig,
  LogManager,
  type MemoryFileSystem,
} from '@millrace/storage'
import { type FaultRule, FaultyFileSystem } from '@millrace/storage/testing'
import type { Plant } from '../plants/plant.ts'
import { Trace } from './trace.ts'

export const startMs = 1_750_000_000_000
const never = 2 ** 40
const directoryIds = ['Q9XLD5-cjoZCrDIHj6PgeQ', 'SJa3GXldTX2z310xe9ZQgg', 'vPeOCWypqUOSepEvx0cbog']

const cleanerSettings: CleanerSettings = {
  isEnabled: true,
  concurrencyMax: 1,
  backoffMs: never,
  dedupeBytes: 1 << 20,
  ioBytesPerSecondMax: Number.POSITIVE_INFINITY,
  ioBufferBytes: 1 << 14,
}

export interface ComputerOptions {
  readonly seed: number
  readonly directories: readonly string[]
  readonly durability: Durability
  readonly configFor: (topic: string) => LogConfig
  readonly plant?: Plant | undefined
  /** Told what the log manager logs. */
  readonly print?: ((line: string) => void) | undefined
}

/** What a logger was told. */
export interface LogLine {
  readonly level: string
  readonly message: string
  readonly fields: LogFields | undefined
}

export class Computer {
  readonly options: ComputerOptions
  readonly time = new ManualClock(startMs)
  readonly trace = new Trace()
  readonly logged: LogLine[] = []
  /** Asked about every call of the disk, after it is in the trace. */
  faults: FaultRule | undefined
  #disk: FaultyFileSystem
  #view: MemoryFileSystem
  #life = { isAlive: true }
  #startCount = 0

  constructor(options: ComputerOptions, image?: FaultyFileSystem) {
    this.options = options
    this.#disk = image === undefined ? new FaultyFileSystem(this.#disksClock) : image.copy(this.#disksClock)
    this.#view = this.#disk
    this.#watch()
  }

  /** Makes the log directories, durably. */
  async format(): Promise<void> {
    for (const [place, path] of this.options.directories.entries()) {
      const directoryId = directoryIds[place] as string
      await formatDirectory(this.#disk, path, { version: 1, clusterId: 'torture', nodeId: 1, directoryId })
    }
    await this.#disk.syncDirectory('/')
  }

  /** What the next process finds. */
  get disk(): MemoryFileSystem {
    return this.#view
  }

  /** The disk as it is now, all of it durable: for {@link Computer}s of its own. */
  image(): FaultyFileSystem {
    return this.#disk.copy(this.#disksClock)
  }

  /** Starts a process. The one before must have ended. */
  async open(durability = this.options.durability): Promise<LogManager> {
    const { directories, seed, plant, configFor } = this.options
    const life = { isAlive: true }
    this.#life = life
    this.#startCount++
    this.trace.note(`start ${this.#startCount}`)
    const fileSystem: FileSystem = plant?.fileSystem?.(this.#view) ?? this.#view
    return LogManager.open({
      fileSystem,
      directories,
      nodeId: 1,
      clock: this.#processClock(life),
      random: seededRandom(seed * 1000 + this.#startCount),
      logger: this.#logger(life),
      durability,
      configFor,
      cleanerSettings: () => cleanerSettings,
      recoveryPointCheckpointMs: never,
      highWatermarkCheckpointMs: never,
      producerExpirationCheckMs: never,
      initialTaskDelayMs: never,
      concurrencyMax: 2,
    })
  }

  /** Ends the process, if there is one. What was written stays; no lock, no open file. */
  kill(): void {
    this.trace.note('kill')
    this.#life.isAlive = false
    this.#view = this.#view.restart()
  }

  /** Ends the process, and takes an arbitrary part of what was not synced. */
  cutPower(random: Random): void {
    this.trace.note('power cut')
    this.#life.isAlive = false
    this.#view.kill()
    this.#disk = this.#disk.powerCut(random)
    this.#view = this.#disk
    this.#watch()
  }

  /** Lets so many macrotasks pass. */
  turns(count: number): Promise<void> {
    return new Promise((resolve) => {
      const step = (left: number) => (left === 0 ? resolve() : void setImmediate(step, left - 1))
      step(count)
    })
  }

  get #disksClock(): Pick<Clock, 'now' | 'defer'> {
    return { now: () => this.time.now(), defer: (callback) => void setImmediate(callback) }
  }

  #processClock(life: { readonly isAlive: boolean }): Clock {
    const unlessDead = (callback: () => void) => () => {
      if (life.isAlive) callback()
    }
    return {
      now: () => this.time.now(),
      monotonic: () => this.time.monotonic(),
      schedule: (delayMs, callback) => this.time.schedule(delayMs, unlessDead(callback)),
      defer: (callback) => void setImmediate(unlessDead(callback)),
    }
  }

  #watch(): void {
    this.#disk.injectFaults((operation) => {
      const fault = this.faults?.(operation)
      this.trace.note(`${operation.name} ${operation.path} ${operation.size} ${fault ? JSON.stringify(fault) : ''}`)
      return fault
    })
  }

  #logger(life: { readonly isAlive: boolean }): Logger {
    const at = (level: string) => (message: string, fields?: LogFields) => {
      if (!life.isAlive) return
      this.logged.push({ level, message, fields })
      this.options.print?.(`    ${level}: ${message} ${describeFields(fields)}`)
    }
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  }
}

function describeFields(fields: LogFields = {}): string {
  const texts = Object.entries(fields).map(([name, value]) => {
    return `${name} ${value instanceof Error ? value.message : JSON.stringify(value)}`
  })
  return texts.join(', ')
}

/** A topic's settings for small logs. */
export function smallConfig(changes: Partial<LogConfig> = {}): LogConfig {
  return { ...defaultLogConfig, segmentBytes: 2000, indexIntervalBytes: 200, fileDeleteDelayMs: 1000, ...changes }
}
