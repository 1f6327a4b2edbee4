import { ManualClock, randomBelow, seededRandom, systemClock } from '@millrace/base'
import { BatchHeader, ErrorCode, encodeBatch } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { batchOffsets, makeBatch, makeMarker } from '../test/batches.ts'
import { appendAcked, bytesOf, client, openLog, readAll, testTopicId } from '../test/logs.ts'
import { FaultyFileSystem } from './fs/faulty.ts'
import { MemoryFileSystem } from './fs/memory.ts'
import type { Log } from './log.ts'
import { whenAckable } from './when-ackable.ts'

const small = { segmentBytes: 400, indexIntervalBytes: 100 }
const newDisk = () => new MemoryFileSystem(systemClock)
const follower = { origin: 'follower', leaderEpoch: -1 } as const
const all = { sizeMax: 1 << 20, upperOffset: Number.MAX_SAFE_INTEGER, minOneBatch: true }

/** Counts calls by name. */
function counting(disk: FaultyFileSystem): Record<string, number> {
  const counts: Record<string, number> = {}
  disk.injectFaults(({ name }) => {
    counts[name] = (counts[name] ?? 0) + 1
    return undefined
  })
  return counts
}

describe('append', () => {
  it('gives offsets at once, writes the turn as one group, and syncs once', async () => {
    const disk = new FaultyFileSystem(systemClock)
    const log = await openLog(disk)
    const counts = counting(disk)
    const append = (count: number) => log.append(makeBatch({ count }), client)
    expect(append(3)).toEqual({ kind: 'appended', baseOffset: 0, lastOffset: 2, logAppendTimeMs: -1 })
    expect(append(2)).toMatchObject({ baseOffset: 3, lastOffset: 4 })
    expect([log.endOffset, log.writtenOffset, log.durableOffset, log.highWatermark]).toEqual([5, 0, 0, 0])
    expect(log.advanceHighWatermark(5)).toBe(false)
    await whenAckable(log, 5)
    expect([log.writtenOffset, log.durableOffset]).toEqual([5, 5])
    expect([counts.write, counts.sync]).toEqual([1, 1])
    expect(log.advanceHighWatermark(9)).toBe(true)
    expect([log.highWatermark, log.advanceHighWatermark(3), log.highWatermark]).toEqual([5, false, 5])
    expect(batchOffsets(await readAll(log))).toEqual([
      [0, 2],
      [3, 4],
    ])
  })

  it('acknowledges after the write under os durability, and syncs nothing', async () => {
    const disk = new FaultyFileSystem(systemClock)
    const log = await openLog(disk, { durability: 'os' })
    const counts = counting(disk)
    await appendAcked(log, makeBatch())
    expect([log.ackableOffset, log.writtenOffset, log.durableOffset, counts.sync]).toEqual([1, 1, 0, undefined])
    await log.flush()
    expect([log.durableOffset, log.recoveryPoint]).toEqual([1, 1])
    const strict = await openLog(disk, { directory: '/data/t-1', durability: 'os', config: { flushMessages: 1 } })
    await appendAcked(strict, makeBatch())
    expect(strict.durableOffset).toBe(1)
  })

  it('tells listeners of every step until they leave', async () => {
    const log = await openLog(newDisk())
    const seen: number[][] = []
    const stop = log.listen({ onAdvance: (it) => seen.push([it.endOffset, it.writtenOffset, it.durableOffset]) })
    await appendAcked(log, makeBatch())
    expect(seen).toEqual([
      [1, 0, 0],
      [1, 1, 0],
      [1, 1, 1],
    ])
    stop()
    await appendAcked(log, makeBatch())
    expect(seen).toHaveLength(3)
  })

  it('answers a duplicate with the offsets of the original, before that is durable', async () => {
    const log = await openLog(newDisk())
    const send = () => log.append(makeBatch({ count: 2, producerId: 5, epoch: 0, baseSequence: 0 }), client)
    expect(send()).toMatchObject({ kind: 'appended', baseOffset: 0, lastOffset: 1 })
    expect(send()).toMatchObject({
      kind: 'duplicate',
      baseOffset: 0,
      lastOffset: 1,
      logAppendTimeMs: 1_750_000_000_000,
    })
    expect(log.endOffset).toBe(2)
    const gap = log.append(makeBatch({ producerId: 5, epoch: 0, baseSequence: 3 }), client)
    expect(gap).toMatchObject({ kind: 'refused', errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER })
  })

  it('refuses what the topic does not take, with the records at fault', async () => {
    const log = await openLog(newDisk(), { config: { maxMessageBytes: 200, cleanupPolicy: ['compact'] } })
    const refused = (batch: Buffer) => {
      const result = log.append(batch, client)
      return result.kind === 'refused'
        ? [result.errorCode, result.recordErrors?.map(({ batchIndex }) => batchIndex)]
        : result
    }
    expect(refused(makeBatch({ valueSize: 300 }))).toEqual([ErrorCode.MESSAGE_TOO_LARGE, undefined])
    const keyless = encodeBatch(
      [
        { timestamp: 1, key: 'k', value: 'v' },
        { timestamp: 1, key: null, value: 'v' },
      ],
      {},
    )
    expect(refused(keyless)).toEqual([ErrorCode.INVALID_RECORD, [1]])
    const flipped = makeBatch()
    flipped[70] = (flipped[70] as number) ^ 1
    expect(refused(flipped)).toEqual([ErrorCode.CORRUPT_MESSAGE, undefined])
    expect(refused(makeBatch({ timestamp: systemClock.now() + 4_000_000 }))).toEqual([ErrorCode.INVALID_TIMESTAMP, [0]])
    expect(refused(Buffer.alloc(0))).toEqual([ErrorCode.INVALID_RECORD, undefined])
    expect(log.endOffset).toBe(0)
  })

  it('stamps the time of a topic with LogAppendTime, and stores its compression', async () => {
    const clock = { ...systemClock, now: () => 1_800_000_000_000 }
    const config = { messageTimestampType: 'LogAppendTime', compressionType: 'gzip' } as const
    const log = await openLog(newDisk(), { clock, config })
    expect(log.append(makeBatch({ valueSize: 500 }), client)).toMatchObject({ logAppendTimeMs: 1_800_000_000_000 })
    await whenAckable(log, 1)
    const stored = await readAll(log)
    expect([BatchHeader.codec(stored, 0), BatchHeader.isCrcValid(stored, 0)]).toEqual([1, true])
    expect([BatchHeader.isLogAppendTime(stored, 0), BatchHeader.maxTimestamp(stored, 0)]).toEqual([
      true,
      1_800_000_000_000,
    ])
    expect(stored.length).toBeLessThan(200)
  })

  it('takes a follower’s batches as they are, over gaps but never back', async () => {
    const log = await openLog(newDisk())
    const fetched = () =>
      Buffer.concat([
        makeBatch({ baseOffset: 7, count: 2, leaderEpoch: 4 }),
        makeBatch({ baseOffset: 12, leaderEpoch: 6 }),
      ])
    expect(log.append(fetched(), follower)).toMatchObject({ kind: 'appended', baseOffset: 7, lastOffset: 12 })
    await whenAckable(log, 13)
    expect((await readAll(log)).equals(fetched())).toBe(true)
    expect(log.leaderEpochs).toEqual([
      { epoch: 4, startOffset: 7 },
      { epoch: 6, startOffset: 12 },
    ])
    expect(log.append(fetched(), follower)).toMatchObject({ kind: 'refused', errorCode: ErrorCode.CORRUPT_MESSAGE })
    const damaged = makeBatch({ baseOffset: 13, leaderEpoch: 6 })
    damaged[70] = (damaged[70] as number) ^ 1
    expect(log.append(damaged, follower)).toMatchObject({ kind: 'refused' })
    expect(log.append(makeBatch({ baseOffset: 13 }).subarray(0, 40), follower)).toMatchObject({ kind: 'refused' })
    expect(log.endOffset).toBe(13)
  })

  it('takes batches that are too far apart for one segment', async () => {
    const disk = newDisk()
    const log = await openLog(disk)
    const bases = [5, 3_000_000_000, 9_000_000_000]
    const fetched = Buffer.concat(bases.map((baseOffset) => makeBatch({ baseOffset, leaderEpoch: 1 })))
    expect(log.append(fetched, follower)).toMatchObject({ baseOffset: 5, lastOffset: 9_000_000_000 })
    await whenAckable(log, 9_000_000_001)
    expect(batchOffsets(await readAll(log)).map(([base]) => base)).toEqual(bases)
    expect(log.segmentInfos.map(({ baseOffset }) => baseOffset)).toEqual([0, 3_000_000_000, 9_000_000_000])
    await log.close({ clean: true })
    expect((await openLog(disk, { cleanShutdown: true })).endOffset).toBe(9_000_000_001)
  })

  it('syncs now and then under os durability when flush.messages says so', async () => {
    const log = await openLog(newDisk(), { durability: 'os', config: { flushMessages: 3 } })
    for (let count = 0; count < 2; count++) await appendAcked(log, makeBatch())
    expect([log.ackableOffset, log.durableOffset]).toEqual([2, 0])
    await appendAcked(log, makeBatch())
    await log.flush()
    expect(log.durableOffset).toBe(3)
    await appendAcked(log, makeBatch())
    log.updateConfig({ ...log.config, flushMessages: 1 })
    await whenAckable(log, 4)
    expect(log.durableOffset).toBe(4)
  })

  it('gives the leader’s own batches offsets and epoch, several at once', async () => {
    const log = await openLog(newDisk())
    const batches = Buffer.concat([makeBatch({ count: 2 }), makeBatch({ count: 3 })])
    expect(log.append(batches, { origin: 'raft', leaderEpoch: 9 })).toMatchObject({ baseOffset: 0, lastOffset: 4 })
    await whenAckable(log, 5)
    expect(batchOffsets(await readAll(log))).toEqual([
      [0, 1],
      [2, 4],
    ])
    expect([log.latestEpoch, log.endOffsetForEpoch(9), log.endOffsetForEpoch(3)]).toEqual([
      9,
      { epoch: 9, endOffset: 5 },
      { epoch: 3, endOffset: 0 },
    ])
  })

  it('holds back committed readers from an open transaction until its marker is replicated', async () => {
    const log = await openLog(newDisk())
    await appendAcked(log, makeBatch())
    await appendAcked(log, makeBatch({ count: 2, producerId: 5, epoch: 0, baseSequence: 0, isTransactional: true }))
    log.advanceHighWatermark(3)
    expect([log.highWatermark, log.lastStableOffset]).toEqual([3, 1])
    log.append(makeMarker('Commit', 5, 0), { origin: 'coordinator', leaderEpoch: 0 })
    await whenAckable(log, 4)
    expect(log.lastStableOffset).toBe(1)
    log.advanceHighWatermark(4)
    expect(log.lastStableOffset).toBe(4)
    const stale = log.append(makeMarker('Commit', 5, 0, -1), { origin: 'coordinator', leaderEpoch: 0 })
    expect(stale).toMatchObject({ kind: 'refused', errorCode: ErrorCode.TRANSACTION_COORDINATOR_FENCED })
  })

  it('rolls by size and by time, under the offset that comes next', async () => {
    const log = await openLog(newDisk(), { config: { segmentBytes: 200, segmentMs: 1000 } })
    for (const timestamp of [0, 500, 400, 1400, 1401, 2402]) await appendAcked(log, makeBatch({ timestamp }))
    expect(log.segmentInfos.map(({ baseOffset }) => baseOffset)).toEqual([0, 2, 4, 5])
    log.roll()
    log.roll()
    expect(log.segmentInfos.at(-1)).toEqual({ baseOffset: 6, size: 0 })
  })
})

