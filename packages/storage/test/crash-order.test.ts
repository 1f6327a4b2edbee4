/** What must be on the disk before something else is: orders that a crash in between tells. Each was found by tests/torture. */
import { seededRandom, silentLogger, systemClock } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { defaultLogConfig, type LogConfig } from '../src/config.ts'
import { formatDirectory } from '../src/data-directory.ts'
import { FaultyFileSystem } from '../src/fs/faulty.ts'
import type { Log } from '../src/log.ts'
import { LogManager, type LogManagerOptions } from '../src/manager.ts'
import { batchOffsets, makeBatch, makeMarker } from './batches.ts'
import { appendAcked, bytesOf, client, openLog, readAll, testTopicId } from './logs.ts'

const partition = { topic: 't', partition: 0 }
const directory = '/data/t-0'
const seeds = Array.from({ length: 12 }, (_, index) => index + 1)
const small: LogConfig = { ...defaultLogConfig, segmentBytes: 1000, indexIntervalBytes: 100, fileDeleteDelayMs: 0 }

async function newDisk(): Promise<FaultyFileSystem> {
  const disk = new FaultyFileSystem(systemClock)
  await formatDirectory(disk, '/data', { version: 1, clusterId: 'c', nodeId: 1, directoryId: testTopicId })
  await disk.syncDirectory('/')
  return disk
}

function open(disk: FaultyFileSystem, options: Partial<LogManagerOptions> = {}): Promise<LogManager> {
  return LogManager.open({
    fileSystem: disk,
    directories: ['/data'],
    nodeId: 1,
    clock: { ...systemClock, schedule: () => ({ cancel() {} }) },
    random: seededRandom(1),
    logger: silentLogger,
    durability: 'fsync',
    configFor: () => small,
    ...options,
  })
}

async function fill(log: Log, count: number, epoch = 0): Promise<void> {
  for (let index = 0; index < count; index++) await appendAcked(log, makeBatch({ valueSize: 300 }), epoch)
  log.advanceHighWatermark(log.endOffset)
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate)
}

