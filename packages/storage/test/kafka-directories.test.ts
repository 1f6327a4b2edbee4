import { seededRandom, silentLogger, systemClock } from '@millrace/base'
import { BatchHeader } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { defaultLogConfig, parseLogConfig } from '../src/config.ts'
import type { FileSystem } from '../src/fs/port.ts'
import type { Log } from '../src/log.ts'
import { LogManager } from '../src/manager.ts'
import { batchOffsets } from './batches.ts'
import { diskWith, type KafkaCase, kafkaCase, kafkaFiles } from './kafka-case.ts'
import { readAll } from './logs.ts'

async function openManager(fileSystem: FileSystem): Promise<LogManager> {
  return LogManager.open({
    fileSystem,
    directories: ['/data'],
    nodeId: 1,
    clock: systemClock,
    random: seededRandom(1),
    logger: silentLogger,
    durability: 'fsync',
    configFor: (topic) =>
      topic.startsWith('cmp') ? parseLogConfig({ 'cleanup.policy': 'compact' }) : defaultLogConfig,
  })
}

interface AbortedEntry {
  readonly firstOffset: number
  readonly lastOffset: number
}

interface Picture {
  start: number
  end: number
}

function offsetsOf(manager: LogManager): Record<string, Picture> {
  const entries = manager
    .logs()
    .map((log) => [`${log.topic}-${log.partition}`, { start: log.logStartOffset, end: log.endOffset }])
  return Object.fromEntries(entries)
}

/** Start and end of every partition: as Kafka found them after recovery, or as its files are. */
function expectedOffsets({ recoveredByKafka, decoded }: KafkaCase): Record<string, Picture> {
  if (recoveredByKafka !== undefined) {
    const entries = Object.entries(recoveredByKafka.offsets)
    return Object.fromEntries(
      entries.map(([name, found]) => [name, { start: found.logStartOffset, end: found.logEndOffset }]),
    )
  }
  const starts = String(decoded.topLevelFiles['log-start-offset-checkpoint'] ?? '')
  const partitions = Object.entries(decoded.partitions).filter(([name]) => !/-delete$|^__cluster_metadata/.test(name))
  return Object.fromEntries(
    partitions.map(([name, { segments }]) => {
      const bases = Object.keys(segments).map(Number)
      const checkpoint = new RegExp(`^${name.replace(/-(\d+)$/, ' $1')} (\\d+)$`, 'm').exec(starts)
      const last = segments[Object.keys(segments).sort().at(-1) as string]?.batches.at(-1)
      const end = last === undefined ? Math.max(...bases) : last.lastOffset + 1
      return [name, { start: Math.max(Number(checkpoint?.[1] ?? 0), Math.min(...bases)), end }]
    }),
  )
}

