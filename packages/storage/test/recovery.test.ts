import { type Logger, randomBelow, seededRandom, silentLogger, systemClock } from '@millrace/base'
import { BatchHeader, crc32 } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { isStorageError, StorageError } from '../src/errors.ts'
import { MemoryFileSystem } from '../src/fs/memory.ts'
import type { FileSystem } from '../src/fs/port.ts'
import type { Log } from '../src/log.ts'
import { makeBatch } from './batches.ts'
import { appendAcked, type OpenOptions, openLog, readAll } from './logs.ts'

const directory = '/data/t-0'
const config = { segmentBytes: 420, indexIntervalBytes: 100 }

/** A disk with a log of several segments, closed without order; and its batches. */
async function crashedLog(
  count = 12,
): Promise<{ disk: MemoryFileSystem; batches: Buffer[]; lastPath: string; lastBase: number }> {
  const disk = new MemoryFileSystem(systemClock)
  const log = await openLog(disk, { config })
  const batches: Buffer[] = []
  for (let sequence = 0; sequence < count; sequence++) {
    const batch = makeBatch({
      count: 2,
      producerId: 5,
      epoch: 0,
      baseSequence: sequence * 2,
      timestamp: 1000 + sequence,
    })
    await appendAcked(log, batch, 1 + Math.floor(sequence / 5))
    batches.push(batch)
  }
  const lastBase = log.segmentInfos.at(-1)?.baseOffset ?? 0
  await log.close({ clean: false })
  return { disk, batches, lastPath: `${directory}/${String(lastBase).padStart(20, '0')}.log`, lastBase }
}

function copyOf(disk: MemoryFileSystem): MemoryFileSystem {
  const copy = new MemoryFileSystem(systemClock)
  copy.disk.makeDirectory(directory)
  for (const { name } of disk.disk.list(directory)) {
    const { bytes, size } = disk.disk.file(`${directory}/${name}`, 'copy')
    copy.disk.write(copy.disk.create(`${directory}/${name}`), bytes.subarray(0, size), 0)
  }
  return copy
}

/** Opens the log; the error when it is refused as damaged. */
async function tryOpen(disk: MemoryFileSystem, options: OpenOptions = {}): Promise<Log | StorageError> {
  try {
    return await openLog(disk, { config, ...options })
  } catch (error) {
    if (isStorageError(error, 'damaged')) return error
    throw error
  }
}

function namesOf(disk: MemoryFileSystem): string[] {
  return disk.disk.list(directory).map(({ name }) => name)
}

