/** Cleans the compacted logs of a broker: looks which is due, runs the job beside the event loop, puts its output in place (reference 3.5). */
import {
  type Clock,
  deferred,
  inlineWorkers,
  type Job,
  type Logger,
  type Random,
  type Timer,
  WorkerError,
  type Workers,
} from '@millrace/base'
import type { CleanInput, CleanOutput } from './cleaner/clean-input.ts'
import { type CleaningPlan, chooseNext } from './cleaner/plan.ts'
import type { CleanedUntil, CleaningLimits } from './cleaning.ts'
import { logDirectoryName, type TopicPartition } from './file-names.ts'
import type { Log } from './log.ts'

/** The broker's settings, read anew for each round. */
export interface CleanerSettings extends CleaningLimits {
  /** `log.cleaner.enable`. */
  readonly isEnabled: boolean
  /** `log.cleaner.threads`: logs that are cleaned at a time. */
  readonly concurrencyMax: number
  /** `log.cleaner.backoff.ms`: the wait when no log is due. */
  readonly backoffMs: number
}

export interface LogCleanerOptions {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly workers: Workers
  readonly job: Job<CleanInput, CleanOutput>
  readonly settings: () => CleanerSettings
  readonly logs: () => Iterable<Log>
  /** Where the last cleaning of a log ended, from its checkpoint. */
  readonly cleanedOffset: (log: TopicPartition) => number | undefined
  /** Makes a checkpoint of it. */
  readonly onCleaned: (log: Log, cleanedOffset: number) => Promise<void>
}

interface Candidate {
  readonly log: Log
  readonly plan: CleaningPlan
}

/** A change of `log.cleaner.backoff.ms` is noticed this soon. */
const settingsAgeMs = 1000

/** What may be otherwise when it is tried again: there is room again, or more memory was given to the cleaner. */
const passing: ReadonlySet<string> = new Set(['no-space', 'map-too-small'])

/** A cleaning under way: setting the flag ends it, in whatever thread it is. */
interface Run {
  readonly cancel: Int32Array
  readonly ended: Promise<void>
}

export class LogCleaner {
  readonly #options: LogCleanerOptions
  /** Being cleaned now. */
  readonly #busy = new Map<Log, Run>()
  /** Not to be cleaned before a restart, or before someone does what the warning says. */
  readonly #uncleanable = new WeakSet<Log>()
  readonly #horizons = new WeakMap<Log, number>()
  #timer: Timer | undefined
  #running: Promise<void> = Promise.resolve()
  #isStopped = false

  constructor(options: LogCleanerOptions) {
    this.#options = options
  }

  /** Begins to look, after a first wait. */
  start(): void {
    this.#wait()
  }

  /** Starts no more cleanings, and ends those under way; resolves when none touches a file any more. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    for (const log of [...this.#busy.keys()]) void this.abort(log)
    await this.#running
  }

  /** Ends the cleaning of a log, if there is one; resolves when it touches no file any more. What it has written is thrown away. */
  async abort(log: Log): Promise<void> {
    const run = this.#busy.get(log)
    if (run === undefined) return
    Atomics.store(run.cancel, 0, 1)
    await run.ended
  }

  /** Whether the log is being cleaned. */
  isCleaning(log: Log): boolean {
    return this.#busy.has(log)
  }

  /** Cleans every log that is due, the most urgent first. */
  async cleanAll(): Promise<void> {
    const { settings } = this.#options
    const { isEnabled, concurrencyMax } = settings()
    if (!isEnabled) return
    const work = async () => {
      // A log that could not be cleaned in this round has to wait for the next one.
      const tried = new Set<Log>()
      for (let next = await this.#next(tried); next !== undefined; next = await this.#next(tried)) {
        tried.add(next.log)
        await this.#clean(next)
      }
    }
    await Promise.all(Array.from({ length: Math.max(1, concurrencyMax) }, work))
  }

