import { seededRandom, sha256, systemClock } from '@millrace/base'
import { BatchHeader, encodeBatch, encodeControlBatch, type RecordInput } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { cleanDefaults, cleanDirectory, runClean, segmentsOf } from '../../test/clean-directory.ts'
import { RandomLog, randomLogDirectory } from '../../test/random-log.ts'
import { logFileName } from '../file-names.ts'
import { FaultyFileSystem } from '../fs/faulty.ts'
import { MemoryFileSystem } from '../fs/memory.ts'
import type { FileSystem } from '../fs/port.ts'
import { createCleanJob } from './clean.ts'
import { readKeptBatches } from './kept-records.ts'
import { activeProducers } from './verdict.ts'

const directory = '/data/t-0'
const now = cleanDefaults.nowMs

type Segment = readonly Buffer[]

/** A directory with these segments, by base offset; an empty one after them. */
function diskOf(segments: Readonly<Record<number, Segment>>, end: number): MemoryFileSystem {
  const fileSystem = new MemoryFileSystem(systemClock)
  fileSystem.disk.makeDirectory(directory)
  for (const [base, batches] of [...Object.entries(segments), [end, []] as const]) {
    const file = fileSystem.disk.create(`${directory}/${logFileName(Number(base), 'log')}`)
    fileSystem.disk.write(file, Buffer.concat(batches), 0)
  }
  return fileSystem
}

/** A batch of records `key` or `key=value`; without a value, a tombstone. */
function batch(baseOffset: number, ...records: string[]): Buffer {
  return encodeBatch(records.map(recordOf), { baseOffset })
}

function recordOf(text: string): RecordInput {
  const [key = '', value = null] = text.split('=')
  return { timestamp: now, key, value }
}

async function contentOf(fileSystem: FileSystem): Promise<string[]> {
  const batches = await readKeptBatches(fileSystem, directory)
  return batches.flatMap(({ isControl, records }) =>
    isControl ? [] : records.map(({ offset, key, value }) => `${offset} ${key}${value === null ? '' : `=${value}`}`),
  )
}

async function namesOf(fileSystem: FileSystem): Promise<string[]> {
  return (await fileSystem.list(directory)).map(({ name }) => name)
}