describe('recovery after a crash', () => {
  it('finds everything when nothing is missing, and twice is once', async () => {
    const { disk, batches } = await crashedLog()
    const first = await openLog(disk, { config })
    expect((await readAll(first)).equals(Buffer.concat(batches))).toBe(true)
    const producers = first.activeProducers()
    const epochs = first.leaderEpochs
    await first.close({ clean: false })
    const names = namesOf(disk)
    const second = await openLog(disk, { config })
    expect((await readAll(second)).equals(Buffer.concat(batches))).toBe(true)
    expect([second.activeProducers(), second.leaderEpochs, namesOf(disk)]).toEqual([producers, epochs, names])
    expect(epochs).toEqual([1, 2, 3].map((epoch) => ({ epoch, startOffset: (epoch - 1) * 10 })))
    expect(producers[0]?.batches.map(({ lastSequence }) => lastSequence)).toEqual([15, 17, 19, 21, 23])
  })

  it('cuts the last segment, cut at any byte, back to its last whole batch', async () => {
    const { disk, batches, lastPath, lastBase } = await crashedLog()
    const size = disk.disk.file(lastPath, 'size').size
    for (let cut = 0; cut <= size; cut++) {
      const copy = copyOf(disk)
      copy.disk.truncate(copy.disk.file(lastPath, 'cut'), cut)
      const log = await openLog(copy, { config })
      const kept = Math.floor(cut / (batches[0] as Buffer).length)
      const endOffset = lastBase + kept * 2
      expect([cut, log.endOffset]).toEqual([cut, endOffset])
      expect((await readAll(log)).equals(Buffer.concat(batches.slice(0, endOffset / 2)))).toBe(true)
      expect(log.producer(5)?.batches.at(-1)?.lastSequence).toBe(endOffset - 1)
      expect(await appendAcked(log, makeBatch({ timestamp: 2000 }), 9)).toBe(endOffset)
      const rest = kept * (batches[0] as Buffer).length + makeBatch().length
      if (rest <= config.segmentBytes) expect(copy.disk.file(lastPath, 'size').size).toBe(rest)
    }
  })

  it('refuses a segment that is shorter than what was durable, and changes nothing', async () => {
    const { disk, lastPath, lastBase } = await crashedLog()
    for (const cut of [0, 3, (await disk.stat(lastPath))?.size as number]) {
      const copy = copyOf(disk)
      copy.disk.truncate(copy.disk.file(lastPath, 'cut'), cut - (cut > 3 ? 1 : 0))
      for (const promise of [{ recoveryPoint: 24 }, { highWatermark: 24 }]) {
        expect(await tryOpen(copy, promise)).toMatchObject({ code: 'damaged' })
      }
      // Without fsync the high watermark promises nothing after a power cut.
      const log = await tryOpen(copy, { highWatermark: 24, durability: 'os' })
      expect((log as Log).endOffset).toBeLessThan(24)
    }
    expect(lastBase).toBeLessThan(24)
  })

  it('serves no flipped bit: it is cut off at the very end, or the log is refused', async () => {
    const { disk, batches, lastPath, lastBase } = await crashedLog()
    const size = disk.disk.file(lastPath, 'size').size
    const random = seededRandom(7)
    const outcomes = { cut: 0, refused: 0, epoch: 0 }
    for (let bit = 0; bit < size * 8; bit += 1 + randomBelow(random, 5)) {
      const copy = copyOf(disk)
      const file = copy.disk.file(lastPath, 'flip')
      file.bytes[bit >> 3] = (file.bytes[bit >> 3] as number) ^ (1 << (bit & 7))
      const log = await tryOpen(copy)
      if (log instanceof StorageError) {
        outcomes.refused++
        expect(log.path).toBe(lastPath)
        continue
      }
      const read = await readAll(log)
      // The leader epoch is outside of the checksum: a higher one in the last batch cannot be told from a real one.
      const inEpoch =
        (bit >> 3) % (batches[0] as Buffer).length >= 12 && (bit >> 3) % (batches[0] as Buffer).length < 16
      if (inEpoch && log.endOffset === 24) {
        outcomes.epoch++
        continue
      }
      outcomes.cut++
      expect(log.endOffset, `bit ${bit}`).toBeLessThan(24)
      expect(log.endOffset).toBeGreaterThanOrEqual(lastBase)
      expect(read.equals(Buffer.concat(batches).subarray(0, read.length)), `bit ${bit}`).toBe(true)
      // Only the last batch may go in silence: nothing sound follows it.
      expect(bit >> 3 >= size - (batches[0] as Buffer).length, `bit ${bit}`).toBe(true)
    }
    expect(outcomes.cut).toBeGreaterThan(50)
    expect(outcomes.refused).toBeGreaterThan(100)
  })

  it('refuses damage in the middle although what follows is sound, and cuts a hole that a power cut left', async () => {
    const { disk, batches, lastPath, lastBase } = await crashedLog(30)
    const damaged = copyOf(disk)
    const file = damaged.disk.file(lastPath, 'damage')
    file.bytes[70] = (file.bytes[70] as number) ^ 1
    expect(await tryOpen(damaged)).toMatchObject({ code: 'damaged', path: lastPath, position: 0 })
    expect(disk.disk.file(lastPath, 'same').size).toBe(damaged.disk.file(lastPath, 'same').size)

    const warnings: unknown[] = []
    const logger: Logger = { ...silentLogger, warn: (_, fields) => void warnings.push(fields) }
    const big = new MemoryFileSystem(systemClock)
    const log = await openLog(big)
    for (let count = 0; count < 30; count++) await appendAcked(log, makeBatch({ valueSize: 150 }))
    const path = `${directory}/${'0'.repeat(20)}.log`
    const one = makeBatch({ valueSize: 150 }).length
    big.disk.file(path, 'hole').bytes.fill(0, 1024, 2048)
    const recovered = await openLog(big, { logger })
    expect(recovered.endOffset).toBe(Math.floor(1024 / one))
    expect(warnings).toMatchObject([{ path, position: recovered.endOffset * one, follows: true }])
    expect([batches.length, lastBase > 0]).toEqual([30, true])
  })

  it('refuses a record format from before Kafka 0.11, and leaves it', async () => {
    const disk = new MemoryFileSystem(systemClock)
    const path = `${directory}/${'0'.repeat(20)}.log`
    disk.disk.makeDirectory(directory)
    const legacy = Buffer.alloc(40)
    legacy.writeInt32BE(28, 8)
    legacy[16] = 1
    legacy.writeUInt32BE(crc32(legacy.subarray(16)), 12)
    disk.disk.write(disk.disk.create(path), legacy, 0)
    await expect(openLog(disk)).rejects.toMatchObject({ code: 'unsupported-format', path })
    expect(disk.disk.file(path, 'size').size).toBe(40)
  })

  it('builds the indexes of closed segments again when they are gone, and finds epochs in the batches', async () => {
    const { disk, batches } = await crashedLog(20)
    const expected = new Map<string, string>()
    for (const name of namesOf(disk)) {
      if (!/index$|leader-epoch/.test(name)) continue
      expected.set(name, (await disk.readFile(`${directory}/${name}`, 1 << 20)).toString('hex'))
      disk.disk.remove(`${directory}/${name}`)
    }
    const log = await openLog(disk, { config, recoveryPoint: 40 })
    expect((await readAll(log)).equals(Buffer.concat(batches))).toBe(true)
    expect(log.latestEpoch).toBe(4)
    await log.close({ clean: true })
    for (const [name, hex] of expected) {
      expect((await disk.readFile(`${directory}/${name}`, 1 << 20)).toString('hex'), name).toBe(hex)
    }
    expect(expected.size).toBeGreaterThan(6)
  })

  it('finishes a compaction that was swapping its output in, and forgets one that was not', async () => {
    const { disk, batches } = await crashedLog(20)
    const logs = namesOf(disk).filter((name) => name.endsWith('.log'))
    const [first, second] = logs as [string, string]
    const merged = Buffer.concat([
      await disk.readFile(`${directory}/${first}`, 9999),
      await disk.readFile(`${directory}/${second}`, 9999),
    ])
    disk.disk.write(disk.disk.create(`${directory}/${first}.swap`), merged, 0)
    disk.disk.write(disk.disk.create(`${directory}/${logs[3]}.cleaned`), Buffer.from('half'), 0)
    disk.disk.write(disk.disk.create(`${directory}/${logs[4]}.deleted`), Buffer.from('old'), 0)
    const log = await openLog(disk, { config: { ...config, cleanupPolicy: ['compact'] } })
    expect((await readAll(log)).equals(Buffer.concat(batches))).toBe(true)
    expect(log.segmentInfos[0]).toEqual({ baseOffset: 0, size: merged.length })
    expect(namesOf(disk).filter((name) => /swap|cleaned|deleted/.test(name))).toEqual([])
    expect(namesOf(disk)).not.toContain(second)
  })

  it('refuses compaction output that is damaged, before it removes what that replaces', async () => {
    const { disk } = await crashedLog(20)
    const [first] = namesOf(disk).filter((name) => name.endsWith('.log')) as [string]
    const bytes = Buffer.from(await disk.readFile(`${directory}/${first}`, 9999))
    bytes[100] = (bytes[100] as number) ^ 1
    disk.disk.write(disk.disk.create(`${directory}/${first}.swap`), bytes, 0)
    const names = namesOf(disk)
    expect(await tryOpen(disk)).toMatchObject({ code: 'damaged', path: `${directory}/${first}.swap` })
    expect(namesOf(disk)).toEqual(names)
  })

  it('sees what a checksum does not cover: offsets and epochs out of order', async () => {
    const { disk, lastPath, lastBase } = await crashedLog()
    const changes: ((bytes: Buffer) => void)[] = [
      (bytes) => BatchHeader.setBaseOffset(bytes, 0, lastBase + 1000),
      (bytes) => BatchHeader.setPartitionLeaderEpoch(bytes, 0, 77),
    ]
    for (const change of changes) {
      const copy = copyOf(disk)
      change(copy.disk.file(lastPath, 'change').bytes)
      expect(await tryOpen(copy)).toMatchObject({ code: 'damaged', path: lastPath })
    }
  })
})

