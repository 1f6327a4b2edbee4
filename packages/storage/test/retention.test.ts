import { ManualClock } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { MemoryFileSystem } from '../src/fs/memory.ts'
import type { Log } from '../src/log.ts'
import { batchOffsets, makeBatch, makeMarker } from './batches.ts'
import { appendAcked, openLog, readAll } from './logs.ts'

const hour = 3_600_000
const start = 1_750_000_000_000

async function world(config: Parameters<typeof openLog>[1] = {}) {
  const time = new ManualClock(start)
  const clock = {
    now: () => time.now(),
    monotonic: () => time.monotonic(),
    schedule: (delayMs: number, callback: () => void) => time.schedule(delayMs, callback),
    defer: (callback: () => void) => void setImmediate(callback),
  }
  const disk = new MemoryFileSystem(clock)
  const open = async (more: Parameters<typeof openLog>[1] = {}) => {
    const log = await openLog(disk, { clock, ...config, ...more })
    log.updateConfig(log.config)
    return log
  }
  const names = async (kind: RegExp) =>
    (await disk.list('/data/t-0')).map(({ name }) => name).filter((name) => kind.test(name))
  return { time, disk, open, names, log: await open() }
}

async function fill(log: Log, count: number, timestamp = start): Promise<void> {
  for (let index = 0; index < count; index++) await appendAcked(log, makeBatch({ timestamp, valueSize: 400 }))
  log.advanceHighWatermark(log.endOffset)
}

const small = { segmentBytes: 1000, retentionMs: 5 * hour }

describe('retention of a log', () => {
  it('does nothing before the settings of the topic are known', async () => {
    const { disk, time } = await world()
    const log = await openLog(disk, { directory: '/data/u-0', config: { ...small, retentionBytes: 0 } })
    await fill(log, 6)
    time.advance(9 * hour)
    expect(await log.upkeep.applyRetention()).toBeUndefined()
  })

  it('removes old segments with all their files, after a delay, and moves the log start', async () => {
    const { time, log, names } = await world({ config: small })
    await fill(log, 4)
    time.advance(4 * hour)
    await fill(log, 3, start + 4 * hour)
    await log.flush()
    expect(await names(/\.log$/)).toHaveLength(4)
    time.advance(2 * hour)
    expect(await log.upkeep.applyRetention()).toMatchObject({
      deleteCount: 2,
      startOffset: 4,
      reasons: ['retention.ms'],
    })
    expect([log.logStartOffset, log.endOffset]).toEqual([4, 7])
    expect(await names(/\.log$/)).toEqual(['00000000000000000004.log', '00000000000000000006.log'])
    expect(await names(/\.(index|timeindex|log)\.deleted$/)).toHaveLength(6)
    expect(batchOffsets(await readAll(log))).toEqual([
      [4, 4],
      [5, 5],
      [6, 6],
    ])
    time.advance(60_000)
    await new Promise(setImmediate)
    expect(await names(/\.deleted$/)).toEqual([])
    expect(await log.upkeep.applyRetention()).toBeUndefined()
  })

  it('empties a log, which goes on at its offset, also after a crash at once', async () => {
    const { time, log, open, names } = await world({ config: small })
    await fill(log, 5)
    time.advance(6 * hour)
    expect(await log.upkeep.applyRetention()).toMatchObject({ rolls: true, startOffset: 5 })
    expect([log.logStartOffset, log.endOffset, log.sizeInBytes]).toEqual([5, 5, 0])
    expect(await names(/\.log$/)).toEqual(['00000000000000000005.log'])
    await log.close({ clean: false })
    const again = await open()
    expect([again.logStartOffset, again.endOffset]).toEqual([5, 5])
    expect(await appendAcked(again, makeBatch())).toBe(5)
  })

  it('looks up the timestamps of segments that were closed before the start', async () => {
    const { time, log, open } = await world({ config: small })
    await fill(log, 5)
    await log.close({ clean: true })
    const again = await open({ cleanShutdown: true })
    again.advanceHighWatermark(5)
    time.advance(4 * hour)
    expect(await again.upkeep.applyRetention()).toBeUndefined()
    time.advance(2 * hour)
    expect(await again.upkeep.applyRetention()).toMatchObject({ deleteCount: 3 })
  })

  it('takes the time of the file for records without timestamps', async () => {
    const { time, log } = await world({ config: { ...small, messageTimestampBeforeMaxMs: Number.MAX_SAFE_INTEGER } })
    await fill(log, 3, -1)
    expect(await log.upkeep.applyRetention()).toBeUndefined()
    time.advance(6 * hour)
    expect(await log.upkeep.applyRetention()).toMatchObject({ rolls: true })
  })

  it('keeps what is not committed, and does not disturb a reader', async () => {
    const { time, log } = await world({ config: small })
    await fill(log, 3)
    await appendAcked(log, makeBatch({ valueSize: 400 }))
    await appendAcked(log, makeBatch({ valueSize: 400 }))
    const read = await log.read(0, { sizeMax: 1, upperOffset: 3, minOneBatch: true })
    time.advance(6 * hour)
    expect(await log.upkeep.applyRetention()).toMatchObject({ deleteCount: 1, startOffset: 2 })
    time.advance(hour)
    if (read.kind !== 'slice' || read.slice === undefined) throw new Error('nothing was read')
    expect(batchOffsets(await read.slice.read())).toEqual([[0, 0]])
    read.slice.release()
  })
})

