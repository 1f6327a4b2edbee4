import { inlineWorkers, ManualClock, seededRandom, silentLogger, type Workers } from '@millrace/base'
import { encodeBatch, openBatch } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { defaultLogConfig, type LogConfig } from '../src/config.ts'
import { formatDirectory } from '../src/data-directory.ts'
import { FaultyFileSystem } from '../src/fs/faulty.ts'
import type { Log } from '../src/log.ts'
import { LogManager, type LogManagerOptions } from '../src/manager.ts'
import { batchOffsets } from './batches.ts'
import { appendAcked, cleanerSettings, readAll, testTopicId } from './logs.ts'

const start = 1_750_000_000_000
const compacted: LogConfig = { ...defaultLogConfig, cleanupPolicy: ['compact'], segmentBytes: 1000 }
const t0 = { topic: 't', partition: 0 }

async function world(options: Partial<LogManagerOptions> = {}) {
  const time = new ManualClock(start)
  const clock = {
    now: () => time.now(),
    monotonic: () => time.monotonic(),
    schedule: (delayMs: number, callback: () => void) => time.schedule(delayMs, callback),
    defer: (callback: () => void) => void setImmediate(callback),
  }
  const disk = new FaultyFileSystem(clock)
  const meta = { version: 1, clusterId: 'c', nodeId: 1, directoryId: testTopicId } as const
  await formatDirectory(disk, '/data', meta)
  await disk.syncDirectory('/')
  const open = async (more: Partial<LogManagerOptions> = {}) => {
    const manager = await LogManager.open({
      fileSystem: disk,
      directories: ['/data'],
      nodeId: 1,
      clock,
      random: seededRandom(1),
      logger: silentLogger,
      durability: 'fsync',
      configFor: () => compacted,
      cleanerSettings: () => cleanerSettings,
      ...options,
      ...more,
    })
    const log = await manager.ensureLog(t0, testTopicId)
    log.updateConfig(compacted)
    return { manager, log }
  }
  const names = async (kind: RegExp) =>
    (await disk.list('/data/t-0')).map(({ name }) => name).filter((name) => kind.test(name))
  const text = async (path: string) => String(await disk.readFile(path, 1 << 16))
  return { time, disk, open, names, text, ...(await open()) }
}

async function write(log: Log, entries: readonly (readonly [key: string, value: string | null])[]): Promise<void> {
  for (const [key, value] of entries) {
    await appendAcked(log, encodeBatch([{ timestamp: start, key, value: value?.padEnd(200, '.') ?? null }]))
  }
  log.advanceHighWatermark(log.endOffset)
  await log.flush()
}

async function recordsOf(log: Log): Promise<[number, string, string | undefined][]> {
  const bytes = await readAll(log)
  const records: [number, string, string | undefined][] = []
  let at = 0
  for (const _ of batchOffsets(bytes)) {
    const batch = openBatch(bytes, at)
    for (const { offset, key, value } of batch.records()) {
      records.push([offset, String(key), value?.toString().replaceAll('.', '')])
    }
    at += batch.size
  }
  return records
}

const rounds = (count: number) =>
  Array.from({ length: count }, (_, round) => ['a', 'b', 'c'].map((key) => [key, `${key}${round}`] as const)).flat()

