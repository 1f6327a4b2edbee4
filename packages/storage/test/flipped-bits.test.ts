/** Bits that rot where no checksum looks. Found by tests/torture, which flips them all. */
import { systemClock } from '@millrace/base'
import { BatchHeader } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { isStorageError } from '../src/errors.ts'
import { FaultyFileSystem } from '../src/fs/faulty.ts'
import type { FileSystem } from '../src/fs/port.ts'
import type { Log } from '../src/log.ts'
import { makeBatch } from './batches.ts'
import { appendAcked, bytesOf, openLog, readAll } from './logs.ts'

const directory = '/data/t-0'
const config = { segmentBytes: 900, indexIntervalBytes: 50, cleanupPolicy: ['compact'] } as const
const timestamps = [500, 900, 800, 1300, 1200, 1250, 2000, 1900, 2500, 2600, 2550, 3000]

/** A log of several segments with timestamps that rise and fall, closed. */
async function closedLog(): Promise<FaultyFileSystem> {
  const disk = new FaultyFileSystem(systemClock)
  const log = await openLog(disk, { config })
  for (const timestamp of timestamps) await appendAcked(log, makeBatch({ timestamp, valueSize: 100 }))
  await log.close({ clean: true })
  return disk
}

function flipped(disk: FaultyFileSystem, name: string, bit: number): FaultyFileSystem {
  const copy = disk.copy()
  const file = copy.disk.file(`${directory}/${name}`, 'flip')
  file.bytes[bit >> 3] = (file.bytes[bit >> 3] as number) ^ (1 << (bit & 7))
  return copy
}

function openTrusted(disk: FileSystem): Promise<Log> {
  return openLog(disk, { config, cleanShutdown: true, recoveryPoint: timestamps.length })
}

/** What readers and searches are answered. */
async function answersOf(log: Log): Promise<unknown> {
  const times = []
  for (const time of [0, 501, 900, 901, 1260, 1301, 1950, 2501, 2999, 3001])
    times.push(await log.offsetForTimestamp(time))
  const reads = []
  for (let offset = 0; offset < log.endOffset; offset++) {
    for (const upperOffset of [offset + 1, log.endOffset]) {
      const bytes = await bytesOf(await log.read(offset, { sizeMax: 400, upperOffset, minOneBatch: true }))
      reads.push([BatchHeader.baseOffset(bytes, 0), bytes.length])
    }
  }
  return { times, reads, newest: await log.offsetOfMaxTimestamp(), bytes: (await readAll(log)).toString('hex') }
}

describe('a flipped bit', () => {
  it('in an index changes no answer', async () => {
    const disk = await closedLog()
    const expected = await answersOf(await openTrusted(disk.copy()))
    const names = disk.disk.list(directory).map(({ name }) => name)
    let count = 0
    for (const name of names.filter((each) => each.endsWith('index'))) {
      for (let bit = 0; bit < disk.disk.file(`${directory}/${name}`, 'size').size * 8; bit += 3) {
        const log = await openTrusted(flipped(disk, name, bit))
        expect(await answersOf(log), `${name}, bit ${bit}`).toEqual(expected)
        count++
      }
    }
    expect(count).toBeGreaterThan(100)
  })

  it('in the offset of a batch does not take those behind it, where compaction makes gaps normal', async () => {
    const disk = new FaultyFileSystem(systemClock)
    const compacted = { cleanupPolicy: ['compact'] } as const
    const log = await openLog(disk, { config: compacted })
    for (let count = 0; count < 6; count++) await appendAcked(log, makeBatch())
    await log.close({ clean: false })
    const name = `${'0'.repeat(20)}.log`
    const size = makeBatch().length
    for (const batch of [0, 1, 2, 3, 4]) {
      for (let bit = 0; bit < 64; bit++) {
        const copy = flipped(disk, name, batch * size * 8 + bit)
        const error = await openLog(copy, { config: compacted }).catch((each: unknown) => each)
        expect(isStorageError(error, 'damaged'), `batch ${batch}, bit ${bit}: ${error}`).toBe(true)
        expect(copy.disk.file(`${directory}/${name}`, 'size').size).toBe(6 * size)
      }
    }
  })

  it('in the leader epoch of the first batch of a segment shows beside the segment before', async () => {
    const disk = new FaultyFileSystem(systemClock)
    const log = await openLog(disk)
    for (const epoch of [1, 1, 2, 2]) {
      if (epoch === 2 && log.latestEpoch < 2) log.roll()
      await appendAcked(log, makeBatch(), epoch)
    }
    await log.close({ clean: false })
    const name = `${'2'.padStart(20, '0')}.log`
    // 2 becomes 0, and the batch behind it still has 2.
    const error = await openLog(flipped(disk, name, 15 * 8 + 1), { recoveryPoint: 2 }).catch((each: unknown) => each)
    expect(isStorageError(error, 'damaged'), String(error)).toBe(true)
    expect(String(error)).toContain('leader epoch 0 after 1')
    expect((await openLog(disk, { recoveryPoint: 2 })).endOffset).toBe(4)
  })
})