describe('snapshots of producers', () => {
  const idempotent = (baseSequence: number) => makeBatch({ producerId: 7, epoch: 0, baseSequence, valueSize: 400 })

  it('are written where segments end and at a clean stop, and those that nobody needs go', async () => {
    const { log, open, names } = await world({ config: { segmentBytes: 1000 } })
    for (let sequence = 0; sequence < 5; sequence++) await appendAcked(log, idempotent(sequence))
    await log.flush()
    expect(await names(/snapshot$/)).toEqual(['00000000000000000002.snapshot', '00000000000000000004.snapshot'])
    await log.close({ clean: true })
    expect(await names(/snapshot$/)).toContain('00000000000000000005.snapshot')
    const second = await open({ cleanShutdown: true })
    expect(second.activeProducers()).toMatchObject([{ producerId: 7 }])
    expect(second.activeProducers()[0]?.batches.map(({ lastSequence }) => lastSequence)).toEqual([2, 3, 4])
    await appendAcked(second, idempotent(5))
    await second.close({ clean: true })
    const third = await open({ cleanShutdown: true })
    expect(await names(/snapshot$/)).toEqual([2, 4, 6].map((offset) => `${String(offset).padStart(20, '0')}.snapshot`))
    await third.close({ clean: true })
    expect(await names(/snapshot$/)).toHaveLength(3)
  })

  it('are not believed beyond a cut', async () => {
    const { log, names } = await world({ config: { segmentBytes: 1000 } })
    for (let sequence = 0; sequence < 5; sequence++) await appendAcked(log, idempotent(sequence))
    await log.flush()
    await log.truncateTo(3)
    expect(await names(/snapshot$/)).toEqual(['00000000000000000002.snapshot'])
    expect(log.activeProducers()[0]?.batches.map(({ lastOffset }) => lastOffset)).toEqual([0, 1, 2])
  })
})

describe('the index of aborted transactions', () => {
  const batch = (producerId: number, baseSequence: number) =>
    makeBatch({ producerId, epoch: 0, baseSequence, isTransactional: true, valueSize: 400 })
  const marker = (log: Log, type: 'Abort' | 'Commit', producerId: number) =>
    log.append(makeMarker(type, producerId, 0), { origin: 'coordinator', leaderEpoch: 0 })
  const abortedIn = async (log: Log, offset = log.logStartOffset) => {
    const options = { sizeMax: 1 << 20, upperOffset: log.endOffset, minOneBatch: true, needsAborted: true }
    const read = await log.read(offset, options)
    if (read.kind !== 'slice') throw new Error('out of range')
    read.slice?.release()
    return read.aborted?.map(({ producerId, firstOffset, lastOffset }) => [producerId, firstOffset, lastOffset])
  }

  it('has what was aborted, over rolls, cuts, crashes and clean stops', async () => {
    const { log, open, names } = await world({ config: { segmentBytes: 1000 } })
    await appendAcked(log, batch(1, 0))
    await appendAcked(log, batch(2, 0))
    await appendAcked(log, batch(1, 1))
    marker(log, 'Abort', 1)
    marker(log, 'Commit', 2)
    await appendAcked(log, batch(2, 1))
    marker(log, 'Abort', 2)
    await log.flush()
    const expected = [
      [1, 0, 3],
      [2, 5, 6],
    ]
    expect(await abortedIn(log)).toEqual([[1, 0, 3]])
    expect(await abortedIn(log, 5)).toEqual([[2, 5, 6]])
    await log.close({ clean: false })
    const crashed = await open()
    expect([await abortedIn(crashed), await abortedIn(crashed, 5)]).toEqual([[[1, 0, 3]], [[2, 5, 6]]])
    await crashed.close({ clean: true })
    expect(await names(/txnindex$/)).toHaveLength(2)
    const clean = await open({ cleanShutdown: true })
    expect([...((await abortedIn(clean)) ?? []), ...((await abortedIn(clean, 5)) ?? [])]).toEqual(expected)
    await clean.truncateTo(6)
    expect(await abortedIn(clean, 5)).toEqual([])
    expect(clean.lastStableOffset).toBe(0)
    clean.advanceHighWatermark(6)
    expect(clean.lastStableOffset).toBe(5)
  })
})
