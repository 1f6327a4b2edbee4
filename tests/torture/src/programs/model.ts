/**
 * The same sequence of appends, settings, clock steps and cleanings through the log and through a small plain model: offsets, segments,
 * epochs, what retention takes, what compaction keeps and what searches by time answer must be the same after every step.
 */
import { type Random, randomBelow, seededRandom } from '@millrace/base'
import { BatchHeader, ErrorCode } from '@millrace/protocol'
import type { CompressionType, Log, LogConfig, LogManager } from '@millrace/storage'
import { checkPartition, type Manner } from '../check-partition.ts'
import { demand, demandEqual } from '../failure.ts'
import { cleaned, pictureOf, roundOf } from '../model/model-cleaning.ts'
import { ModelLog } from '../model/model-log.ts'
import { Computer, smallConfig } from '../world/computer.ts'
import { Partition, type PartitionShape, someOffset } from '../world/partition.ts'
import { parseBatches, type SeenBatch } from '../world/seen-batch.ts'
import { type CaseOptions, type CaseOutcome, type Program, seedFor } from './program.ts'

export const model: Program = {
  name: 'model',
  what: 'seed',
  sampleCount: 150,
  countAll: async () => undefined,
  run: async (seed, options) => new ModelRun(seed, options).run(),
}

class ModelRun {
  readonly #random: Random
  readonly #computer: Computer
  readonly #partition: Partition
  readonly #model: ModelLog
  readonly #print: ((line: string) => void) | undefined
  readonly #seen: Record<string, number> = {}
  /** When the first of what the last cleaning left may go. */
  #nextHorizonMs = Number.POSITIVE_INFINITY
  #manager: LogManager | undefined

  constructor(seed: number, { plant, print }: CaseOptions) {
    const random = seededRandom(seedFor(seed, 2))
    this.#random = random
    this.#print = print
    const shape = shapeOf(random)
    const durability = randomBelow(random, 2) === 0 ? 'fsync' : 'os'
    const configFor = () => shape.config
    this.#computer = new Computer({ seed, directories: ['/d0'], durability, configFor, plant, print })
    this.#partition = new Partition(this.#computer, shape, seededRandom(seedFor(seed, 3)))
    this.#model = new ModelLog(this.#nowMs)
  }