describe('after a power cut', () => {
  it.each(seeds)(
    'a log that restarted below its old start has all that was acknowledged since (seed %i)',
    async (seed) => {
      const disk = await newDisk()
      const manager = await open(disk)
      const log = await manager.ensureLog(partition, testTopicId)
      await fill(log, 9)
      await log.deleteRecordsBefore(7)
      await manager.checkpoint()
      await log.truncateFullyAndStartAt(4)
      await fill(log, 2)
      const again = (await open(disk.powerCut(seededRandom(seed)))).get(partition)
      expect([again?.logStartOffset, again?.endOffset]).toEqual([4, 6])
    },
  )

  it('a log that restarted empty, above what the disk had lost, goes on there', async () => {
    const disk = await newDisk()
    const first = await openLog(disk)
    await appendAcked(first, makeBatch())
    await first.close({ clean: false })
    const log = await openLog(disk, { logStartOffset: 5, durability: 'os' })
    expect([log.logStartOffset, log.endOffset, log.recoveryPoint, log.checkpointLogStart]).toEqual([5, 5, 5, undefined])
    const again = await openLog(disk.powerCut(seededRandom(1)), {
      recoveryPoint: log.recoveryPoint,
      durability: 'os',
    })
    expect([again.logStartOffset, again.endOffset]).toEqual([5, 5])
  })

  it.each(seeds)('leader epochs found by recovery are not lost with the next one (seed %i)', async (seed) => {
    const disk = await newDisk()
    const log = await (await open(disk)).ensureLog(partition, testTopicId)
    for (let epoch = 0; epoch < 4; epoch++) await fill(log, 4, epoch)
    const epochs = log.leaderEpochs
    const crashed = disk.powerCut(seededRandom(seed))
    // As after the first epoch: the others were not on the disk yet.
    const file = crashed.disk.file(`${directory}/leader-epoch-checkpoint`, 'replace')
    crashed.disk.truncate(file, 0)
    crashed.disk.write(file, Buffer.from('0\n1\n0 0\n'), 0)
    const second = await open(crashed)
    await second.checkpoint()
    const third = await open(crashed.powerCut(seededRandom(seed + 100)))
    expect(third.get(partition)?.leaderEpochs).toEqual(epochs)
  })

  it.each(seeds)('aborted records stay aborted, however often the log is recovered (seed %i)', async (seed) => {
    const disk = await newDisk()
    const log = await (await open(disk)).ensureLog(partition, testTopicId)
    await appendAborted(log)
    await fill(log, 1)
    log.roll()
    await fill(log, 1)
    const crashed = disk.powerCut(seededRandom(seed))
    for (const { name } of crashed.disk.list(directory)) {
      if (name.endsWith('index')) crashed.disk.remove(`${directory}/${name}`)
    }
    const second = await open(crashed)
    await second.checkpoint()
    const third = await open(crashed.powerCut(seededRandom(seed + 100)))
    expect(await abortedOf(third.get(partition) as Log)).toMatchObject([
      { producerId: 7, firstOffset: 0, lastOffset: 1 },
    ])
  })

  it('indexes from an earlier stop are not trusted for a segment that was rolled since', async () => {
    const disk = await newDisk()
    const first = await open(disk)
    await fill(await first.ensureLog(partition, testTopicId), 1)
    await first.close({ clean: true, brokerEpoch: 1 })
    const second = await open(disk.restart() as FaultyFileSystem)
    const log = second.get(partition) as Log
    await appendAborted(log)
    await second.checkpoint()
    log.roll()
    // The process dies when the new segment has its file, and the old one not yet its indexes.
    await log.close({ clean: false })
    disk.disk.create(`${directory}/${String(log.endOffset).padStart(20, '0')}.log`)
    const third = await open(disk.restart() as FaultyFileSystem)
    expect(await abortedOf(third.get(partition) as Log)).toMatchObject([{ producerId: 7, firstOffset: 1 }])
  })

  it.each(seeds)('a truncation leaves no hole, wherever it was (seed %i)', async (seed) => {
    for (let count = 0; count < 40; count += 4) {
      const disk = await newDisk()
      const log = await (await open(disk)).ensureLog(partition, testTopicId)
      await fill(log, 12)
      void log.truncateTo(4)
      await turns(count)
      const manager = await open(disk.powerCut(seededRandom(seed * 100 + count)))
      expect(manager.failedLogs).toEqual([])
      const again = manager.get(partition) as Log
      const size = (await readAll(again)).length
      expect([count, size]).toEqual([count, (again.endOffset * size) / Math.max(1, again.endOffset)])
      expect(size % again.endOffset).toBe(0)
      expect(size / again.endOffset).toBe(makeBatch({ valueSize: 300 }).length)
    }
  })

  it.each(seeds)('what is left of a truncation is there, without fsync too (seed %i)', async (seed) => {
    const disk = await newDisk()
    const manager = await open(disk, { durability: 'os' })
    const log = await manager.ensureLog(partition, testTopicId)
    log.startEpoch(0)
    await log.flush()
    for (let index = 0; index < 4; index++) log.append(makeBatch(), client)
    await log.truncateTo(2)
    expect(log.durableOffset).toBe(2)
    const again = await open(disk.powerCut(seededRandom(seed)), { durability: 'os' })
    expect(again.get(partition)?.endOffset).toBe(2)
  })

  it.each(seeds)(
    'records that were about to be removed know their epochs when they come back (seed %i)',
    async (seed) => {
      const disk = await newDisk()
      const log = await (await open(disk)).ensureLog(partition, testTopicId)
      for (let epoch = 0; epoch < 4; epoch++) await fill(log, 3, epoch)
      const files = disk.copy()
      await log.deleteRecordsBefore(8)
      await log.flush()
      const epochs = await disk.readFile(`${directory}/leader-epoch-checkpoint`, 1000)
      const file = files.disk.file(`${directory}/leader-epoch-checkpoint`, 'replace')
      files.disk.truncate(file, 0)
      files.disk.write(file, epochs, 0)
      const again = (await open(files.powerCut(seededRandom(seed)))).get(partition) as Log
      expect([again.logStartOffset, again.epochForOffset(0), again.epochForOffset(4)]).toEqual([0, 0, 1])
    },
  )
})