  /** @param sinceMs when the last round ended */
  #wait(sinceMs = this.#options.clock.monotonic()): void {
    if (this.#isStopped) return
    const { clock, settings } = this.#options
    const leftMs = Math.max(1, settings().backoffMs - (clock.monotonic() - sinceMs))
    const stepMs = Math.min(leftMs, settingsAgeMs)
    this.#timer = clock.schedule(stepMs, () => {
      if (stepMs < leftMs) this.#wait(sinceMs)
      else this.#running = this.cleanAll().finally(() => this.#wait())
    })
  }

  async #next(tried: ReadonlySet<Log>): Promise<Candidate | undefined> {
    const candidates: Candidate[] = []
    for (const log of this.#options.logs()) {
      if (this.#isStopped) return undefined
      if (tried.has(log) || this.#busy.has(log) || this.#uncleanable.has(log)) continue
      const plan = await this.#plan(log)
      if (plan !== undefined) candidates.push({ log, plan })
    }
    return this.#isStopped ? undefined : chooseNext(candidates.filter(({ log }) => !this.#busy.has(log)))
  }

  async #plan(log: Log): Promise<CleaningPlan | undefined> {
    try {
      const until: CleanedUntil = {
        cleanedOffset: this.#options.cleanedOffset(log),
        nextDeleteHorizonMs: this.#horizons.get(log),
      }
      return await log.upkeep.planCleaning(until)
    } catch (error) {
      this.#giveUp(log, { error })
      return undefined
    }
  }

  async #clean(candidate: Candidate): Promise<void> {
    const { log } = candidate
    const { promise: ended, resolve } = deferred<void>()
    const cancel = new Int32Array(new SharedArrayBuffer(4))
    this.#busy.set(log, { cancel, ended })
    try {
      await this.#cleanOne(candidate, cancel)
    } catch (error) {
      if (log.failure === undefined) this.#giveUp(log, { error })
    } finally {
      this.#busy.delete(log)
      resolve()
    }
  }

  async #cleanOne({ log, plan }: Candidate, cancel: Int32Array): Promise<void> {
    const { dedupeBytes, ioBytesPerSecondMax, ioBufferBytes } = this.#options.settings()
    const limits = { dedupeBytes, ioBytesPerSecondMax, ioBufferBytes, hashSeed: this.#options.random.uint32() }
    const input = await log.upkeep.cleanInput(plan, limits)
    if (input === undefined) return
    const output = await this.#run({ ...input, cancel })
    if (Atomics.load(cancel, 0) === 0) await this.#finish(log, output)
    else if (output.kind === 'cleaned') await log.upkeep.discardCleaned()
  }

  /** Where there is no thread, in place: it reads and writes in small steps. */
  #run(input: CleanInput): Promise<CleanOutput> {
    const { workers, job } = this.#options
    return workers.run(job, input).catch((error) => {
      if (error instanceof WorkerError && error.isUnavailable) return inlineWorkers.run(job, input)
      throw error
    })
  }

  async #finish(log: Log, output: CleanOutput): Promise<void> {
    if (log.failure !== undefined) return
    if (output.kind === 'failed') {
      const { message, code, path, position, operation } = output
      // After a failed sync nothing is known about what was written before, to any file of this disk.
      if (operation?.startsWith('sync')) log.takeOffline(new Error(message))
      else if (passing.has(code)) {
        this.#options.logger.warn('a log could not be cleaned; it is tried again', {
          log: logDirectoryName(log),
          reason: message,
        })
      } else this.#giveUp(log, { reason: message, code, path, position })
      return
    }
    if (output.groups.length > 0 && !(await log.upkeep.replaceSegments(output.groups))) return
    if (output.nextDeleteHorizonMs === undefined) this.#horizons.delete(log)
    else this.#horizons.set(log, output.nextDeleteHorizonMs)
    const { bytesRead, bytesWritten, recordsRead, recordsKept, keys } = output.statistics
    const facts = { segments: output.groups.length, bytesRead, bytesWritten, recordsRead, recordsKept, keys }
    this.#options.logger.info('a log was cleaned', {
      log: logDirectoryName(log),
      upTo: output.firstDirtyOffset,
      ...facts,
    })
    await this.#options.onCleaned(log, output.firstDirtyOffset)
  }

  #giveUp(log: Log, facts: Readonly<Record<string, unknown>>): void {
    this.#uncleanable.add(log)
    const message = 'a log cannot be cleaned, and keeps all its records until the broker is restarted'
    this.#options.logger.error(message, { log: logDirectoryName(log), ...facts })
  }
}
