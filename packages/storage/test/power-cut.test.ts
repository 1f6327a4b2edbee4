import { type Random, randomBelow, seededRandom, silentLogger, systemClock } from '@millrace/base'
import { BatchHeader } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { defaultLogConfig } from '../src/config.ts'
import { formatDirectory } from '../src/data-directory.ts'
import { FaultyFileSystem, seededFaults } from '../src/fs/faulty.ts'
import type { OperationName } from '../src/fs/memory.ts'
import type { Log } from '../src/log.ts'
import type { Durability } from '../src/log-options.ts'
import { LogManager } from '../src/manager.ts'
import { whenAckable } from '../src/when-ackable.ts'
import { makeBatch } from './batches.ts'
import { readAll, testTopicId } from './logs.ts'

const config = { ...defaultLogConfig, segmentBytes: 2000, indexIntervalBytes: 200, fileDeleteDelayMs: 0 }
const partition = { topic: 't', partition: 0 }

/** Without timers: nothing of a dead process goes on. */
const clock = { ...systemClock, schedule: () => ({ cancel() {} }) }

async function openManager(disk: FaultyFileSystem, durability: Durability, seed: number): Promise<LogManager> {
  return LogManager.open({
    fileSystem: disk,
    directories: ['/data'],
    nodeId: 1,
    clock,
    random: seededRandom(seed),
    logger: silentLogger,
    durability,
    configFor: () => config,
  })
}

async function newDisk(): Promise<FaultyFileSystem> {
  const disk = new FaultyFileSystem(systemClock)
  await disk.makeDirectory('/data')
  await disk.syncDirectory('/')
  await formatDirectory(disk, '/data', { version: 1, clusterId: 'c', nodeId: 1, directoryId: testTopicId })
  return disk
}

/** What must still be there: batches by base offset, up to the last acknowledged one. */
interface Promised {
  readonly batches: Map<number, Buffer>
  ackedOffset: number
  startOffset: number
}

function turns(count: number): Promise<void> {
  return new Promise((resolve) => {
    const step = (left: number) => (left === 0 ? resolve() : systemClock.defer(() => step(left - 1)))
    step(count)
  })
}

/** Appends, checkpoints, truncates and deletes at random until the power fails in the middle of it. */
async function runUntilCut(
  manager: LogManager,
  log: Log,
  epoch: number,
  promised: Promised,
  random: Random,
): Promise<void> {
  const stop = log.listen({
    onAdvance: () => {
      promised.ackedOffset = Math.max(promised.ackedOffset, log.ackableOffset)
      log.advanceHighWatermark(log.ackableOffset)
    },
  })
  for (let step = 0; step < 30; step++) {
    const what = randomBelow(random, 20)
    if (what === 0) void manager.checkpoint().catch(() => {})
    else if (what === 1 && log.failure === undefined) log.roll()
    else if (what === 2 && log.highWatermark > log.logStartOffset) {
      const offset = log.logStartOffset + randomBelow(random, log.highWatermark - log.logStartOffset)
      promised.startOffset = Math.max(promised.startOffset, offset)
      void log.deleteRecordsBefore(offset).catch(() => {})
    } else {
      const batch = makeBatch({
        count: 1 + randomBelow(random, 4),
        valueSize: randomBelow(random, 300),
        fill: 1 + randomBelow(random, 200),
      })
      const result = log.append(batch, { origin: 'client', leaderEpoch: epoch })
      if (result.kind === 'appended') promised.batches.set(result.baseOffset, batch)
    }
    await turns(randomBelow(random, 6))
  }
  stop()
}

async function expectPromised(log: Log, promised: Promised, where: string): Promise<void> {
  expect(log.endOffset, where).toBeGreaterThanOrEqual(promised.ackedOffset)
  // Deleted records may come back: the start is in a checkpoint now and then only.
  expect(log.logStartOffset, where).toBeLessThanOrEqual(promised.startOffset)
  const bytes = await readAll(log)
  for (let at = 0; at < bytes.length; at += BatchHeader.size(bytes, at)) {
    const base = BatchHeader.baseOffset(bytes, at)
    const appended = promised.batches.get(base)
    expect(appended?.equals(bytes.subarray(at, at + BatchHeader.size(bytes, at))), `${where}: batch at ${base}`).toBe(
      true,
    )
  }
  for (const base of promised.batches.keys()) if (base >= log.endOffset) promised.batches.delete(base)
}

