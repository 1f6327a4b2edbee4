/** Transactions whose markers compaction takes: nothing may make them open again. Found by tests/torture. */
import { inlineWorkers, ManualClock, seededRandom, sha256, silentLogger } from '@millrace/base'
import { BatchHeader } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { createCleanJob } from '../src/cleaner/clean.ts'
import { type FaultRule, FaultyFileSystem } from '../src/fs/faulty.ts'
import type { FileSystem } from '../src/fs/port.ts'
import type { Log } from '../src/log.ts'
import { LogCleaner } from '../src/log-cleaner.ts'
import { whenAckable } from '../src/when-ackable.ts'
import { makeBatch, makeMarker } from './batches.ts'
import { cleanerSettings, openLog, readAll } from './logs.ts'

const time = new ManualClock()
const clock = {
  now: () => time.now(),
  monotonic: () => time.monotonic(),
  schedule: (delayMs: number, callback: () => void) => time.schedule(delayMs, callback),
  defer: (callback: () => void) => void setImmediate(callback),
}
const config = { cleanupPolicy: ['compact'], deleteRetentionMs: 1000, minCleanableDirtyRatio: 0 } as const
const noSnapshots: FaultRule = ({ path }) => (path.endsWith('.snapshot.tmp') ? { error: 'no-space' } : undefined)

async function open(disk: FileSystem): Promise<Log> {
  const log = await openLog(disk, { config, clock })
  log.updateConfig(log.config)
  return log
}

async function take(log: Log, batch: Buffer): Promise<void> {
  const result = log.append(batch, { origin: 'coordinator', leaderEpoch: 0 })
  if (result.kind !== 'appended') throw new Error(`not appended: ${JSON.stringify(result)}`)
  await whenAckable(log, result.lastOffset + 1)
  log.advanceHighWatermark(log.endOffset)
}

async function clean(disk: FileSystem, log: Log): Promise<void> {
  let cleanedOffset: number | undefined
  const cleaner = new LogCleaner({
    clock,
    random: seededRandom(1),
    logger: silentLogger,
    workers: inlineWorkers,
    job: createCleanJob({ fileSystem: disk, clock, digest: sha256 }),
    settings: () => cleanerSettings,
    logs: () => [log],
    cleanedOffset: () => cleanedOffset,
    onCleaned: async (_, offset) => {
      cleanedOffset = offset
    },
  })
  for (let round = 0; round < 3; round++) {
    await cleaner.cleanAll()
    time.advance(5000)
    await take(log, makeBatch())
    log.roll()
    await take(log, makeBatch())
    await log.flush()
  }
  await cleaner.stop()
}

/** A log with a transaction that is open in its only snapshot, and aborted since. Until then, all further snapshots fail. */
async function worldWithOldSnapshot() {
  const disk = new FaultyFileSystem(clock)
  const log = await open(disk)
  await take(log, makeBatch({ producerId: 7, epoch: 0, baseSequence: 0, isTransactional: true }))
  log.roll()
  await take(log, makeBatch())
  await log.flush()
  // The snapshot stands before the first segment now, so that no cleaning removes it.
  await log.deleteRecordsBefore(1)
  disk.injectFaults(noSnapshots)
  await take(log, makeMarker('Abort', 7, 1))
  await take(log, makeBatch())
  log.roll()
  await take(log, makeBatch())
  await log.flush()
  return { disk, log }
}

/** Offsets of the control batches that say how a transaction ended. */
async function markersOf(log: Log): Promise<number[]> {
  const bytes = await readAll(log)
  const offsets: number[] = []
  for (let at = 0; at < bytes.length; at += BatchHeader.size(bytes, at)) {
    const isMarker = BatchHeader.isControl(bytes, at) && BatchHeader.recordCount(bytes, at) > 0
    if (isMarker) offsets.push(BatchHeader.baseOffset(bytes, at))
  }
  return offsets
}

async function expectNothingOpen(disk: FaultyFileSystem): Promise<void> {
  disk.injectFaults(undefined)
  const log = await open(disk.powerCut(seededRandom(1)))
  log.advanceHighWatermark(log.endOffset)
  expect(log.lastStableOffset).toBe(log.endOffset)
}

describe('a transaction that ended before a cleaning', () => {
  it('stays ended when the only snapshot still has it open', async () => {
    const { disk, log } = await worldWithOldSnapshot()
    await clean(disk, log)
    await expectNothingOpen(disk)
  })

  it('keeps its marker as long as there is no room for a snapshot, and loses it afterwards', async () => {
    const { disk, log } = await worldWithOldSnapshot()
    await clean(disk, log)
    expect(await markersOf(log)).toEqual([2])
    disk.injectFaults(undefined)
    await clean(disk, log)
    expect(await markersOf(log)).toEqual([])
    await expectNothingOpen(disk)
  })

  it('stays ended when the log was recovered before it was cleaned', async () => {
    const { disk, log } = await worldWithOldSnapshot()
    await log.close({ clean: false })
    disk.injectFaults(undefined)
    const again = await open(disk)
    await clean(disk, again)
    await expectNothingOpen(disk)
  })
})