describe('LogCleaner', () => {
  it('keeps the last value of each key, its offset and all reads; Kafka’s checkpoint says how far it came', async () => {
    const { manager, log, names, text, open } = await world()
    await write(log, rounds(5))
    const before = await recordsOf(log)
    const activeBase = Math.max(...log.segmentInfos.map(({ baseOffset }) => baseOffset))
    await manager.clean()
    const kept = await recordsOf(log)
    const batches = batchOffsets(await readAll(log))
    const last = new Map(before.filter(([offset]) => offset < activeBase).map((record) => [record[1], record]))
    const expected = before.filter((record) => record[0] >= activeBase || last.get(record[1]) === record)
    expect(kept.filter(([, , value]) => value !== undefined)).toEqual(expected)
    expect(kept.length).toBeLessThan(before.length)
    expect(await text('/data/cleaner-offset-checkpoint')).toBe(`0\n1\nt 0 ${activeBase}\n`)
    expect([log.logStartOffset, log.endOffset]).toEqual([0, 15])
    expect(await names(/cleaned|swap/)).toEqual([])
    // Every offset finds the batch that holds it, or the next one.
    for (let offset = 0; offset < 15; offset++) {
      const read = await log.read(offset, { sizeMax: 1, upperOffset: 15, minOneBatch: true })
      const expectedOffset = batches.find(([, lastOffset]) => lastOffset >= offset)?.[1]
      if (read.kind !== 'slice' || read.slice === undefined) throw new Error(`nothing at ${offset}`)
      expect(batchOffsets(await read.slice.read())[0]?.[1]).toBe(expectedOffset)
      read.slice.release()
    }
    expect(await log.offsetForTimestamp(start)).toMatchObject({ offset: kept[0]?.[0] })
    await manager.clean()
    expect(await recordsOf(log)).toEqual(kept)
    await manager.close({ clean: true, brokerEpoch: 1 })
    const again = await open()
    expect(await recordsOf(again.log)).toEqual(kept)
    expect(again.log.endOffset).toBe(15)
  })

  it('leaves topics alone that are not compacted, or whose settings are not known', async () => {
    const { manager, log, disk } = await world()
    await write(log, rounds(5))
    log.updateConfig({ ...compacted, cleanupPolicy: ['delete'] })
    let count = 0
    disk.injectFaults(() => void count++)
    await manager.clean()
    expect(count).toBe(0)
    expect(await recordsOf(log)).toHaveLength(15)
  })

  it('looks every log.cleaner.backoff.ms', async () => {
    const { time, log } = await world()
    await write(log, rounds(5))
    expect(await recordsOf(log)).toHaveLength(15)
    time.advance(15_000)
    for (let turn = 0; turn < 2000 && (await recordsOf(log)).length === 15; turn++) await new Promise(setImmediate)
    expect((await recordsOf(log)).length).toBeLessThan(15)
  })

  it('lets appends and readers go on meanwhile', async () => {
    const { manager, log, names } = await world()
    await write(log, rounds(5))
    const held = await log.read(0, { sizeMax: 1, upperOffset: 15, minOneBatch: true })
    const cleaning = manager.clean()
    const reads: Promise<unknown>[] = []
    for (let index = 0; index < 200; index++) {
      reads.push(
        log.read(index % 15, { sizeMax: 300, upperOffset: 15, minOneBatch: true }).then(async (read) => {
          if (read.kind !== 'slice' || read.slice === undefined) throw new Error('nothing was read')
          const [first] = batchOffsets(await read.slice.read())
          read.slice.release()
          expect(first?.[1]).toBeGreaterThanOrEqual(index % 15)
        }),
      )
      if (index % 20 === 0) await write(log, [['d', `d${index}`]])
      await new Promise(setImmediate)
    }
    await Promise.all(reads)
    await cleaning
    expect(log.endOffset).toBe(25)
    expect((await recordsOf(log)).at(-1)).toEqual([24, 'd', 'd180'])
    if (held.kind !== 'slice' || held.slice === undefined) throw new Error('nothing was held')
    expect(batchOffsets(await held.slice.read())).toEqual([[0, 0]])
    held.slice.release()
    expect((await names(/deleted$/)).length).toBeGreaterThan(0)
  })

  it('removes the files that were replaced after file.delete.delay.ms', async () => {
    const { manager, log, time, names } = await world()
    await write(log, rounds(5))
    await manager.clean()
    expect((await names(/deleted$/)).length).toBeGreaterThan(0)
    time.advance(60_000)
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
    expect(await names(/deleted$/)).toEqual([])
  })

  it('ends for a log that is deleted, and never touches the next one of that name', async () => {
    let begin: () => void = () => {}
    const begun = new Promise<void>((resolve) => {
      begin = resolve
    })
    const slow: Workers = {
      ...inlineWorkers,
      run: async (job, input) => {
        begin()
        for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
        return job.run(input)
      },
    }
    const { manager, log, disk, names } = await world({ workers: slow })
    await write(log, rounds(5))
    const cleaning = manager.clean()
    await begun
    await manager.deleteLog(t0)
    await cleaning
    const otherId = 'TwI_rn5_QrW2b8aMkxQLMw'
    const next = await manager.ensureLog(t0, otherId)
    await write(next, [['x', 'y']])
    expect(await recordsOf(next)).toEqual([[0, 'x', 'y']])
    expect(await names(/cleaned|swap/)).toEqual([])
    const directories = (await disk.list('/data')).filter(({ kind }) => kind === 'directory')
    expect(directories).toHaveLength(2)
    expect(String(await disk.readFile('/data/cleaner-offset-checkpoint', 1000))).not.toContain('t 0')
  })

  it('throws away what it made of a log that was cut or shortened meanwhile', async () => {
    const { manager, log, names } = await world({
      workers: {
        ...inlineWorkers,
        run: async (job, input) => {
          const output = await job.run(input)
          await log.deleteRecordsBefore(10)
          return output
        },
      },
    })
    await write(log, rounds(5))
    await manager.clean()
    expect(await names(/cleaned|swap/)).toEqual([])
    expect((await recordsOf(log)).map(([offset]) => offset)).toEqual([10, 11, 12, 13, 14])
  })
})

