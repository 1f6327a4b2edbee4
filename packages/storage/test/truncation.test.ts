import { systemClock } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { MemoryFileSystem } from '../src/fs/memory.ts'
import { makeBatch } from './batches.ts'
import { appendAcked, openLog, readAll } from './logs.ts'

describe('a truncation into the middle of a batch', () => {
  it('ends the log where the batch began, as the next start finds it', async () => {
    const disk = new MemoryFileSystem(systemClock)
    const log = await openLog(disk)
    for (let count = 0; count < 4; count++) await appendAcked(log, makeBatch({ count: 5 }))
    log.advanceHighWatermark(20)
    await log.truncateTo(12)
    expect([log.endOffset, log.durableOffset, log.highWatermark]).toEqual([10, 10, 10])
    await log.close({ clean: false })
    const again = await openLog(disk.restart(), { highWatermark: 10, recoveryPoint: 10 })
    expect(again.endOffset).toBe(10)
    expect(await appendAcked(again, makeBatch())).toBe(10)
  })

  it('leaves a log that goes on, and can be recovered after a crash', async () => {
    const disk = new MemoryFileSystem(systemClock)
    const log = await openLog(disk)
    for (let count = 0; count < 2; count++) await appendAcked(log, makeBatch({ count: 5 }))
    await log.truncateTo(7)
    await appendAcked(log, makeBatch({ count: 2 }), 1)
    log.advanceHighWatermark(log.endOffset)
    await log.close({ clean: false })
    const again = await openLog(disk.restart(), { highWatermark: 7 })
    expect([again.endOffset, again.leaderEpochs]).toEqual([
      7,
      [0, 1].map((epoch) => ({ epoch, startOffset: epoch * 5 })),
    ])
    expect((await readAll(again)).length).toBe(makeBatch({ count: 5 }).length + makeBatch({ count: 2 }).length)
  })

  it('may take all of a segment', async () => {
    const disk = new MemoryFileSystem(systemClock)
    const log = await openLog(disk)
    for (let count = 0; count < 3; count++) {
      await appendAcked(log, makeBatch({ count: 5 }))
      log.roll()
    }
    await log.truncateTo(7)
    expect(log.endOffset).toBe(5)
    await log.close({ clean: true })
    const again = await openLog(disk.restart(), { cleanShutdown: true, recoveryPoint: 5 })
    expect(await appendAcked(again, makeBatch())).toBe(5)
  })

  it('empties a log that starts in the middle of that batch', async () => {
    const disk = new MemoryFileSystem(systemClock)
    const log = await openLog(disk)
    for (let count = 0; count < 2; count++) await appendAcked(log, makeBatch({ count: 5 }))
    log.advanceHighWatermark(10)
    await log.deleteRecordsBefore(6)
    await log.truncateTo(8)
    expect([log.logStartOffset, log.endOffset, log.highWatermark]).toEqual([6, 6, 6])
    await log.close({ clean: false })
    const again = await openLog(disk.restart(), { highWatermark: 6, logStartOffset: 6 })
    expect([again.logStartOffset, await appendAcked(again, makeBatch())]).toEqual([6, 6])
  })

  it('into a closed segment lets its first batch tell when it is full, as before', async () => {
    const disk = new MemoryFileSystem(systemClock)
    const config = { segmentMs: 1000 }
    const log = await openLog(disk, { config })
    for (const timestamp of [1000, 1100]) await appendAcked(log, makeBatch({ timestamp }))
    log.roll()
    await appendAcked(log, makeBatch({ timestamp: 1200 }))
    await log.close({ clean: true })
    const again = await openLog(disk.restart(), { config, cleanShutdown: true, recoveryPoint: 3 })
    await again.truncateTo(1)
    await appendAcked(again, makeBatch({ timestamp: 1900 }))
    await appendAcked(again, makeBatch({ timestamp: 2100 }))
    expect(again.segmentInfos.map(({ baseOffset }) => baseOffset)).toEqual([0, 2])
  })
})