describe('read', () => {
  it('follows the limits of a fetch', async () => {
    const log = await openLog(newDisk())
    for (let count = 0; count < 5; count++) await appendAcked(log, makeBatch({ count: 2 }))
    const size = makeBatch({ count: 2 }).length
    const read = async (offset: number, sizeMax: number, upperOffset: number, minOneBatch: boolean) => {
      const result = await log.read(offset, { sizeMax, upperOffset, minOneBatch })
      return result.kind === 'slice' ? [result.firstOffset, (await bytesOf(result)).length] : result.kind
    }
    expect(await read(0, 1000, 10, false)).toEqual([0, 5 * size])
    expect(await read(3, 1000, 10, false)).toEqual([2, 4 * size])
    expect(await read(3, 1000, 6, false)).toEqual([2, 2 * size])
    expect(await read(3, 1000, 5, false)).toEqual([2, size])
    expect(await read(3, size + 7, 10, false)).toEqual([2, size + 7])
    expect(await read(3, size - 1, 10, false)).toEqual([3, 0])
    expect(await read(3, 1, 10, true)).toEqual([2, size])
    expect(await read(10, 1000, 10, true)).toEqual([10, 0])
    expect(await read(8, 1000, 6, true)).toEqual([8, 0])
    expect(await read(11, 1000, 20, true)).toBe('out-of-range')
    expect(await read(-1, 1000, 20, true)).toBe('out-of-range')
  })

  it('never gives what is not written', async () => {
    const log = await openLog(newDisk())
    log.append(makeBatch(), client)
    expect(await log.read(0, all)).toMatchObject({ kind: 'slice', slice: undefined })
    await whenAckable(log, 1)
    expect(log.tryRead(0, all)).toMatchObject({ kind: 'slice', firstOffset: 0, slice: { position: 0 } })
  })

  it('finds any offset among segments, with any limits, before and after a restart', async () => {
    for (let seed = 1; seed <= 6; seed++) {
      const random = seededRandom(seed)
      const disk = newDisk()
      const config = { segmentBytes: 1500, indexIntervalBytes: randomBelow(random, 600) }
      let log = await openLog(disk, { config })
      const batches: Buffer[] = []
      for (let count = 0; count < 120; count++) {
        const batch = makeBatch({
          count: 1 + randomBelow(random, 5),
          valueSize: randomBelow(random, 60),
          leaderEpoch: 0,
        })
        batches.push(batch)
        log.append(batch, client)
        if (randomBelow(random, 3) === 0) await whenAckable(log, log.endOffset)
      }
      await whenAckable(log, log.endOffset)
      for (const restart of [false, true]) {
        if (restart) {
          await log.close({ clean: true })
          log = await openLog(disk, { config, cleanShutdown: true })
        }
        for (let round = 0; round < 150; round++) await checkRead(log, batches, random, `seed ${seed} round ${round}`)
      }
    }
  })

  /** Reads somewhere and compares with the batches that were appended. */
  async function checkRead(
    log: Log,
    batches: readonly Buffer[],
    random: ReturnType<typeof seededRandom>,
    where: string,
  ) {
    const offset = randomBelow(random, log.endOffset)
    const upperOffset = randomBelow(random, log.endOffset + 2)
    const sizeMax = 1 + randomBelow(random, 700)
    const minOneBatch = randomBelow(random, 2) === 0
    const result = await log.read(offset, { sizeMax, upperOffset, minOneBatch })
    if (result.kind !== 'slice') throw new Error(`${where}: out of range`)
    const bytes = await bytesOf(result)
    const first = batches.findIndex((batch) => BatchHeader.lastOffset(batch, 0) >= offset)
    const segmentEnd = log.segmentInfos.find(({ baseOffset }) => baseOffset > offset)?.baseOffset ?? log.endOffset
    const limit = Math.min(upperOffset, segmentEnd)
    const readable = batches.slice(first).filter((batch) => BatchHeader.lastOffset(batch, 0) < limit)
    const whole = offset < upperOffset ? Buffer.concat(readable) : Buffer.alloc(0)
    const firstSize = readable[0]?.length ?? 0
    const size = firstSize > sizeMax ? (minOneBatch ? firstSize : 0) : Math.min(sizeMax, whole.length)
    expect(
      bytes.equals(whole.subarray(0, size)),
      `${where}: offset ${offset} below ${upperOffset}, ${sizeMax} bytes`,
    ).toBe(true)
  }

  it('keeps a slice readable while its segment is deleted', async () => {
    const disk = newDisk()
    const log = await openLog(disk, { config: { ...small, fileDeleteDelayMs: 0 } })
    for (let count = 0; count < 20; count++) await appendAcked(log, makeBatch())
    log.advanceHighWatermark(20)
    const result = await log.read(0, all)
    const expected = Buffer.from(await bytesOf(await log.read(0, all)))
    await log.deleteRecordsBefore(12)
    await new Promise<void>((resolve) => systemClock.schedule(5, resolve))
    expect((await disk.list('/data/t-0')).some(({ name }) => name.includes('000000.log'))).toBe(false)
    expect((await bytesOf(result)).equals(expected)).toBe(true)
    expect(await log.read(11, all)).toEqual({ kind: 'out-of-range' })
    expect(batchOffsets(await readAll(log))[0]).toEqual([12, 12])
  })
})

