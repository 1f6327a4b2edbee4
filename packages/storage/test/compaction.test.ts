import { type Random, randomBelow, seededRandom } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import type { CleanedGroup, CleanSegment } from '../src/cleaner/clean-input.ts'
import { cleanModel, committedView, type ModelBatch } from '../src/cleaner/compaction-model.ts'
import { type KeptBatch, readKeptBatches } from '../src/cleaner/kept-records.ts'
import { type CleaningPlan, planCleaning } from '../src/cleaner/plan.ts'
import { type ActiveProducer, activeProducers } from '../src/cleaner/verdict.ts'
import { logFileName } from '../src/file-names.ts'
import type { FileSystem } from '../src/fs/port.ts'
import { OffsetIndex } from '../src/offset-index.ts'
import { TimeIndex } from '../src/time-index.ts'
import { TransactionIndex } from '../src/transaction-index.ts'
import { cleanDirectory, segmentsOf } from './clean-directory.ts'
import { randomLogDirectory as directory, RandomLog } from './random-log.ts'

/** A batch of either side, as far as both know it. */
function picture(batch: ModelBatch | KeptBatch) {
  const { baseOffset, lastOffset, producerId, producerEpoch, baseSequence, codec, isControl, deleteHorizonMs } = batch
  const records = isControl
    ? batch.records.map(({ offset, timestamp }) => [offset, timestamp])
    : batch.records.map(({ offset, timestamp, key, value }) => [offset, timestamp, textOf(key), textOf(value)])
  return {
    baseOffset,
    lastOffset,
    producerId,
    producerEpoch,
    baseSequence,
    codec,
    isControl,
    deleteHorizonMs,
    records,
  }
}

function textOf(bytes: Buffer | string | null): string | null {
  return bytes === null ? null : bytes.toString()
}

/** What is in the directory now, as the model's batches: transactions are known from the history. */
function adopt(found: readonly KeptBatch[], history: readonly ModelBatch[]): ModelBatch[] {
  const byOffset = new Map(history.map((batch) => [batch.baseOffset, batch]))
  return found.map((batch) => {
    const records = batch.records.map(({ offset, timestamp, key, value }) => {
      return { offset, timestamp, key: textOf(key), value: textOf(value) }
    })
    const { transaction } = byOffset.get(batch.baseOffset) as ModelBatch
    return { ...batch, records, transaction }
  })
}

async function indexedAborts(fileSystem: FileSystem) {
  const entries = []
  for (const { baseOffset } of await segmentsOf(fileSystem, directory)) {
    const path = `${directory}/${logFileName(baseOffset, 'txnindex')}`
    if ((await fileSystem.stat(path)) === undefined) continue
    entries.push(...TransactionIndex.decode(await fileSystem.readFile(path, 1 << 20), baseOffset).index.entries())
  }
  return entries
}

async function expectSoundIndexes(fileSystem: FileSystem, batches: readonly KeptBatch[], bases: readonly number[]) {
  for (const base of bases) {
    const own = batches.filter(({ segmentOffset }) => segmentOffset === base)
    const read = (kind: 'index' | 'timeindex') =>
      fileSystem.readFile(`${directory}/${logFileName(base, kind)}`, 1 << 20)
    const offsets = OffsetIndex.decode(await read('index'), base)
    const times = TimeIndex.decode(await read('timeindex'), base)
    expect([offsets.isSound, times.isSound]).toEqual([true, true])
    for (let place = 0; place < offsets.index.count; place++) {
      const { offset, position } = offsets.index.entry(place)
      expect(own.find((batch) => batch.position === position)?.lastOffset).toBe(offset)
    }
    expect(times.index.last.timestamp).toBe(Math.max(-1, ...own.map(({ maxTimestamp }) => maxTimestamp)))
  }
  for (const { lastOffset } of await indexedAborts(fileSystem)) {
    expect(batches.some((batch) => batch.isControl && batch.lastOffset === lastOffset)).toBe(true)
  }
}

/** Every value that readers had is there; a key whose last record is a tombstone has that, or nothing. */
function expectSameView(found: readonly ModelBatch[], history: readonly ModelBatch[]) {
  const [before, after] = [committedView(history), committedView(found)]
  for (const [key, value] of before) expect([key, after.get(key) ?? null]).toEqual([key, value])
  for (const key of after.keys()) expect(before.has(key)).toBe(true)
}

const config = { minCleanableDirtyRatio: 0, minCompactionLagMs: 0, maxCompactionLagMs: Number.MAX_SAFE_INTEGER }

/** A log that grows and is cleaned, and the model beside it. */
class Rounds {
  readonly #random: Random
  readonly #log: RandomLog
  readonly #deleteRetentionMs: number
  #model: readonly ModelBatch[] = []
  #seen = 0
  #cleanedOffset: number | undefined

  constructor(seed: number) {
    this.#random = seededRandom(seed)
    this.#log = new RandomLog(this.#random)
    this.#deleteRetentionMs = [0, 1000, 20_000][randomBelow(this.#random, 3)] as number
  }

