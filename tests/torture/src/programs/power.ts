/**
 * Operations on several partitions while processes are killed and the power is cut, sometimes on a disk that refuses calls as well.
 * After every start, all that was promised must be there, and nothing that was not.
 */
import { type Random, randomBelow, seededRandom } from '@millrace/base'
import type { CompressionType, LogConfig, LogManager } from '@millrace/storage'
import { verify } from '@millrace/storage/inspect'
import { seededFaults } from '@millrace/storage/testing'
import type { Manner } from '../check-partition.ts'
import { demand, demandEqual, TortureFailure } from '../failure.ts'
import { Computer, smallConfig } from '../world/computer.ts'
import { isTypedFailure, Partition, type PartitionShape, someOffset } from '../world/partition.ts'
import { type CaseOptions, type CaseOutcome, type Program, seedFor } from './program.ts'

const directories = ['/d0', '/d1']

export const power: Program = {
  name: 'power',
  what: 'seed',
  sampleCount: 150,
  countAll: async () => undefined,
  run: async (seed, options) => new PowerRun(seed, options).run(),
}

type Ending = 'clean stop' | 'cut off while it stops' | 'kill' | 'power cut'

class PowerRun {
  readonly #random: Random
  readonly #computer: Computer
  readonly #partitions: readonly Partition[]
  readonly #isDiskBad: boolean
  /** What was written then is in memory and never reaches the disk, though later syncs succeed: the machine has to be restarted. */
  #hasSyncFailed = false
  readonly #isPlanted: boolean
  /** Operations that nobody waits for. */
  #floating: Promise<unknown>[] = []
  #manager: LogManager | undefined
  /** What broke in one of them. */
  #broken: unknown
  readonly #seen: Record<string, number> = {}
  readonly #print: ((line: string) => void) | undefined