describe('a write that fails', () => {
  async function failing(fault: { error: 'io' | 'no-space' } | { shortBytes: number }) {
    const disk = new FaultyFileSystem(systemClock)
    const log = await openLog(disk, { config: small })
    const batch = (baseSequence: number) => makeBatch({ count: 2, producerId: 5, epoch: 0, baseSequence })
    await appendAcked(log, batch(0))
    log.startEpoch(3)
    const failures: string[] = []
    const endAtFailure: number[] = []
    log.listen({
      onFailure: (it, error) => {
        failures.push(error.code)
        endAtFailure.push(it.endOffset)
      },
    })
    disk.injectFaults(({ name, path }) => (name === 'write' && path.endsWith('.log') ? fault : undefined))
    for (let sequence = 2; sequence < 20; sequence += 2)
      log.append(batch(sequence), { origin: 'client', leaderEpoch: 4 })
    expect([log.endOffset, log.latestEpoch]).toEqual([20, 4])
    await expect(whenAckable(log, 20)).rejects.toMatchObject({ code: 'write-failed' })
    disk.injectFaults(undefined)
    return { disk, log, batch, failures, endAtFailure }
  }

  it('takes back offsets, producers, epochs and indexes of all that follows, and the log goes on', async () => {
    for (const fault of [{ error: 'io' }, { error: 'no-space' }, { shortBytes: 130 }, { shortBytes: 0 }] as const) {
      const { disk, log, batch, failures, endAtFailure } = await failing(fault)
      expect([failures, endAtFailure]).toEqual([['write-failed'], [2]])
      expect([log.endOffset, log.writtenOffset, log.durableOffset, log.latestEpoch]).toEqual([2, 2, 2, 3])
      expect(log.segmentInfos).toHaveLength(1)
      expect(log.activeProducers()[0]?.batches).toHaveLength(1)
      for (let sequence = 2; sequence < 20; sequence += 2) {
        const result = log.append(batch(sequence), { origin: 'client', leaderEpoch: 4 })
        expect(result).toMatchObject({ kind: 'appended', baseOffset: sequence })
      }
      await whenAckable(log, 20)
      expect(batchOffsets(await readAll(log)).map(([base]) => base)).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18])
      await log.close({ clean: true })
      const again = await openLog(disk, { config: small, highWatermark: 20 })
      expect(again.endOffset).toBe(20)
    }
  })

  it('loses only what follows when a later group fails, also after a roll', async () => {
    for (let failAt = 2; failAt <= 6; failAt++) {
      const disk = new FaultyFileSystem(systemClock)
      const log = await openLog(disk, { config: small })
      let writes = 0
      disk.injectFaults(({ name, path }) => {
        if (name !== 'write' || !path.endsWith('.log')) return undefined
        return ++writes === failAt ? { shortBytes: 10 } : undefined
      })
      for (let count = 0; count < 30; count++) log.append(makeBatch(), client)
      await expect(whenAckable(log, 30)).rejects.toMatchObject({ code: 'write-failed' })
      const end = log.endOffset
      expect([log.writtenOffset, end > 0 && end < 30]).toEqual([end, true])
      for (let count = end; count < 40; count++)
        expect(log.append(makeBatch(), client)).toMatchObject({ baseOffset: count })
      await whenAckable(log, 40)
      const offsets = batchOffsets(await readAll(log)).map(([base]) => base)
      expect(offsets).toEqual(Array.from({ length: 40 }, (_, offset) => offset))
      await log.close({ clean: false })
      expect((await openLog(disk, { config: small, highWatermark: 40 })).endOffset).toBe(40)
    }
  })

  it('takes the log offline when the file cannot be repaired', async () => {
    const disk = new FaultyFileSystem(systemClock)
    const log = await openLog(disk)
    await appendAcked(log, makeBatch())
    disk.injectFaults(({ name }) => (name === 'write' || name === 'truncate' ? { error: 'io' } : undefined))
    log.append(makeBatch(), client)
    const codes: string[] = []
    await new Promise<void>((resolve) => {
      log.listen({
        onFailure: (_, error) => {
          codes.push(error.code)
          if (error.code === 'offline') resolve()
        },
      })
    })
    expect(codes).toEqual(['write-failed', 'offline'])
    expect(log.append(makeBatch(), client)).toMatchObject({ kind: 'refused', errorCode: ErrorCode.KAFKA_STORAGE_ERROR })
  })
})