describe('cleaning a log', () => {
  it('keeps the last record of every key, at its offset', async () => {
    const fileSystem = diskOf({ 0: [batch(0, 'a=1', 'b=1'), batch(2, 'a=2')], 3: [batch(3, 'a=3', 'c=1')] }, 5)
    const output = await cleanDirectory(fileSystem, directory)
    expect(await contentOf(fileSystem)).toEqual(['1 b=1', '3 a=3', '4 c=1'])
    expect(output).toMatchObject({
      groups: [{ baseOffset: 0, replaces: [0, 3], files: ['log', 'index', 'timeindex'], nextOffset: 5 }],
      firstDirtyOffset: 5,
      isMapFull: false,
      nextDeleteHorizonMs: undefined,
      statistics: { recordsRead: 5, recordsKept: 3, recordsKeyless: 0, keys: 3 },
    })
    expect(structuredClone(output)).toEqual(output)
  })

  it('looks at the dirty part for keys, and at everything for records', async () => {
    const segments = { 0: [batch(0, 'a=1', 'b=1')], 2: [batch(2, 'a=2')] }
    const fileSystem = diskOf(segments, 3)
    const output = await cleanDirectory(fileSystem, directory, { firstDirtyOffset: 2, segmentBytes: 1 })
    expect(await contentOf(fileSystem)).toEqual(['1 b=1', '2 a=2'])
    expect(output.statistics.keys).toBe(1)
  })

  it('writes nothing for a segment that stays as it is', async () => {
    const segments = { 0: [batch(0, 'a=1')], 1: [batch(1, 'b=1'), batch(2, 'b=2')], 3: [batch(3, 'c=1')] }
    const fileSystem = diskOf(segments, 4)
    const output = await cleanDirectory(fileSystem, directory, { segmentBytes: 1 })
    expect(output.groups.map(({ replaces }) => replaces)).toEqual([[1]])
    const again = await cleanDirectory(fileSystem, directory, { segmentBytes: 1 })
    expect([again.groups, again.statistics.bytesWritten]).toEqual([[], 0])
  })

  it('copies what is equal once something differs', async () => {
    const many = Array.from({ length: 200 }, (_, index) => batch(index, `key ${index}=value`))
    const fileSystem = diskOf({ 0: [...many, batch(200, 'x=1'), batch(201, 'x=2')] }, 202)
    await cleanDirectory(fileSystem, directory, { ioBufferBytes: 333 })
    const batches = await readKeptBatches(fileSystem, directory)
    expect(batches.slice(0, 200).map(({ bytes }) => bytes)).toEqual(many)
    expect(batches.map(({ baseOffset }) => baseOffset).slice(199)).toEqual([199, 201])
  })

  it('removes tombstones when their time has come, though nothing is new', async () => {
    const fileSystem = diskOf({ 0: [batch(0, 'a=1', 'a')], 2: [batch(2, 'b=1')] }, 3)
    const first = await cleanDirectory(fileSystem, directory, { deleteRetentionMs: 1000 })
    expect(first.nextDeleteHorizonMs).toBe(now + 1000)
    expect(await contentOf(fileSystem)).toEqual(['1 a', '2 b=1'])
    const early = await cleanDirectory(fileSystem, directory, { firstDirtyOffset: 3, nowMs: now + 999 })
    expect([early.groups, early.nextDeleteHorizonMs]).toEqual([[], now + 1000])
    const second = await cleanDirectory(fileSystem, directory, { firstDirtyOffset: 3, nowMs: now + 1000 })
    expect(second).toMatchObject({ firstDirtyOffset: 3, nextDeleteHorizonMs: undefined, statistics: { keys: 0 } })
    expect(await contentOf(fileSystem)).toEqual(['2 b=1'])
  })

  it('keeps the end offset of a round in an empty batch', async () => {
    const fileSystem = diskOf(
      { 0: [batch(0, 'a=1')], 1: [encodeBatch([{ timestamp: 1, key: null, value: 'x' }], { baseOffset: 1 })] },
      2,
    )
    await cleanDirectory(fileSystem, directory)
    const batches = await readKeptBatches(fileSystem, directory)
    expect(batches.map(({ lastOffset, records }) => [lastOffset, records.length])).toEqual([
      [0, 1],
      [1, 0],
    ])
  })

  it('drops aborted records though no index tells of them, and keeps the marker while it is needed', async () => {
    const options = { producerId: 9, producerEpoch: 0, isTransactional: true }
    const data = encodeBatch([recordOf('a=aborted')], { ...options, baseOffset: 1, baseSequence: 0 })
    const marker = encodeControlBatch([{ type: 'Abort', data: { coordinatorEpoch: 0 } }], {
      ...options,
      timestamp: now,
      baseOffset: 3,
    })
    // The marker is beyond what is cleaned.
    const fileSystem = diskOf({ 0: [batch(0, 'a=1'), data], 2: [batch(2, 'b=1'), marker] }, 4)
    const producers = [{ producerId: 9, producerEpoch: 0, lastDataOffset: 1 }]
    await cleanDirectory(fileSystem, directory, { firstUncleanableOffset: 2, activeProducers: producers })
    expect(await contentOf(fileSystem)).toEqual(['0 a=1', '2 b=1'])
    const output = await cleanDirectory(fileSystem, directory, { firstDirtyOffset: 2, activeProducers: producers })
    expect(output.groups).toMatchObject([{ replaces: [0, 2] }])
    expect((await readKeptBatches(fileSystem, directory)).map(({ baseOffset }) => baseOffset)).toEqual([0, 1, 2, 3])
    const last = await cleanDirectory(fileSystem, directory, { firstDirtyOffset: 4, deleteRetentionMs: 0 })
    expect(last.groups).toMatchObject([{ replaces: [0] }])
    expect((await readKeptBatches(fileSystem, directory)).map(({ baseOffset }) => baseOffset)).toEqual([0, 2, 3])
  })

  it('cleans as far as the keys fit, and goes on from there', async () => {
    const batches = Array.from({ length: 300 }, (_, index) => batch(index, `key ${index % 250}=${index}`))
    const options = { ioBufferBytes: 1024, segmentBytes: 1 }
    const roomy = diskOf({ 0: batches.slice(0, 150), 150: batches.slice(150) }, 300)
    await cleanDirectory(roomy, directory, options)
    const narrow = diskOf({ 0: batches.slice(0, 150), 150: batches.slice(150) }, 300)
    let firstDirtyOffset = 0
    let rounds = 0
    for (let isMapFull = true; isMapFull; rounds++) {
      const output = await cleanDirectory(narrow, directory, { ...options, firstDirtyOffset, dedupeBytes: 4096 })
      expect(output.firstDirtyOffset).toBeGreaterThan(firstDirtyOffset)
      ;({ firstDirtyOffset, isMapFull } = output)
    }
    expect(rounds).toBeGreaterThan(2)
    expect(await contentOf(narrow)).toEqual(await contentOf(roomy))
  })

  it('says when not even one batch fits', async () => {
    const keys = Array.from({ length: 500 }, (_, index) => `key ${index}=v`)
    const fileSystem = diskOf({ 0: [batch(0, ...keys)] }, 500)
    const output = await runClean(fileSystem, directory, { dedupeBytes: 4096 })
    expect(output).toMatchObject({ kind: 'failed', code: 'map-too-small' })
    expect(output.kind === 'failed' && output.message).toMatch(
      /offset 0 do not fit .* log\.cleaner\.dedupe\.buffer\.size/,
    )
  })
})