describe('a power cut', () => {
  it('loses nothing acknowledged under fsync, however often it happens', async () => {
    let lost = 0
    for (let seed = 1; seed <= 60; seed++) {
      const random = seededRandom(seed)
      let disk = await newDisk()
      const promised: Promised = { batches: new Map(), ackedOffset: 0, startOffset: 0 }
      for (let epoch = 0; epoch < 4; epoch++) {
        const where = `seed ${seed}, start ${epoch}`
        const manager = await openManager(disk, 'fsync', seed)
        expect(manager.failedLogs, where).toEqual([])
        const log = await manager.ensureLog(partition, testTopicId)
        await expectPromised(log, promised, where)
        log.startEpoch(epoch)
        if (randomBelow(random, 5) === 0) {
          await manager.close({ clean: true, brokerEpoch: epoch })
          continue
        }
        await runUntilCut(manager, log, epoch, promised, random)
        lost += log.endOffset - promised.ackedOffset
        disk = disk.powerCut(random)
      }
    }
    // The cuts came while something was under way.
    expect(lost).toBeGreaterThan(20)
  })

  it('loses nothing acknowledged when calls fail as well, and the log goes on or goes offline', async () => {
    const outcomes = { offline: 0, failed: 0 }
    for (let seed = 1; seed <= 60; seed++) {
      const random = seededRandom(seed)
      let disk = await newDisk()
      const promised: Promised = { batches: new Map(), ackedOffset: 0, startOffset: 0 }
      for (let epoch = 0; epoch < 4; epoch++) {
        const where = `seed ${seed}, start ${epoch}`
        const manager = await openManager(disk, 'fsync', seed)
        expect(manager.failedLogs, where).toEqual([])
        const log = await manager.ensureLog(partition, testTopicId)
        await expectPromised(log, promised, where)
        log.startEpoch(epoch)
        const stop = log.listen({
          onFailure: (_, { code }) => void outcomes[code === 'offline' ? 'offline' : 'failed']++,
        })
        const names: OperationName[] =
          randomBelow(random, 2) === 0 ? ['write'] : ['write', 'open', 'rename', 'sync', 'truncate']
        disk.injectFaults(seededFaults(random, 12, names))
        await runUntilCut(manager, log, epoch, promised, random)
        stop()
        disk = disk.powerCut(random)
      }
    }
    expect(outcomes.offline).toBeGreaterThan(20)
    expect(outcomes.failed).toBeGreaterThan(50)
  })

  it('keeps every log that was made, and its topic id, once something in it was acknowledged', async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const disk = await newDisk()
      const manager = await openManager(disk, 'fsync', seed)
      const logs = await Promise.all(
        [0, 1, 2].map((index) => manager.ensureLog({ topic: 't', partition: index }, testTopicId)),
      )
      for (const log of logs.slice(1)) log.append(makeBatch(), { origin: 'client', leaderEpoch: 0 })
      await whenAckable(logs[1] as Log, 1)
      const again = await openManager(disk.powerCut(seededRandom(seed)), 'fsync', seed)
      expect(again.failedLogs).toEqual([])
      expect(again.get({ topic: 't', partition: 1 })?.topicId, `seed ${seed}`).toBe(testTopicId)
      expect(again.get({ topic: 't', partition: 1 })?.endOffset, `seed ${seed}`).toBe(1)
    }
  })

  it('is noticed by these tests: without syncs, something acknowledged is lost', async () => {
    let losses = 0
    for (let seed = 1; seed <= 20; seed++) {
      const random = seededRandom(seed)
      const disk = await newDisk()
      const promised: Promised = { batches: new Map(), ackedOffset: 0, startOffset: 0 }
      const manager = await openManager(disk, 'os', seed)
      await runUntilCut(manager, await manager.ensureLog(partition, testTopicId), 0, promised, random)
      const again = await openManager(disk.powerCut(random), 'os', seed)
      expect(again.failedLogs, `seed ${seed}`).toEqual([])
      if ((again.get(partition)?.endOffset ?? 0) < promised.ackedOffset) losses++
    }
    expect(losses).toBeGreaterThan(10)
  })

  it('does not make a truncation look like damage', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = seededRandom(seed)
      const disk = await newDisk()
      const manager = await openManager(disk, 'fsync', seed)
      const log = await manager.ensureLog(partition, testTopicId)
      for (let count = 0; count < 40; count++)
        log.append(makeBatch({ valueSize: 100 }), { origin: 'client', leaderEpoch: 0 })
      await whenAckable(log, 40)
      log.advanceHighWatermark(40)
      await manager.checkpoint()
      const offset = randomBelow(random, 45)
      const restart = randomBelow(random, 3) === 0
      const done = restart ? log.truncateFullyAndStartAt(offset) : log.truncateTo(offset)
      let isDone = false
      done.then(() => {
        isDone = true
      })
      await turns(randomBelow(random, 60))
      const wasDone = isDone
      const again = await openManager(disk.powerCut(random), 'fsync', seed)
      expect(again.failedLogs, `seed ${seed}`).toEqual([])
      const end = again.get(partition)?.endOffset ?? -1
      const truncated = restart ? offset : Math.min(offset, 40)
      if (wasDone) expect([seed, end]).toEqual([seed, truncated])
      else if (!restart) expect(end, `seed ${seed}`).toBeGreaterThanOrEqual(truncated)
      const next = again.get(partition)?.append(makeBatch(), { origin: 'client', leaderEpoch: 1 })
      expect(next).toMatchObject({ kind: 'appended', baseOffset: end })
      expect(again.get(partition)?.latestEpoch).toBe(1)
    }
  })
})