  grow(): void {
    const log = this.#log
    for (let step = 0; step < 40; step++) log.step()
    if (randomBelow(this.#random, 3) === 0) log.settle()
    this.#model = [...this.#model, ...log.history.slice(this.#seen)]
    this.#seen = log.history.length
  }

  async clean(): Promise<void> {
    const { fileSystem, history } = this.#log
    const segments = await segmentsOf(fileSystem, directory)
    const plan = this.#plan(segments)
    if (plan.reason === undefined) return
    const { firstDirtyOffset, firstUncleanableOffset } = plan
    const input = await this.#input(plan)
    const isUntouched = (batch: KeptBatch) => batch.segmentOffset >= firstUncleanableOffset
    const untouched = (await readKeptBatches(fileSystem, directory)).filter(isUntouched)

    const output = await cleanDirectory(fileSystem, directory, input)

    const found = await readKeptBatches(fileSystem, directory)
    const bases = segments.map(({ baseOffset }) => baseOffset)
    if (output.isMapFull) {
      expect(output.firstDirtyOffset).toBeGreaterThan(firstDirtyOffset)
      this.#model = adopt(found, history)
    } else {
      expect(output.firstDirtyOffset).toBe(firstUncleanableOffset)
      const groups = output.groups.map(({ replaces }) => replaces)
      this.#model = cleanModel(this.#model, { ...input, producers: byId(input.activeProducers), bases, groups })
      expect(found.map(picture)).toEqual(this.#model.map(picture))
    }
    expectSameView(adopt(found, history), history)
    expect(found.filter(isUntouched)).toEqual(untouched)
    expectGroups(output.groups, found)
    const made = output.groups.map(({ baseOffset }) => baseOffset)
    await expectSoundIndexes(fileSystem, found, made)
    this.#cleanedOffset = output.firstDirtyOffset
  }

  #plan(segments: readonly CleanSegment[]): CleaningPlan {
    const { endOffset, lastStableOffset, timestamp } = this.#log
    const planned = segments.map((segment) => ({ ...segment, firstTimestamp: -1, largestTimestamp: -1 }))
    const offsets = { logStartOffset: 0, endOffset, lastStableOffset, highWatermark: endOffset }
    const known = { cleanedOffset: this.#cleanedOffset, nextDeleteHorizonMs: undefined }
    return planCleaning({ segments: planned, ...offsets, ...known }, config, timestamp)
  }

  async #input({ firstDirtyOffset, firstUncleanableOffset }: CleaningPlan) {
    const random = this.#random
    const isIndexed = randomBelow(random, 2) === 0
    const aborts = { abortedTransactions: await indexedAborts(this.#log.fileSystem), abortSearch: undefined }
    return {
      firstDirtyOffset,
      firstUncleanableOffset,
      nowMs: this.#log.timestamp,
      deleteRetentionMs: this.#deleteRetentionMs,
      // Some are forgotten.
      activeProducers: activeProducers(this.#log.state.entries()).filter(() => randomBelow(random, 4) > 0),
      segmentBytes: 500 + randomBelow(random, 4000),
      indexIntervalBytes: randomBelow(random, 600),
      ioBufferBytes: randomBelow(random, 2) === 0 ? 100 : 4096,
      dedupeBytes: randomBelow(random, 4) === 0 ? 4096 : 1 << 16,
      hashSeed: random.uint32(),
      ...(isIndexed ? aborts : {}),
    }
  }
}

function byId(producers: readonly ActiveProducer[]) {
  return new Map(
    producers.map(({ producerId, producerEpoch: epoch, lastDataOffset }) => [producerId, { epoch, lastDataOffset }]),
  )
}

function expectGroups(groups: readonly CleanedGroup[], found: readonly KeptBatch[]): void {
  for (const group of groups) {
    const own = found.filter(({ segmentOffset }) => segmentOffset === group.baseOffset)
    expect(group.size).toBe(own.reduce((sum, { bytes }) => sum + bytes.length, 0))
    expect(group.nextOffset).toBe((own.at(-1)?.lastOffset ?? group.baseOffset - 1) + 1)
  }
}

describe('compaction', () => {
  const seeds = Array.from({ length: 60 }, (_, index) => index + 1)

  it.each(seeds)('keeps what the model keeps (seed %i)', async (seed) => {
    const rounds = new Rounds(seed)
    for (let round = 0; round < 6; round++) {
      rounds.grow()
      await rounds.clean()
    }
  })

  it.each([101, 102, 103, 104, 105, 106, 107, 108])('done twice is done once (seed %i)', async (seed) => {
    const log = new RandomLog(seededRandom(seed))
    for (let step = 0; step < 150; step++) log.step()
    log.settle()
    log.roll()
    const { fileSystem } = log
    const options = { segmentBytes: 3000, activeProducers: activeProducers(log.state.entries()) }
    const records = async () => {
      const batches = await readKeptBatches(fileSystem, directory)
      return batches
        .filter(({ isControl }) => !isControl)
        .flatMap((batch) => batch.records.map(({ offset, content }) => [offset, content.toString('hex')]))
    }
    await cleanDirectory(fileSystem, directory, options)
    const once = await records()
    const twice = await cleanDirectory(fileSystem, directory, options)
    expect(await records()).toEqual(once)
    expect(twice.statistics.recordsRead - twice.statistics.recordsKept).toBe(0)
    expect(once.length).toBeGreaterThan(0)
  })
})