describe('after a killed process', () => {
  it('the log starts no lower than before, whatever of the old segments was removed', async () => {
    for (let count = 0; count < 120; count++) {
      const disk = await newDisk()
      const manager = await open(disk)
      const log = await manager.ensureLog(partition, testTopicId)
      await fill(log, 10)
      await log.deleteRecordsBefore(1)
      await manager.checkpoint()
      log.append(makeBatch({ valueSize: 300 }), client)
      log.updateConfig({ ...small, retentionBytes: 1 })
      void manager.checkpoint()
      await turns(count % 12)
      void log.upkeep.applyRetention()
      await turns(Math.floor(count / 12))
      const again = await open(disk.powerCut(seededRandom(count)))
      expect(again.get(partition)?.logStartOffset, `${count}`).toBeGreaterThanOrEqual(1)
    }
  })

  it('a transaction whose end was removed with its segment is not open', async () => {
    const disk = await newDisk()
    const first = await open(disk)
    const log = await first.ensureLog(partition, testTopicId)
    await appendAcked(log, makeBatch({ producerId: 7, epoch: 0, baseSequence: 0, isTransactional: true }))
    await first.close({ clean: true, brokerEpoch: 1 })
    const second = await open(disk.restart() as FaultyFileSystem)
    const next = second.get(partition) as Log
    next.append(makeMarker('Commit', 7, 0), { origin: 'coordinator', leaderEpoch: 0 })
    await next.flush()
    next.roll()
    await fill(next, 2)
    await next.flush()
    await next.deleteRecordsBefore(2)
    for (const { name } of disk.disk.list(directory)) {
      if (name.endsWith('2.snapshot')) disk.disk.remove(`${directory}/${name}`)
    }
    const third = await open(disk.restart() as FaultyFileSystem)
    const found = third.get(partition) as Log
    found.advanceHighWatermark(found.endOffset)
    expect([found.logStartOffset, found.lastStableOffset]).toEqual([2, 4])
  })
})

describe('under way', () => {
  it('a truncation and a flush do not meet', async () => {
    for (let count = 0; count < 12; count++) {
      const disk = new FaultyFileSystem(systemClock)
      const log = await openLog(disk, { durability: 'os' })
      for (let index = 0; index < 3; index++) log.append(makeBatch(), client)
      const truncated = log.truncateFullyAndStartAt(9)
      await turns(count)
      await Promise.all([truncated, log.flush()])
      expect([count, log.failure, log.endOffset]).toEqual([count, undefined, 9])
    }
  })

  it('a truncation that finds no space for its checkpoint leaves the log in use', async () => {
    const disk = await newDisk()
    const manager = await open(disk)
    const log = await manager.ensureLog(partition, testTopicId)
    await fill(log, 6)
    for (const truncate of [() => log.truncateTo(3), () => log.truncateFullyAndStartAt(40)]) {
      disk.injectFaults(({ name, path }) =>
        name === 'write' && path.includes('checkpoint.tmp') ? { error: 'no-space' } : undefined,
      )
      await expect(truncate()).rejects.toMatchObject({ code: 'no-space' })
      disk.injectFaults(undefined)
      expect([log.failure, log.endOffset > 5]).toEqual([undefined, true])
      await fill(log, 1)
    }
    await log.truncateTo(3)
    expect([log.endOffset, log.recoveryPoint]).toEqual([3, 3])
  })

  it('a segment that is begun while old ones are removed has no file before what is below it is durable', async () => {
    for (let count = 0; count < 200; count++) {
      const disk = await newDisk()
      const log = await (await open(disk)).ensureLog(partition, testTopicId)
      await fill(log, 8)
      void log.deleteRecordsBefore(6)
      await turns(count % 20)
      log.append(makeBatch({ valueSize: 500 }), client)
      log.roll()
      await turns(Math.floor(count / 20))
      const manager = await open(disk.powerCut(seededRandom(count)))
      expect([count, manager.failedLogs]).toEqual([count, []])
      const again = manager.get(partition) as Log
      const bytes = await readAll(again)
      const last = batchOffsets(bytes).at(-1)?.[1]
      expect([count, again.endOffset]).toEqual([count, (last ?? -1) + 1])
    }
  })
})

async function appendAborted(log: Log): Promise<void> {
  await appendAcked(log, makeBatch({ producerId: 7, epoch: 0, baseSequence: 0, isTransactional: true }))
  log.append(makeMarker('Abort', 7, 0), { origin: 'coordinator', leaderEpoch: 0 })
  await log.flush()
}

async function abortedOf(log: Log): Promise<unknown> {
  log.advanceHighWatermark(log.endOffset)
  const options = { sizeMax: 1 << 20, upperOffset: log.endOffset, minOneBatch: true, needsAborted: true }
  const result = await log.read(log.logStartOffset, options)
  await bytesOf(result)
  return result.kind === 'slice' ? result.aborted : undefined
}