async function expectContent(log: Log, { decoded }: KafkaCase, upTo = Number.POSITIVE_INFINITY): Promise<void> {
  const name = `${log.topic}-${log.partition}`
  const segments = Object.entries(decoded.partitions[name]?.segments ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  const batches = segments
    .flatMap(([, segment]) => segment.batches)
    .filter(({ lastOffset }) => lastOffset >= log.logStartOffset)
  const bytes = await readAll(log)
  const read: unknown[] = []
  for (let at = 0; at < bytes.length; at += BatchHeader.size(bytes, at)) {
    expect(BatchHeader.isCrcValid(bytes, at)).toBe(true)
    read.push([
      BatchHeader.baseOffset(bytes, at),
      BatchHeader.lastOffset(bytes, at),
      BatchHeader.size(bytes, at),
      BatchHeader.crc(bytes, at),
    ])
  }
  const expected = batches.filter(({ lastOffset }) => lastOffset < upTo)
  expect(read, name).toEqual(
    expected.map(({ baseOffset, lastOffset, size, crc }) => [baseOffset, lastOffset, size, crc]),
  )
}

/** Every offset is found, by the batch that holds it or the next one. */
async function expectEveryOffset(log: Log, { decoded }: KafkaCase): Promise<void> {
  const segments = Object.values(decoded.partitions[`${log.topic}-${log.partition}`]?.segments ?? {})
  const batches = segments.flatMap(({ batches: some }) => some).sort((a, b) => a.baseOffset - b.baseOffset)
  for (let offset = log.logStartOffset; offset < log.endOffset; offset++) {
    const holder = batches.find(({ lastOffset }) => lastOffset >= offset)
    const result = await log.read(offset, { sizeMax: 1, upperOffset: log.endOffset, minOneBatch: true })
    const slice = result.kind === 'slice' ? result.slice : undefined
    expect([offset, slice?.position, slice?.byteLength]).toEqual([offset, holder?.position, holder?.size])
    slice?.release()
  }
}

describe('directories of Apache Kafka', () => {
  for (const name of [
    'plain',
    'groups',
    'killed',
    'txn',
    'compact',
    'bad-missing-index',
    'bad-no-checkpoints',
    'bad-corrupt-index',
  ]) {
    it(`open with every batch: ${name}`, async () => {
      const kafka = kafkaCase(name)
      const manager = await openManager(diskWith(kafkaFiles(name)))
      expect(manager.failedLogs).toEqual([])
      expect(offsetsOf(manager)).toEqual(expectedOffsets(kafka))
      for (const log of manager.logs()) {
        await expectContent(log, kafka)
        await expectEveryOffset(log, kafka)
      }
      await manager.close({ clean: true, brokerEpoch: 1 })
    })
  }

  it('give the record for every timestamp', async () => {
    for (const name of ['plain', 'compact', 'killed']) {
      const kafka = kafkaCase(name)
      const manager = await openManager(diskWith(kafkaFiles(name)))
      for (const log of manager.logs()) {
        const segments = Object.entries(kafka.decoded.partitions[`${log.topic}-${log.partition}`]?.segments ?? {})
        const sorted = segments.sort(([a], [b]) => (a < b ? -1 : 1))
        const records = sorted
          .flatMap(([, { records: some = [] }]) => some)
          .filter((record) => Array.isArray(record) && record[0] >= log.logStartOffset)
        // Markers count as records, for Kafka too, but are not in the decoded ones.
        if (
          log.topic.startsWith('__') ||
          segments.some(([, { batches }]) => batches.some(({ isControl }) => isControl))
        )
          continue
        const times = records.map(([, timestamp]) => timestamp)
        for (const time of [0, ...times, ...times.map((each) => each + 1)]) {
          const found = records.find(([, timestamp]) => timestamp >= time)
          const result = await log.offsetForTimestamp(time)
          expect(result && [result.offset, result.timestamp], `${name} ${log.topic} ${time}`).toEqual(
            found?.slice(0, 2),
          )
        }
        const max = records.find(([, timestamp]) => timestamp === Math.max(...times))
        const newest = await log.offsetOfMaxTimestamp()
        expect(newest && [newest.offset, newest.timestamp], `${name} ${log.topic}`).toEqual(max?.slice(0, 2))
      }
      await manager.close({ clean: false, brokerEpoch: 1 })
    }
  })

  it('give the same producers with and without their snapshots', async () => {
    for (const name of ['txn', 'killed', 'compact']) {
      const files = kafkaFiles(name)
      const producers = async (found: ReadonlyMap<string, Buffer>) => {
        const manager = await openManager(diskWith(found))
        const all = manager.logs().map((log) => [
          `${log.topic}-${log.partition}`,
          log.lastStableOffset,
          log
            .activeProducers()
            .map(({ batches, ...rest }) => ({ ...rest, last: batches.at(-1) }))
            .sort((a, b) => a.producerId - b.producerId),
        ])
        await manager.close({ clean: false, brokerEpoch: 1 })
        return all.sort()
      }
      const withSnapshots = await producers(files)
      const without = await producers(new Map([...files].filter(([path]) => !path.endsWith('.snapshot'))))
      expect(without, name).toEqual(withSnapshots)
      expect(JSON.stringify(without)).toContain('producerId')
    }
  })

  it('have the aborted transactions that Kafka found, also after they were lost', async () => {
    const files = kafkaFiles('txn')
    const isIndex = (path: string) => path.endsWith('.txnindex')
    const lost = new Map([...files].filter(([path]) => !isIndex(path) && !/cleanshutdown|recovery-point/.test(path)))
    const damaged = new Map(files)
    for (const [path, bytes] of files) if (isIndex(path)) damaged.set(path, bytes.subarray(0, bytes.length - 1))
    for (const found of [lost, damaged]) {
      const disk = diskWith(found)
      const manager = await openManager(disk)
      expect(manager.failedLogs).toEqual([])
      await manager.close({ clean: true, brokerEpoch: 1 })
      for (const [path, bytes] of files) {
        if (!isIndex(path)) continue
        expect((await disk.readFile(`/data/${path}`, 10_000)).toString('hex'), path).toBe(bytes.toString('hex'))
      }
    }
  })

  it('tell readers of committed data what was aborted', async () => {
    const kafka = kafkaCase('txn')
    const manager = await openManager(diskWith(kafkaFiles('txn')))
    for (const log of manager.logs().filter(({ topic }) => topic === 'txn')) {
      const { segments } = kafka.decoded.partitions[`txn-${log.partition}`] as {
        segments: Record<string, { txnIndex?: readonly AbortedEntry[] }>
      }
      const all = Object.values(segments).flatMap(({ txnIndex = [] }) => txnIndex)
      expect(all.length).toBeGreaterThan(5)
      const upperOffset = log.lastStableOffset
      for (let offset = 0; offset < upperOffset; offset++) {
        for (const sizeMax of [1, 1 << 20]) {
          const read = await log.read(offset, { sizeMax, upperOffset, minOneBatch: true, needsAborted: true })
          if (read.kind !== 'slice' || read.slice === undefined) throw new Error('nothing was read')
          const bytes = await read.slice.read()
          read.slice.release()
          const last = batchOffsets(bytes).at(-1)?.[1] ?? offset
          const known = new Set(read.aborted?.map(({ firstOffset }) => firstOffset))
          const needed = all.filter(({ firstOffset, lastOffset }) => lastOffset >= offset && firstOffset <= last)
          for (const { firstOffset } of needed) expect(known, `${offset}`).toContain(firstOffset)
          // Nothing of what ended before, and not all that comes later.
          expect(read.aborted?.every(({ lastOffset }) => lastOffset >= offset)).toBe(true)
        }
      }
      const first = await log.read(0, { sizeMax: 1, upperOffset, minOneBatch: true, needsAborted: true })
      if (first.kind === 'slice') first.slice?.release()
      expect(first.kind === 'slice' && first.aborted?.length).toBeLessThan(all.length)
      const plain = await log.read(0, { sizeMax: 1, upperOffset, minOneBatch: true })
      if (plain.kind === 'slice') plain.slice?.release()
      expect(plain).not.toHaveProperty('aborted')
    }
    await manager.close({ clean: false, brokerEpoch: 1 })
  })

  it('hold back committed readers at an open transaction', async () => {
    const manager = await openManager(diskWith(kafkaFiles('txn')))
    const unstable = manager
      .logs()
      .map((log) => [`${log.topic}-${log.partition}`, log.highWatermark, log.lastStableOffset])
    expect(unstable.filter(([, highWatermark, stable]) => highWatermark !== stable)).toEqual([
      ['__consumer_offsets-0', 5, 4],
      ['txn-0', 96, 91],
      ['txn-1', 91, 86],
    ])
    await manager.close({ clean: false, brokerEpoch: 1 })
  })
})

describe('damaged directories of Apache Kafka', () => {
  it('lose no committed data in silence: a cut or flipped batch below the recovery point takes one partition offline', async () => {
    for (const name of ['bad-truncated', 'bad-bitflip', 'bad-truncated-clean']) {
      const files = kafkaFiles(name)
      const disk = diskWith(files)
      const manager = await openManager(disk)
      const path = '/data/plain-0/00000000000000000180.log'
      expect(manager.failedLogs).toMatchObject([
        { topic: 'plain', partition: 0, error: { code: 'damaged', path, position: 1981 } },
      ])
      expect(manager.logs()).toHaveLength(4)
      expect(await disk.readFile(path, 10_000)).toEqual(files.get('plain-0/00000000000000000180.log'))
      await expect(manager.ensureLog({ topic: 'plain', partition: 0 }, 'SJa3GXldTX2z310xe9ZQgg')).rejects.toThrow(
        'is damaged at byte 1981',
      )
      await manager.close({ clean: true, brokerEpoch: 1 })
      // Trusted at the next start, it would be served.
      expect(await disk.stat('/data/.kafka_cleanshutdown')).toBeUndefined()
      const again = await openManager(disk)
      expect(again.failedLogs).toMatchObject([{ error: { code: 'damaged', path } }])
      await again.close({ clean: true, brokerEpoch: 1 })
    }
  })

  it('are cut where Kafka cuts them when the bad batch was never known to be durable', async () => {
    for (const name of ['bad-truncated', 'bad-bitflip']) {
      const files = kafkaFiles(name)
      for (const file of ['recovery-point-offset-checkpoint', 'replication-offset-checkpoint'])
        files.set(file, Buffer.alloc(0))
      const disk = diskWith(files)
      const manager = await openManager(disk)
      expect(manager.failedLogs).toEqual([])
      expect(offsetsOf(manager)).toEqual(expectedOffsets(kafkaCase(name)))
      expect((await disk.stat('/data/plain-0/00000000000000000180.log'))?.size).toBe(1981)
      for (const log of manager.logs()) {
        await expectContent(log, kafkaCase('plain'), log.endOffset)
      }
      await manager.close({ clean: true, brokerEpoch: 1 })
    }
  })

  it('lose their garbage; also a sound batch with old offsets, behind which Kafka hides the real ones', async () => {
    const kafka = kafkaCase('bad-garbage-tail')
    const manager = await openManager(diskWith(kafkaFiles('bad-garbage-tail')))
    const expected = { ...expectedOffsets(kafka), 'plain-2': { start: 50, end: 200 } }
    expect(manager.failedLogs).toEqual([])
    expect(offsetsOf(manager)).toEqual(expected)
    for (const log of manager.logs()) await expectContent(log, kafkaCase('plain'))
    await manager.close({ clean: true, brokerEpoch: 1 })
  })
})