describe('opening after a clean stop', () => {
  it('checks a log whose tail is not as it should be', async () => {
    const { disk, batches, lastPath, lastBase } = await crashedLog()
    const first = await openLog(disk, { config })
    await first.close({ clean: true })
    const file = disk.disk.file(lastPath, 'cut')
    disk.disk.truncate(file, file.size - 1)
    expect(await tryOpen(disk, { cleanShutdown: true, recoveryPoint: 24 })).toMatchObject({
      code: 'damaged',
      path: lastPath,
    })
    const log = (await tryOpen(disk, { cleanShutdown: true })) as Log
    expect(log.endOffset).toBe(22)
    expect((await readAll(log)).equals(Buffer.concat(batches.slice(0, 11)))).toBe(true)
    expect(lastBase).toBeLessThan(22)
  })

  it('reads no more than indexes and the tail of the data, apart from producers', async () => {
    const disk = new MemoryFileSystem(systemClock)
    const log = await openLog(disk)
    for (let count = 0; count < 200; count++) await appendAcked(log, makeBatch({ valueSize: 1000 }))
    await log.close({ clean: true })
    const snapshot = `${directory}/${String(200).padStart(20, '0')}.snapshot`
    // As Apache Kafka leaves it: no producers up to offset 200.
    disk.disk.write(disk.disk.create(snapshot), Buffer.from('000148674bc700000000', 'hex'), 0)
    let readBytes = 0
    const open: FileSystem['open'] = async (path, mode) => {
      const file = await disk.open(path, mode)
      const read = file.read.bind(file)
      file.read = async (target, position) => {
        const count = await read(target, position)
        if (path.endsWith('.log')) readBytes += count
        return count
      }
      return file
    }
    const watched = new Proxy<FileSystem>(disk, {
      get: (_, name) =>
        name === 'open' ? open : (...values: unknown[]) => Reflect.get(disk, name).apply(disk, values),
    })
    const again = await openLog(watched, { cleanShutdown: true, recoveryPoint: 200 })
    expect(again.endOffset).toBe(200)
    expect(readBytes).toBeLessThan(20_000)
  })
})