describe('a power cut while a log is cleaned', () => {
  it('leaves the log before or after the cleaning, whenever it comes', async () => {
    const undisturbed = await world()
    await write(undisturbed.log, rounds(5))
    const before = JSON.stringify(await recordsOf(undisturbed.log))
    let operationCount = 0
    undisturbed.disk.injectFaults(() => void operationCount++)
    await undisturbed.manager.clean()
    undisturbed.disk.injectFaults(undefined)
    const after = JSON.stringify(await recordsOf(undisturbed.log))
    expect(operationCount).toBeGreaterThan(20)
    const seen = new Set<string>()
    for (let cutAt = 0; cutAt < operationCount; cutAt++) {
      const { manager, log, disk, open } = await world()
      await write(log, rounds(5))
      const survivor = await new Promise<FaultyFileSystem>((resolve) => {
        let left = cutAt
        disk.injectFaults(() => {
          if (left-- === 0) resolve(disk.powerCut(seededRandom(cutAt)))
          return undefined
        })
        void manager.clean()
      })
      const { log: recovered, manager: next } = await open({ fileSystem: survivor })
      const records = JSON.stringify(await recordsOf(recovered))
      expect([before, after], `power cut at operation ${cutAt}`).toContain(records)
      expect([recovered.logStartOffset, recovered.endOffset]).toEqual([0, 15])
      seen.add(records === before ? 'before' : 'after')
      recovered.advanceHighWatermark(15)
      await next.clean()
      expect(JSON.stringify(await recordsOf(recovered)), `power cut at operation ${cutAt}`).toBe(after)
    }
    expect([...seen].sort()).toEqual(['after', 'before'])
  })

  it('and an error of the disk at any call loses nothing either', async () => {
    const undisturbed = await world()
    await write(undisturbed.log, rounds(5))
    const before = await recordsOf(undisturbed.log)
    let operationCount = 0
    undisturbed.disk.injectFaults(() => void operationCount++)
    await undisturbed.manager.clean()
    undisturbed.disk.injectFaults(undefined)
    const after = await recordsOf(undisturbed.log)
    for (const error of ['io', 'no-space'] as const) {
      for (let failAt = 0; failAt < operationCount; failAt++) {
        const { manager, log, disk, open } = await world()
        await write(log, rounds(5))
        let left = failAt
        disk.injectFaults(() => (left-- === 0 ? { error } : undefined))
        await manager.clean()
        disk.injectFaults(undefined)
        const where = `${error} at operation ${failAt}`
        if (log.failure === undefined) expect([before, after], where).toContainEqual(await recordsOf(log))
        await manager.close({ clean: false, brokerEpoch: 1 })
        const { log: recovered } = await open()
        expect([before, after], where).toContainEqual(await recordsOf(recovered))
      }
    }
  })
})