describe('a cleaning that cannot be', () => {
  it('finds every damaged byte, and changes nothing', async () => {
    const good = { 0: [batch(0, 'a=1', 'b=1')], 2: [batch(2, 'a=2'), batch(3, 'c=1')] }
    const names = await namesOf(diskOf(good, 4))
    const path = `${directory}/${logFileName(2, 'log')}`
    const [first, second] = good[2] as [Buffer, Buffer]
    for (let position = 0; position < first.length + second.length; position++) {
      const fileSystem = diskOf(good, 4)
      const file = fileSystem.disk.file(path, 'test')
      file.bytes[position] = (file.bytes[position] as number) ^ 1
      const before = Buffer.from(file.bytes)
      const output = await runClean(fileSystem, directory)
      // No checksum covers the leader epoch.
      const place = position % first.length
      expect([position, output.kind]).toEqual([position, place >= 12 && place < 16 ? 'cleaned' : 'failed'])
      if (output.kind === 'cleaned') continue
      expect(output).toMatchObject({ code: 'damaged', path, operation: undefined })
      expect([0, first.length]).toContain(output.position)
      expect(await namesOf(fileSystem)).toEqual(names)
      expect(file.bytes).toEqual(before)
    }
  })

  it('says which batch has records that cannot be read', async () => {
    const bad = batch(1, 'b=1')
    bad.writeInt32BE(2, 57)
    BatchHeader.seal(bad, 0)
    const fileSystem = diskOf({ 0: [batch(0, 'a=1'), bad] }, 2)
    const output = await runClean(fileSystem, directory)
    expect(output).toMatchObject({ kind: 'failed', code: 'damaged', position: batch(0, 'a=1').length })
  })

  it('does not make room for what a damaged header claims', async () => {
    const fileSystem = diskOf({ 0: [batch(0, 'a=1'), Buffer.alloc(100_000)] }, 1)
    const file = fileSystem.disk.file(`${directory}/${logFileName(0, 'log')}`, 'test')
    file.bytes.writeInt32BE(90_000, 8)
    const output = await runClean(fileSystem, directory, {
      segments: [{ baseOffset: 0, nextOffset: 1, size: file.size }],
      firstUncleanableOffset: 1,
      abortSearch: undefined,
      ioBufferBytes: 100,
    })
    expect(output).toMatchObject({ kind: 'failed', code: 'damaged', position: 0 })
  })

  it('says that a file is gone, cut, or reaches into the next segment', async () => {
    const segments = { 0: [batch(0, 'a=1', 'b=1')] }
    const fileSystem = diskOf(segments, 2)
    const size = segments[0][0]?.length ?? 0
    const cut = { segments: [{ baseOffset: 0, nextOffset: 2, size: size + 5 }], abortSearch: undefined }
    expect(await runClean(fileSystem, directory, cut)).toMatchObject({ code: 'damaged' })
    const gone = { segments: [{ baseOffset: 9, nextOffset: 10, size }], firstUncleanableOffset: 10 }
    expect(await runClean(fileSystem, directory, { ...gone, abortSearch: undefined })).toMatchObject({
      code: 'not-found',
      operation: 'open',
    })
    const overlapping = { segments: [{ baseOffset: 0, nextOffset: 1, size }], abortSearch: undefined }
    expect(await runClean(fileSystem, directory, overlapping)).toMatchObject({ code: 'damaged' })
  })

  it('refuses record formats from before Kafka 0.11', async () => {
    const fileSystem = diskOf({ 0: [batch(0, 'a=1')] }, 1)
    const file = fileSystem.disk.file(`${directory}/${logFileName(0, 'log')}`, 'test')
    file.bytes[16] = 1
    const segments = [{ baseOffset: 0, nextOffset: 1, size: file.size }]
    const options = { segments, firstUncleanableOffset: 1, abortSearch: undefined }
    expect(await runClean(fileSystem, directory, options)).toMatchObject({ code: 'unsupported-format' })
  })

  it('leaves nothing behind whatever operation fails', async () => {
    const log = new RandomLog(seededRandom(3))
    for (let step = 0; step < 60; step++) log.step()
    log.settle()
    log.roll()
    const names = () => log.fileSystem.list(randomLogDirectory)
    const input = {
      ...cleanDefaults,
      directory: randomLogDirectory,
      segments: (await segmentsOf(log.fileSystem, randomLogDirectory)).slice(0, -1),
      firstUncleanableOffset: log.activeOffset,
      segmentBytes: 1500,
      activeProducers: activeProducers(log.state.entries()),
    }
    const before = await names()
    for (let failAt = 0; ; failAt++) {
      // The same disk, so what a failure leaves is seen.
      const fileSystem = new FaultyFileSystem(systemClock, log.fileSystem.disk.root)
      let count = 0
      fileSystem.injectFaults(({ name }) => (name !== 'remove' && count++ === failAt ? { error: 'io' } : undefined))
      const output = await createCleanJob({ fileSystem, clock: systemClock, digest: sha256 }).run(input)
      if (output.kind === 'cleaned') {
        expect(failAt).toBeGreaterThan(30)
        expect(output.groups.length).toBeGreaterThan(1)
        break
      }
      expect(output).toMatchObject({ code: 'io' })
      expect(output.operation).toBeDefined()
      expect(await names()).toEqual(before)
    }
  })
})