  constructor(seed: number, { plant, print }: CaseOptions) {
    const random = seededRandom(seedFor(seed, 1))
    this.#random = random
    this.#print = print
    this.#isPlanted = plant !== undefined
    this.#isDiskBad = plant === undefined && randomBelow(random, 4) === 0
    const durability = plant !== undefined || randomBelow(random, 3) > 0 ? 'fsync' : 'os'
    const shapes = shapesOf(random)
    const configs = new Map(shapes.map(({ topic, config }) => [topic, config]))
    this.#computer = new Computer({
      seed,
      directories,
      durability,
      configFor: (topic) => configs.get(topic) as LogConfig,
      plant,
      print,
    })
    this.#partitions = shapes.map(
      (shape, place) => new Partition(this.#computer, shape, seededRandom(seedFor(seed, 10 + place))),
    )
    this.#say(`durability ${durability}, ${this.#isDiskBad ? 'a bad disk' : 'a good disk'}`)
  }

  async run(): Promise<CaseOutcome> {
    await this.#computer.format()
    let manner: Manner = 'clean'
    for (let start = 0; start < 5; start++) {
      const manager = await this.#start(manner)
      if (manager === undefined) {
        manner = 'power cut'
        continue
      }
      this.#manager = manager
      await this.#work()
      manner = await this.#end(manager)
    }
    await this.#settle(manner)
    return { hash: this.#computer.trace.hash, seen: this.#seen }
  }

  /** Undefined when the power failed before it was done. */
  async #start(manner: Manner): Promise<LogManager | undefined> {
    this.#say(`start after: ${manner}`)
    if (this.#below(6) === 0) {
      void this.#computer.open().catch(() => {})
      await this.#turns(this.#below(120))
      this.#count('cut off while it starts')
      if (manner === 'power cut' || this.#below(2) === 0) {
        this.#computer.cutPower(this.#random)
        return undefined
      }
      this.#computer.kill()
    }
    if (this.#below(3) === 0) await this.#compareWithTwice()
    const manager = await this.#computer.open()
    await this.#takeOver(manager, manner)
    return manager
  }

  async #takeOver(manager: LogManager, manner: Manner): Promise<void> {
    this.#demandAllOpen(manager)
    for (const partition of this.#partitions) {
      await partition.attach(manager)
      await partition.adopt(manner)
      partition.lead()
      const { logStartOffset, endOffset, leaderEpochs } = partition.log
      const epochs = leaderEpochs.map(({ epoch, startOffset }) => `${epoch} from ${startOffset}`).join(', ')
      this.#say(`${partition.topic}: ${logStartOffset} to ${endOffset}; epochs ${epochs}`)
    }
  }

  #demandAllOpen(manager: LogManager): void {
    const [failed] = manager.failedLogs
    demand(failed === undefined, () => `${failed?.topic} does not open: ${failed?.error.message}`)
    const offline = manager.directories.find(({ isOnline }) => !isOnline)
    demand(offline === undefined, () => `${offline?.path} is offline: ${offline?.error?.message}`)
  }

  /** Recovery done twice is recovery done once: on a copy of the disk. */
  async #compareWithTwice(): Promise<void> {
    const copy = new Computer({ ...this.#computer.options, plant: undefined, print: undefined }, this.#computer.image())
    const first = await this.#pictureOf(await copy.open())
    copy.kill()
    const second = await this.#pictureOf(await copy.open())
    demandEqual(second, first, () => 'a second start finds something else')
    this.#count('started twice')
  }

  async #pictureOf(manager: LogManager): Promise<unknown> {
    this.#demandAllOpen(manager)
    return this.#partitions.map((partition) => {
      const log = manager.get(partition)
      if (log === undefined) return undefined
      const { logStartOffset, endOffset, segmentInfos, highWatermark } = log
      // A log that restarts empty knows nothing, and its files may say more.
      if (logStartOffset === endOffset) return endOffset
      const { leaderEpochs } = log
      const producers = log
        .activeProducers()
        .sort((a, b) => a.producerId - b.producerId)
        // Of its other batches a snapshot says nothing, and of a transaction what is left of it.
        .map(({ producerId, epoch, batches }) => ({ producerId, epoch, last: batches.at(-1)?.lastOffset ?? -1 }))
        // Who wrote nothing that is left may be forgotten.
        .filter(({ last }) => last >= logStartOffset)
      return { logStartOffset, endOffset, leaderEpochs, segmentInfos, highWatermark, producers }
    })
  }

  async #work(): Promise<void> {
    if (this.#isDiskBad) {
      const names =
        this.#below(2) === 0
          ? (['write'] as const)
          : (['write', 'open', 'rename', 'sync', 'truncate', 'remove'] as const)
      const rule = seededFaults(this.#random, 60, names)
      this.#computer.faults = (operation) => {
        const fault = rule(operation)
        if (fault !== undefined && operation.name === 'sync') this.#hasSyncFailed = true
        return fault
      }
    }
    const stepCount = 10 + this.#below(40)
    for (let step = 0; step < stepCount; step++) {
      await this.#step()
      await this.#turns(this.#below(5))
      if (this.#broken !== undefined) throw this.#broken
    }
  }

  async #step(): Promise<void> {
    const partition = this.#partitions[this.#below(this.#partitions.length)] as Partition
    if (!partition.isOpen) return
    const what = this.#below(40)
    if (what < 24) {
      if (partition.send() !== undefined) this.#count('append')
      if (this.#below(6) === 0 && partition.isOpen) partition.sendAgain()
    } else await this.#upkeep(what - 24, partition)
  }

  async #upkeep(what: number, partition: Partition): Promise<void> {
    const { log, history } = partition
    const manager = this.#manager as LogManager
    switch (what) {
      case 0:
        return this.#do('roll', async () => log.roll())
      case 1:
        return this.#do('flush', () => log.flush())
      case 2:
      case 3:
        return this.#do('checkpoint', () => manager.checkpoint())
      case 4: {
        if (log.highWatermark <= log.logStartOffset) return
        const offset = log.logStartOffset + this.#below(log.highWatermark - log.logStartOffset + 1)
        return this.#do(`delete ${partition.topic} before ${offset}`, () => partition.deleteRecordsBefore(offset))
      }
      case 5:
        if (this.#below(2) === 0) return this.#truncate(partition)
        return
      case 6:
      case 7:
        return this.#do('retention', () => manager.applyRetention())
      case 8:
      case 9:
      case 10:
        for (const each of this.#partitions) {
          if (each.config.cleanupPolicy.includes('compact')) each.history.cleanings.push(this.#computer.time.now())
        }
        this.#noteTime()
        return this.#do('clean', () => manager.clean())
      case 11:
        return partition.configure(configChange(this.#random, partition.config))
      case 12:
      case 13:
        this.#computer.time.advance([100, 5_000, 3_600_000, 90_000_000][this.#below(4)] as number)
        return this.#noteTime()
      case 14:
        // Back as well: so that records come from the future.
        this.#computer.time.jump((this.#below(2) === 0 ? -1 : 1) * this.#below(7_200_000))
        return this.#noteTime()
      default:
        if (this.#isDiskBad || history.truncatesTo !== undefined) return
        return this.#do('verify', () => partition.verify(), true)
    }
  }

  #noteTime(): void {
    for (const partition of this.#partitions) partition.noteTime()
  }

  async #truncate(partition: Partition): Promise<void> {
    const { log, history } = partition
    // One at a time: what is left in between is not a question of the log alone.
    if (history.truncatesTo !== undefined) return
    if (this.#below(5) === 0) {
      const offset = this.#below(log.endOffset + 20)
      return this.#do(`restart ${partition.topic} at ${offset}`, () => partition.restartAt(offset))
    }
    // Below the high watermark only where nothing was compacted: what replaced other records must not be taken back.
    const floor = history.cleanings.length > 0 ? log.highWatermark : 0
    const offset = Math.max(floor, someOffset(this.#random, log))
    return this.#do(`truncate ${partition.topic} to ${offset}`, () => partition.truncateTo(offset))
  }

  /** Does it, and waits for it or not. */
  async #do(what: string, action: () => Promise<unknown>, isAwaited = this.#below(3) === 0): Promise<void> {
    this.#count(what.replace(/ .*/, ''))
    this.#say(`${what}${isAwaited ? '' : ' (not waited for)'}`)
    const done = action().catch((error: unknown) => {
      const isUsual = isTypedFailure(error)
      if (isUsual && (this.#isDiskBad || !['offline', 'write-failed'].includes((error as { code: string }).code)))
        return
      this.#broken ??= new TortureFailure(`${what}: ${error instanceof Error ? error.message : error}`)
    })
    if (isAwaited) await done
    else this.#floating.push(done)
  }

  async #end(manager: LogManager): Promise<Manner> {
    const ending = this.#pickEnding()
    this.#say(ending)
    this.#count(ending)
    if (ending === 'clean stop') await this.#stop(manager)
    if (ending === 'cut off while it stops') {
      void manager.close({ clean: true, brokerEpoch: 1 }).catch(() => {})
      await this.#turns(this.#below(150))
    }
    return this.#leave(ending)
  }

  #pickEnding(): Ending {
    const endings: Ending[] = ['clean stop', 'cut off while it stops', 'kill', 'power cut', 'power cut', 'power cut']
    return endings[this.#below(endings.length)] as Ending
  }

  async #stop(manager: LogManager): Promise<void> {
    await Promise.all(this.#floating)
    this.#computer.faults = undefined
    await manager.close({ clean: true, brokerEpoch: 1 })
  }

  #leave(ending: Ending): Manner {
    const isCut =
      this.#hasSyncFailed || ending === 'power cut' || (ending === 'cut off while it stops' && this.#below(2) === 0)
    for (const partition of this.#partitions) partition.detach()
    this.#computer.faults = undefined
    this.#hasSyncFailed = false
    this.#floating = []
    if (isCut) this.#computer.cutPower(this.#random)
    else this.#computer.kill()
    return isCut ? 'power cut' : 'killed'
  }

  /** Everything works, is there after a clean stop, and is sound to those who look at the files. */
  async #settle(manner: Manner): Promise<void> {
    const manager = await this.#computer.open()
    await this.#takeOver(manager, manner)
    for (const partition of this.#partitions) await partition.mustWork()
    await manager.close({ clean: true, brokerEpoch: 2 })
    this.#leave('clean stop')
    if (!this.#isPlanted) {
      const { findings } = await verify(this.#computer.disk, directories)
      const [first] = findings.filter(({ severity }) => severity === 'error')
      demand(first === undefined, () => `verify finds after a clean stop: ${first?.path}: ${first?.what}`)
    }
    const again = await this.#computer.open()
    for (const partition of this.#partitions) {
      const { start, end } = { start: partition.history.startMax, end: partition.history.end }
      await partition.attach(again)
      demandEqual(
        [partition.log.logStartOffset, partition.log.endOffset],
        [start, end],
        () => `${partition.topic} after a clean stop`,
      )
      await partition.adopt('clean')
      partition.detach()
    }
    this.#computer.kill()
  }

  #turns(count: number): Promise<void> {
    return this.#computer.turns(count)
  }

  #below(bound: number): number {
    return randomBelow(this.#random, bound)
  }

  #count(what: string): void {
    this.#seen[what] = (this.#seen[what] ?? 0) + 1
  }

  #say(what: string): void {
    this.#print?.(what)
  }
}

function shapesOf(random: Random): PartitionShape[] {
  const segmentBytes = 700 + randomBelow(random, 2500)
  const common = {
    segmentBytes,
    deleteRetentionMs: [0, 3_600_000][randomBelow(random, 2)] as number,
    minCleanableDirtyRatio: 0,
  }
  return [
    { topic: 'plain', directory: '/d0', config: smallConfig({ ...common, retentionMs: 7_200_000 }) },
    { topic: 'compacted', directory: '/d1', config: smallConfig({ ...common, cleanupPolicy: ['compact'] }) },
    {
      topic: 'both',
      directory: '/d1',
      config: smallConfig({ ...common, cleanupPolicy: ['compact', 'delete'], retentionMs: 7_200_000 }),
    },
  ]
}

/** Never the policy: what compaction may have touched decides how a log is recovered. */
function configChange(random: Random, { cleanupPolicy }: LogConfig): Partial<LogConfig> {
  const pick = <T>(items: readonly T[]) => items[randomBelow(random, items.length)] as T
  switch (randomBelow(random, 6)) {
    case 0:
      return { compressionType: pick<CompressionType>(['producer', 'gzip', 'lz4', 'snappy', 'zstd', 'uncompressed']) }
    case 1:
      return { segmentBytes: 500 + randomBelow(random, 3000) }
    case 2:
      return { indexIntervalBytes: randomBelow(random, 600) }
    case 3:
      return { messageTimestampType: pick(['CreateTime', 'LogAppendTime'] as const) }
    case 4:
      return { flushMessages: pick([1, 5, Number.MAX_SAFE_INTEGER]) }
    default:
      return cleanupPolicy.includes('delete')
        ? { retentionBytes: pick([-1, 3000]), retentionMs: pick([-1, 60_000, 7_200_000]) }
        : {}
  }
}