describe('a sync that fails', () => {
  it('takes the log offline for good: nothing is acknowledged, nothing is tried again', async () => {
    const disk = new FaultyFileSystem(systemClock)
    const log = await openLog(disk)
    await appendAcked(log, makeBatch())
    let syncs = 0
    disk.injectFaults(({ name }) => {
      if (name !== 'sync') return undefined
      syncs++
      return { error: 'io' }
    })
    log.append(makeBatch(), client)
    await expect(whenAckable(log, 2)).rejects.toMatchObject({ code: 'offline' })
    disk.injectFaults(undefined)
    expect([log.ackableOffset, log.failure?.code, syncs]).toEqual([1, 'offline', 1])
    expect(log.append(makeBatch(), client)).toMatchObject({ kind: 'refused', errorCode: ErrorCode.KAFKA_STORAGE_ERROR })
    await expect(log.flush()).rejects.toMatchObject({ code: 'offline' })
    await expect(log.close({ clean: true })).rejects.toMatchObject({ code: 'offline' })
    expect(syncs).toBe(1)
  })
})

describe('truncation', () => {
  async function filled(durability: 'fsync' | 'os' = 'fsync') {
    const disk = newDisk()
    const log = await openLog(disk, { config: small, durability })
    for (let sequence = 0; sequence < 20; sequence++) {
      await appendAcked(
        log,
        makeBatch({ count: 2, producerId: 5, epoch: 0, baseSequence: sequence * 2 }),
        sequence < 10 ? 1 : 2,
      )
    }
    return { disk, log }
  }

  it('cuts segments, epochs, producers and the high watermark, and the log goes on from there', async () => {
    for (const durability of ['fsync', 'os'] as const) {
      for (let offset = 0; offset <= 40; offset += 2) {
        const { disk, log } = await filled(durability)
        log.advanceHighWatermark(40)
        await log.truncateTo(offset)
        expect([log.endOffset, log.writtenOffset, log.highWatermark]).toEqual([offset, offset, offset])
        expect(log.latestEpoch).toBe(offset === 0 ? -1 : offset <= 20 ? 1 : 2)
        const next = log.append(makeBatch({ count: 2, producerId: 5, epoch: 0, baseSequence: offset }), {
          origin: 'client',
          leaderEpoch: 3,
        })
        expect(next).toMatchObject({ kind: 'appended', baseOffset: offset })
        await whenAckable(log, offset + 2)
        const bases = batchOffsets(await readAll(log)).map(([base]) => base)
        expect(bases).toEqual(Array.from({ length: offset / 2 + 1 }, (_, place) => place * 2))
        await log.close({ clean: offset % 4 === 0 })
        const again = await openLog(disk, { config: small, cleanShutdown: offset % 4 === 0 })
        expect([again.endOffset, again.latestEpoch]).toEqual([offset + 2, 3])
      }
    }
  })

  it('refuses appends while it is under way, and never lets a crash in between look like damage', async () => {
    const { log } = await filled()
    const points: number[] = []
    const disk = newDisk()
    const watched = await openLog(disk, {
      directory: '/data/t-1',
      config: small,
      beforeTruncation: async (it) => void points.push(it.recoveryPoint, it.checkpointHighWatermark),
    })
    for (let count = 0; count < 10; count++) await appendAcked(watched, makeBatch())
    watched.advanceHighWatermark(10)
    const truncating = watched.truncateTo(4)
    const refusal = watched.append(makeBatch(), client)
    await truncating
    expect(refusal).toMatchObject({ kind: 'refused', errorCode: ErrorCode.KAFKA_STORAGE_ERROR })
    expect(points).toEqual([4, 4])
    await log.close({ clean: false })
  })

  it('starts again, empty, at another offset', async () => {
    const { disk, log } = await filled()
    await log.truncateFullyAndStartAt(100)
    expect([log.logStartOffset, log.endOffset, log.highWatermark, log.leaderEpochs]).toEqual([100, 100, 100, []])
    expect(log.activeProducers()).toEqual([])
    expect(await appendAcked(log, makeBatch())).toBe(100)
    await log.close({ clean: false })
    const again = await openLog(disk, { config: small })
    expect([again.logStartOffset, again.endOffset]).toEqual([100, 101])
    await again.truncateTo(50)
    expect([again.logStartOffset, again.endOffset]).toEqual([50, 50])
    await again.close({ clean: true })
    const third = await openLog(disk, { config: small, cleanShutdown: true })
    expect([third.logStartOffset, third.endOffset]).toEqual([50, 50])
  })

  it('knows the timestamps that are left', async () => {
    const log = await openLog(newDisk(), { config: small })
    for (let time = 1; time <= 20; time++) await appendAcked(log, makeBatch({ timestamp: time * 10 }))
    for (let offset = 19; offset > 0; offset--) {
      await log.truncateTo(offset)
      expect((await log.offsetOfMaxTimestamp())?.offset).toBe(offset - 1)
      expect((await log.offsetForTimestamp(offset * 10))?.offset).toBe(offset - 1)
      expect(await log.offsetForTimestamp(offset * 10 + 1)).toBeUndefined()
    }
  })

  it('leaves appends that are waiting where they are', async () => {
    const { log } = await filled()
    log.append(makeBatch(), { origin: 'client', leaderEpoch: 2 })
    await log.truncateTo(41)
    expect([log.endOffset, log.durableOffset]).toEqual([41, 41])
  })
})