  get #nowMs(): number {
    return this.#computer.time.now()
  }

  get #log(): Log {
    return this.#partition.log
  }

  get #config(): LogConfig {
    return this.#partition.config
  }

  async run(): Promise<CaseOutcome> {
    await this.#computer.format()
    await this.#open('clean')
    const stepCount = 20 + this.#below(60)
    for (let step = 0; step < stepCount; step++) {
      await this.#step()
      await this.#compare()
      if (this.#below(8) === 0) await this.#compareContent()
    }
    await this.#compareContent()
    await this.#manager?.close({ clean: true, brokerEpoch: 1 })
    this.#computer.kill()
    return { hash: this.#computer.trace.hash, seen: this.#seen }
  }

  async #open(manner: Manner): Promise<void> {
    this.#manager = await this.#computer.open()
    const [failed] = this.#manager.failedLogs
    demand(failed === undefined, () => `the log does not open: ${failed?.error.message}`)
    await this.#partition.attach(this.#manager)
    // As it is found: checks of what is read move the high watermark.
    const { logStartOffset, endOffset, highWatermark, segmentInfos } = this.#log
    // Nothing was ever written to it, so that a killed process may leave no file.
    if (segmentInfos.length < this.#model.segments.length && manner === 'killed') this.#model.dropEmptyEnd()
    this.#model.reopened(this.#nowMs)
    const { start, end, highWatermark: wanted } = this.#model
    demandEqual([logStartOffset, endOffset, highWatermark], [start, end, wanted], () => `after a start (${manner})`)
    demandEqual(segmentInfos, this.#segments(), () => 'the segments after a start')
    this.#model.epochs = this.#log.leaderEpochs
    await this.#partition.adopt(manner)
    this.#model.highWatermark = this.#log.highWatermark
    this.#partition.lead()
    this.#model.startEpoch(this.#partition.leaderEpoch)
  }

  async #step(): Promise<void> {
    const what = this.#below(30)
    if (what < 14) return this.#append()
    this.#say(`step ${what}`)
    switch (what) {
      case 14:
        return this.#appendWrong()
      case 15:
        this.#log.roll()
        this.#model.roll(this.#nowMs)
        return this.#log.flush()
      case 16: {
        const offset = this.#log.logStartOffset + this.#below(this.#log.highWatermark - this.#log.logStartOffset + 1)
        await this.#partition.deleteRecordsBefore(offset)
        return this.#model.deleteBefore(offset)
      }
      case 17:
        return this.#truncate()
      case 18:
      case 19:
        await this.#manager?.applyRetention()
        return this.#model.retain(this.#config, this.#nowMs)
      case 20:
      case 21:
      case 22:
        return this.#clean()
      case 23:
        return this.#partition.configure(configChange(this.#random))
      case 24:
      case 25:
        this.#computer.time.advance([50, 3_000, 1_800_000, 5_400_000][this.#below(4)] as number)
        this.#partition.noteTime()
        // What waited for its removal goes.
        return this.#computer.turns(30)
      case 26:
        await this.#manager?.checkpoint()
        return this.#model.savePoints()
      case 27:
        return this.#restart()
      case 28:
        this.#partition.lead()
        this.#model.startEpoch(this.#partition.leaderEpoch)
        return this.#log.flush()
      default:
        return this.#search()
    }
  }

  async #append(): Promise<void> {
    const { batches } = this.#partition.history
    const isTaken = this.#partition.send() !== undefined
    demand(isTaken, () => 'a batch is refused')
    // What it must be stored as was made without the log.
    this.#model.append(batches.at(-1) as (typeof batches)[number], this.#config, this.#nowMs)
    await this.#log.flush()
    this.#log.advanceHighWatermark(this.#log.endOffset)
    this.#model.highWatermark = this.#model.end
    this.#count('append')
    this.#computer.time.advance(this.#below(700))
    this.#partition.noteTime()
  }

  /** A sequence that does not follow, an epoch that is over, and the same batch again. */
  async #appendWrong(): Promise<void> {
    this.#partition.sendAgain()
    const producer = this.#log.activeProducers().find(({ batches }) => batches.length > 0)
    const last = this.#partition.history.batches.findLast(({ producerId, isControl }) => {
      return producerId === producer?.producerId && !isControl
    })
    if (producer === undefined || last === undefined || last.producerEpoch !== producer.epoch) return
    if (BatchHeader.timestampType(last.bytes, 0) === 'LogAppendTime') return
    const gap = Buffer.from(last.bytes)
    gap.writeInt32BE(last.baseSequence + 1000, 53)
    BatchHeader.setBaseOffset(gap, 0, 0)
    BatchHeader.setPartitionLeaderEpoch(gap, 0, -1)
    BatchHeader.seal(gap, 0)
    const result = this.#log.append(gap, { origin: 'client', leaderEpoch: this.#partition.leaderEpoch })
    const code = result.kind === 'refused' ? result.errorCode : result.kind
    demandEqual(code, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, () => 'a sequence with a gap')
    this.#count('refused')
  }

  async #truncate(): Promise<void> {
    const { history } = this.#partition
    if (this.#below(4) === 0) {
      const offset = this.#below(this.#model.end + 15)
      this.#say(`restart at ${offset}`)
      await this.#partition.restartAt(offset)
      this.#count('restart')
      return this.#model.restartAt(offset, this.#nowMs)
    }
    // What replaced other records must not be taken back.
    const floor = history.cleanings.length > 0 ? this.#log.highWatermark : 0
    const offset = Math.max(floor, someOffset(this.#random, this.#log))
    this.#say(`truncate to ${offset}`)
    await this.#partition.truncateTo(offset)
    this.#model.truncateTo(offset, this.#nowMs)
    this.#count('truncate')
  }

  async #clean(): Promise<void> {
    if (!this.#config.cleanupPolicy.includes('compact')) return
    await this.#log.flush()
    const nowMs = this.#nowMs
    const round = roundOf(this.#model, this.#log.lastStableOffset, this.#config, nowMs)
    const { batches: history } = this.#partition.history
    const wanted = cleaned(this.#model, history, round, this.#config, this.#log.activeProducers(), nowMs)
    this.#partition.history.cleanings.push(nowMs)
    const before = this.#computer.logged.length
    await this.#manager?.clean()
    const lines = this.#computer.logged.slice(before)
    const isCleaned = lines.some(({ message }) => message === 'a log was cleaned')
    const trouble = lines.find(({ level }) => level === 'error')
    demand(trouble === undefined, () => `cleaning: ${trouble?.message} ${JSON.stringify(trouble?.fields)}`)
    demand(
      isCleaned || !round.isDue,
      () => `not cleaned, and ${round.firstDirtyOffset} to ${round.firstUncleanableOffset} is due`,
    )
    if (!isCleaned) return
    demand(round.isDue || this.#nextHorizonMs <= nowMs, () => 'cleaned, and nothing was due')
    this.#count('clean')
    const found = this.#wholeLog()
    demandEqual(found.map(pictureOf), wanted.map(pictureOf), () => 'what compaction keeps')
    const end = round.firstUncleanableOffset
    const firsts = round.groups.map(([first]) => first as number)
    this.#model.segments = this.#model.segments.filter(
      ({ baseOffset }) => baseOffset >= end || firsts.includes(baseOffset),
    )
    this.#model.batches = found
    const horizons = found.map(({ deleteHorizonMs = Number.POSITIVE_INFINITY }) => deleteHorizonMs)
    this.#nextHorizonMs = Math.min(...horizons.filter((horizonMs) => horizonMs > nowMs))
    this.#model.cleanedOffset = Math.max(end, round.firstDirtyOffset)
  }

  async #restart(): Promise<void> {
    const isClean = this.#below(2) === 0
    if (isClean) {
      await this.#manager?.close({ clean: true, brokerEpoch: 1 })
      this.#model.savePoints()
    }
    this.#partition.detach()
    this.#computer.kill()
    this.#count(isClean ? 'clean stop' : 'kill')
    await this.#open(isClean ? 'clean' : 'killed')
  }

  /** The first record with a timestamp, and the batch at an offset. */
  async #search(): Promise<void> {
    const records = this.#model.batches.flatMap(({ records, leaderEpoch }) => {
      return records.map(({ offset, timestamp }) => ({ offset, timestamp, leaderEpoch }))
    })
    const visible = records.filter(({ offset }) => offset >= this.#model.start)
    const time = (visible[this.#below(Math.max(1, visible.length))]?.timestamp ?? 0) + this.#below(3) - 1
    const found = await this.#log.offsetForTimestamp(time)
    demandEqual(
      found ?? null,
      visible.find(({ timestamp }) => timestamp >= time) ?? null,
      () => `the first record from ${time} on`,
    )
    const offset = this.#model.start + this.#below(Math.max(1, this.#model.end - this.#model.start))
    if (offset >= this.#model.end) return
    const read = await this.#log.read(offset, { sizeMax: 1, upperOffset: this.#model.end, minOneBatch: true })
    demand(read.kind === 'slice', () => `offset ${offset} is out of range`)
    const bytes = read.slice === undefined ? undefined : await read.slice.read()
    read.slice?.release()
    const wanted = this.#model.batches.find(({ lastOffset }) => lastOffset >= offset)
    demand(
      bytes?.equals(wanted?.bytes ?? Buffer.alloc(0)) ?? wanted === undefined,
      () => `the batch at offset ${offset}`,
    )
    this.#count('search')
  }

  /** What is in the files: there are batches below the log's start that nobody can read. */
  #wholeLog(): SeenBatch[] {
    const { disk } = this.#computer.disk
    const names = disk.list(this.#log.directory).map(({ name }) => name)
    return names
      .filter((name) => /^\d{20}\.log$/.test(name))
      .flatMap((name) => {
        const { bytes, size } = disk.file(`${this.#log.directory}/${name}`, 'read')
        return parseBatches(bytes.subarray(0, size))
      })
  }

  #segments(): { baseOffset: number; size: number }[] {
    return this.#model.segments.map(({ baseOffset }, place) => {
      return { baseOffset, size: this.#model.sizeOf(place) }
    })
  }

  async #compare(): Promise<void> {
    const { logStartOffset, endOffset, highWatermark, leaderEpochs, segmentInfos } = this.#log
    const { start, end, epochs } = this.#model
    demandEqual(
      { start: logStartOffset, end: endOffset, highWatermark },
      { start, end, highWatermark: this.#model.highWatermark },
      () => 'where the log starts and ends',
    )
    demandEqual(segmentInfos, this.#segments(), () => 'the segments')
    demandEqual(leaderEpochs, epochs, () => 'the leader epochs')
  }

  async #compareContent(): Promise<void> {
    await checkPartition(this.#log, this.#partition.history, 'running')
    this.#model.highWatermark = this.#log.highWatermark
    const found = this.#wholeLog()
    const wanted = this.#model.batches
    const isSame = Buffer.concat(found.map(({ bytes }) => bytes)).equals(
      Buffer.concat(wanted.map(({ bytes }) => bytes)),
    )
    demand(isSame, () => 'the log must hold the batches of the model, byte for byte')
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

function shapeOf(random: Random): PartitionShape {
  const policies = [['delete'], ['compact'], ['compact', 'delete']] as const
  const config = smallConfig({
    cleanupPolicy: policies[randomBelow(random, 3)] ?? ['delete'],
    segmentBytes: 700 + randomBelow(random, 2500),
    segmentMs: [3_600_000, 604_800_000][randomBelow(random, 2)] as number,
    retentionMs: [-1, 3_600_000][randomBelow(random, 2)] as number,
    retentionBytes: [-1, 4000][randomBelow(random, 2)] as number,
    deleteRetentionMs: [0, 1_800_000][randomBelow(random, 2)] as number,
    minCleanableDirtyRatio: [0, 0.5][randomBelow(random, 2)] as number,
    minCompactionLagMs: [0, 0, 5_000][randomBelow(random, 3)] as number,
  })
  return { topic: 't', directory: '/d0', config }
}

/** Never the policy: see the programme `power`. */
function configChange(random: Random): Partial<LogConfig> {
  const pick = <T>(items: readonly T[]) => items[randomBelow(random, items.length)] as T
  switch (randomBelow(random, 5)) {
    case 0:
      return { compressionType: pick<CompressionType>(['producer', 'gzip', 'lz4', 'snappy', 'zstd', 'uncompressed']) }
    case 1:
      return { segmentBytes: 500 + randomBelow(random, 3000) }
    case 2:
      return { messageTimestampType: pick(['CreateTime', 'LogAppendTime'] as const) }
    case 3:
      return { retentionBytes: pick([-1, 1000, 5000]), retentionMs: pick([-1, 60_000, 3_600_000]) }
    default:
      return { indexIntervalBytes: randomBelow(random, 600), minCleanableDirtyRatio: pick([0, 0.3]) }
  }
}