describe('deleting records', () => {
  it('moves the start, up to the high watermark, and removes whole segments', async () => {
    const disk = newDisk()
    const log = await openLog(disk, { config: small })
    for (let count = 0; count < 20; count++) await appendAcked(log, makeBatch(), count < 8 ? 1 : 2)
    log.advanceHighWatermark(15)
    await expect(log.deleteRecordsBefore(16)).rejects.toMatchObject({ code: 'out-of-range' })
    expect(await log.deleteRecordsBefore(6)).toBe(true)
    expect(await log.deleteRecordsBefore(6)).toBe(false)
    expect([log.logStartOffset, log.leaderEpochs]).toEqual([
      6,
      [
        { epoch: 1, startOffset: 6 },
        { epoch: 2, startOffset: 8 },
      ],
    ])
    expect(log.segmentInfos[0]?.baseOffset).toBeLessThanOrEqual(6)
    expect(log.segmentInfos[1]?.baseOffset).toBeGreaterThan(6)
    await log.close({ clean: true })
    const again = await openLog(disk, { config: small, cleanShutdown: true, logStartOffset: 6 })
    expect([again.logStartOffset, again.endOffset]).toEqual([6, 20])
  })
})

describe('offsets by time', () => {
  it('are those of the first record that is late enough, also while it is being written', async () => {
    const log = await openLog(newDisk(), { config: small })
    expect(await log.offsetForTimestamp(0)).toBeUndefined()
    expect(await log.offsetOfMaxTimestamp()).toBeUndefined()
    for (const timestamp of [500, 300, 900, 100, 900, 1000]) log.append(makeBatch({ count: 2, timestamp }), client)
    const find = async (timestamp: number) => (await log.offsetForTimestamp(timestamp))?.offset
    expect([await find(0), await find(301), await find(501), await find(901), await find(1001)]).toEqual([
      0,
      0,
      4,
      10,
      undefined,
    ])
    expect(await log.offsetOfMaxTimestamp()).toEqual({ offset: 10, timestamp: 1000, leaderEpoch: 0 })
    log.advanceHighWatermark(12)
    await whenAckable(log, 12)
    log.advanceHighWatermark(12)
    await log.deleteRecordsBefore(1)
    expect(await find(0)).toBe(1)
  })
})

describe('opening and closing', () => {
  it('comes back after a clean close with everything, and trusts it', async () => {
    const disk = newDisk()
    const log = await openLog(disk, { config: small })
    for (let count = 0; count < 30; count++)
      await appendAcked(log, makeBatch({ count: 3, timestamp: 1_750_000_000_000 + count }))
    const before = await readAll(log)
    expect(log.segmentInfos.length).toBeGreaterThan(5)
    await log.close({ clean: true })
    expect(log.append(makeBatch(), client)).toMatchObject({ kind: 'refused' })
    await expect(log.read(0, all)).rejects.toMatchObject({ code: 'closed' })
    const again = await openLog(disk, { config: small, cleanShutdown: true, recoveryPoint: 90 })
    expect([again.logStartOffset, again.endOffset, again.latestEpoch, again.topicId]).toEqual([0, 90, 0, testTopicId])
    expect((await readAll(again)).equals(before)).toBe(true)
    expect(await appendAcked(again, makeBatch())).toBe(90)
    expect((await openLog(disk, { config: small })).endOffset).toBe(91)
  })

  it('is of one topic only', async () => {
    const disk = newDisk()
    const log = await openLog(disk)
    await log.close({ clean: true })
    const other = openLog(disk, { topicId: 'TwI_rn5_QrW2b8aMkxQLMw' })
    await expect(other).rejects.toMatchObject({ code: 'topic-id-mismatch' })
    expect((await openLog(disk, { topicId: undefined })).topicId).toBe(testTopicId)
  })

  it('is removed with its directory', async () => {
    const disk = newDisk()
    const log = await openLog(disk)
    await appendAcked(log, makeBatch())
    await log.delete()
    expect(await disk.list('/data')).toEqual([])
  })

  it('forgets silent producers', async () => {
    const time = new ManualClock(1_750_000_000_000)
    const log = await openLog(newDisk(), { clock: { ...systemClock, now: () => time.now() } })
    await appendAcked(log, makeBatch({ producerId: 5, epoch: 0, baseSequence: 0 }))
    expect(log.removeExpiredProducers(1000)).toBe(0)
    time.jump(1000)
    expect(log.removeExpiredProducers(1000)).toBe(1)
    expect(log.producer(5)).toBeUndefined()
  })
})
