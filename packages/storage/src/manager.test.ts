import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManualClock, seededRandom, silentLogger, systemClock } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { batchOffsets, makeBatch } from '../test/batches.ts'
import { appendAcked, client, readAll } from '../test/logs.ts'
import { defaultLogConfig } from './config.ts'
import { formatDirectory } from './data-directory.ts'
import { FaultyFileSystem } from './fs/faulty.ts'
import type { MemoryFileSystem } from './fs/memory.ts'
import { NodeFileSystem } from './fs/node.ts'
import type { FileSystem } from './fs/port.ts'
import type { Log } from './log.ts'
import { LogManager, type LogManagerOptions } from './manager.ts'
import type { MetaProperties } from './meta-properties.ts'
import { whenAckable } from './when-ackable.ts'

const topicId = 'SJa3GXldTX2z310xe9ZQgg'
const otherId = 'TwI_rn5_QrW2b8aMkxQLMw'
const meta: MetaProperties = { version: 1, clusterId: 'c', nodeId: 1, directoryId: 'Q9XLD5-cjoZCrDIHj6PgeQ' }
const t0 = { topic: 't', partition: 0 }

async function newDisk(...directories: string[]): Promise<FaultyFileSystem> {
  const disk = new FaultyFileSystem(systemClock)
  for (const [index, path] of directories.entries()) {
    await formatDirectory(disk, path, { ...meta, directoryId: index === 0 ? topicId : otherId })
  }
  return disk
}

function open(fileSystem: FileSystem, options: Partial<LogManagerOptions> = {}): Promise<LogManager> {
  return LogManager.open({
    fileSystem,
    directories: ['/data'],
    nodeId: 1,
    clock: { ...systemClock, schedule: () => ({ cancel() {} }) },
    random: seededRandom(1),
    logger: silentLogger,
    durability: 'fsync',
    configFor: () => defaultLogConfig,
    ...options,
  })
}

const text = async (disk: MemoryFileSystem, path: string) => String(await disk.readFile(path, 1 << 20))

async function namesIn(disk: MemoryFileSystem, path: string): Promise<string[]> {
  return (await disk.list(path)).map(({ name }) => name)
}

describe('deleted records', () => {
  it('stay deleted whenever the process dies after the answer', async () => {
    const disk = await newDisk('/data')
    const manager = await open(disk)
    const log = await manager.ensureLog(t0, topicId)
    for (let count = 0; count < 5; count++) await appendAcked(log, makeBatch())
    log.advanceHighWatermark(5)
    expect(await log.deleteRecordsBefore(3)).toBe(true)
    const next = await open(disk.powerCut(seededRandom(1)))
    const found = next.get(t0) as Log
    expect([found.logStartOffset, found.endOffset]).toEqual([3, 5])
  })
})

describe('LogManager', () => {
  it('keeps its logs over a clean stop, with checkpoints as Kafka writes them', async () => {
    const disk = await newDisk('/data')
    const manager = await open(disk)
    expect(manager.previousBrokerEpoch).toBeUndefined()
    expect(await namesIn(disk, '/data')).toEqual([
      '.lock',
      'cleaner-offset-checkpoint',
      'log-start-offset-checkpoint',
      'meta.properties',
      'recovery-point-offset-checkpoint',
      'replication-offset-checkpoint',
    ])
    const log = await manager.ensureLog(t0, topicId)
    for (let count = 0; count < 5; count++) await appendAcked(log, makeBatch())
    log.advanceHighWatermark(5)
    await log.deleteRecordsBefore(2)
    await manager.close({ clean: true, brokerEpoch: 11 })
    expect(await text(disk, '/data/recovery-point-offset-checkpoint')).toBe('0\n1\nt 0 5\n')
    expect(await text(disk, '/data/log-start-offset-checkpoint')).toBe('0\n1\nt 0 2\n')
    expect(await text(disk, '/data/replication-offset-checkpoint')).toBe('0\n1\nt 0 5\n')
    expect(await text(disk, '/data/.kafka_cleanshutdown')).toBe('{"version":0,"brokerEpoch":11}')
    const again = await open(disk)
    expect(again.previousBrokerEpoch).toBe(11)
    expect(await disk.stat('/data/.kafka_cleanshutdown')).toBeUndefined()
    const found = again.get(t0)
    expect([found?.logStartOffset, found?.endOffset, found?.highWatermark, found?.topicId]).toEqual([2, 5, 5, topicId])
    await again.close({ clean: false, brokerEpoch: 11 })
    const third = await open(disk)
    expect([third.previousBrokerEpoch, third.get(t0)?.endOffset]).toEqual([undefined, 5])
  })

  it('prepares for checking only what a crash left', async () => {
    const disk = await newDisk('/data')
    let count = 0
    const beforeRecovery = async () => void count++
    const manager = await open(disk, { beforeRecovery })
    await appendAcked(await manager.ensureLog(t0, topicId), makeBatch())
    await manager.close({ clean: true, brokerEpoch: 1 })
    const again = await open(disk, { beforeRecovery })
    expect(count).toBe(0)
    await again.close({ clean: false, brokerEpoch: 1 })
    await open(disk, { beforeRecovery })
    expect(count).toBe(1)
  })

  it('makes one log for many callers, and none for another topic of that name', async () => {
    const manager = await open(await newDisk('/data'))
    const [a, b] = await Promise.all([manager.ensureLog(t0, topicId), manager.ensureLog(t0, topicId)])
    expect(a).toBe(b)
    await expect(manager.ensureLog(t0, otherId)).rejects.toMatchObject({ code: 'topic-id-mismatch' })
    expect(manager.logs()).toHaveLength(1)
    await manager.close({ clean: true, brokerEpoch: 1 })
    await expect(manager.ensureLog(t0, topicId)).rejects.toMatchObject({ code: 'closed' })
  })

  it('deletes a log by renaming its directory, and removes that later, at the latest after a restart', async () => {
    const disk = await newDisk('/data')
    const clock = new ManualClock()
    const ports = { clock: { ...systemClock, schedule: clock.schedule.bind(clock) } }
    const manager = await open(disk, ports)
    const log = await manager.ensureLog(t0, topicId)
    for (let count = 0; count < 3; count++) await appendAcked(log, makeBatch())
    await manager.checkpoint()
    expect(await text(disk, '/data/recovery-point-offset-checkpoint')).toBe('0\n1\nt 0 3\n')
    await manager.deleteLog(t0)
    await manager.deleteLog(t0)
    expect(manager.get(t0)).toBeUndefined()
    expect(log.append(makeBatch(), client)).toMatchObject({ kind: 'refused' })
    // A log of a new topic of that name must not be expected to have offsets.
    expect(await text(disk, '/data/recovery-point-offset-checkpoint')).toBe('0\n0\n')
    const [retired] = (await namesIn(disk, '/data')).filter((name) => name.endsWith('-delete'))
    expect(retired).toMatch(/^t-0\.[0-9a-f]{32}-delete$/)
    expect((await manager.ensureLog(t0, otherId)).endOffset).toBe(0)
    await manager.close({ clean: true, brokerEpoch: 1 })
    const again = await open(disk, ports)
    expect(again.logs()).toHaveLength(1)
    clock.advance(60_000)
    await again.close({ clean: false, brokerEpoch: 1 })
    expect((await namesIn(disk, '/data')).filter((name) => name.endsWith('-delete'))).toEqual([])
  })

  it('leaves directories alone that it does not know, and sets logs aside that the cluster does not know', async () => {
    const disk = await newDisk('/data')
    await disk.makeDirectory('/data/lost+found')
    await disk.makeDirectory('/data/x-1.0123456789abcdef0123456789abcdef-stray')
    await disk.makeDirectory('/data/__cluster_metadata-0')
    const manager = await open(disk)
    expect(manager.strayDirectories.map(({ kind }) => kind)).toEqual(['unknown', 'stray'])
    expect(manager.logs()).toEqual([])
    const log = await manager.ensureLog(t0, topicId)
    await appendAcked(log, makeBatch())
    const path = await manager.setStray(t0)
    expect(path).toMatch(/^\/data\/t-0\.[0-9a-f]{32}-stray$/)
    expect(await namesIn(disk, path as string)).toContain(`${'0'.repeat(20)}.log`)
    await manager.close({ clean: true, brokerEpoch: 1 })
  })

  it('opens the metadata log whole, apart from the others', async () => {
    const disk = await newDisk('/data')
    const manager = await open(disk)
    const log = await manager.openMetadataLog('AAAAAAAAAAAAAAAAAAAAAQ')
    log.append(makeBatch(), { origin: 'raft', leaderEpoch: 1 })
    await whenAckable(log, 1)
    await manager.close({ clean: true, brokerEpoch: 1 })
    expect(await text(disk, '/data/recovery-point-offset-checkpoint')).toBe('0\n0\n')
    expect(await text(disk, '/data/__cluster_metadata-0/leader-epoch-checkpoint')).toBe('0\n1\n1 0\n')
    expect(await text(disk, '/data/__cluster_metadata-0/partition.metadata')).toContain('AAAAAAAAAAAAAAAAAAAAAQ')
    const again = await open(disk)
    expect(again.logs()).toEqual([])
    expect((await again.openMetadataLog('AAAAAAAAAAAAAAAAAAAAAQ')).endOffset).toBe(1)
  })

  it('takes the whole directory offline when a sync fails in it, and the others work on', async () => {
    const disk = await newDisk('/a', '/b')
    const failures: string[] = []
    const onDirectoryFailure = (directory: string) => void failures.push(directory)
    const manager = await open(disk, { directories: ['/a', '/b'], onDirectoryFailure })
    const logs = []
    for (let partition = 0; partition < 4; partition++)
      logs.push(await manager.ensureLog({ topic: 't', partition }, topicId))
    expect(logs.map((log) => log.directory)).toEqual(['/a/t-0', '/b/t-1', '/a/t-2', '/b/t-3'])
    disk.injectFaults(({ name, path }) => (name === 'sync' && path.startsWith('/b/t-1/') ? { error: 'io' } : undefined))
    logs[1]?.append(makeBatch(), client)
    await expect(whenAckable(logs[1] as (typeof logs)[number], 1)).rejects.toMatchObject({ code: 'offline' })
    disk.injectFaults(undefined)
    expect(failures).toEqual(['/b'])
    expect(logs.map((log) => log.failure?.code)).toEqual([undefined, 'offline', undefined, 'offline'])
    expect(manager.directories.map(({ isOnline }) => isOnline)).toEqual([true, false])
    await appendAcked(logs[0] as (typeof logs)[number], makeBatch())
    expect((await manager.ensureLog({ topic: 't', partition: 9 }, topicId)).directory).toBe('/a/t-9')
    await manager.close({ clean: true, brokerEpoch: 1 })
    expect(await disk.stat('/a/.kafka_cleanshutdown')).toBeDefined()
    expect(await disk.stat('/b/.kafka_cleanshutdown')).toBeUndefined()
  })

  it('refuses directories of others before it changes anything', async () => {
    const disk = await newDisk('/data')
    await expect(open(disk, { nodeId: 2 })).rejects.toMatchObject({ code: 'invalid-directory' })
    await expect(open(disk, { clusterId: 'other' })).rejects.toMatchObject({ code: 'invalid-directory' })
    await disk.makeDirectory('/empty')
    await expect(open(disk, { directories: ['/data', '/empty'] })).rejects.toThrow('/empty: no meta.properties')
    await expect(open(disk, { directories: ['/none'] })).rejects.toThrow('/none does not exist: format it first')
    await expect(formatDirectory(disk, '/data', meta)).rejects.toThrow('is formatted already')
    expect(await namesIn(disk, '/data')).toEqual(['.lock', 'meta.properties'])
    const manager = await open(disk)
    await expect(open(disk)).rejects.toMatchObject({ code: 'locked' })
    await manager.close({ clean: true, brokerEpoch: 1 })
    await (await open(disk)).close({ clean: true, brokerEpoch: 1 })
  })

  it('works on the machine’s own disk, after a clean stop and without one', async () => {
    const root = mkdtempSync(join(tmpdir(), 'millrace-logs-'))
    try {
      const fileSystem = new NodeFileSystem()
      const ports = { directories: [root], configFor: () => ({ ...defaultLogConfig, segmentBytes: 500 }) }
      await formatDirectory(fileSystem, root, meta)
      for (let start = 0; start < 4; start++) {
        const manager = await open(fileSystem, ports)
        expect(manager.failedLogs).toEqual([])
        const log = await manager.ensureLog(t0, topicId)
        expect(log.endOffset).toBe(start * 10)
        for (let count = 0; count < 10; count++) log.append(makeBatch({ valueSize: 50 }), client)
        await whenAckable(log, log.endOffset)
        const read = await readAll(log)
        expect(batchOffsets(read).map(([base]) => base)).toEqual(
          Array.from({ length: start * 10 + 10 }, (_, offset) => offset),
        )
        await manager.close({ clean: start % 2 === 0, brokerEpoch: start })
      }
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  })

  it('checks everything when a checkpoint is damaged, and writes checkpoints on time', async () => {
    const disk = await newDisk('/data')
    const time = new ManualClock()
    const manager = await open(disk, { clock: { ...systemClock, schedule: time.schedule.bind(time) } })
    const log = await manager.ensureLog(t0, topicId)
    for (let count = 0; count < 3; count++) await appendAcked(log, makeBatch())
    log.advanceHighWatermark(3)
    const written = async (path: string) => {
      for (let turn = 0; turn < 40; turn++) await new Promise<void>((resolve) => systemClock.defer(resolve))
      return text(disk, path)
    }
    time.advance(5_000)
    expect(await written('/data/replication-offset-checkpoint')).toBe('0\n1\nt 0 3\n')
    expect(await written('/data/recovery-point-offset-checkpoint')).toBe('')
    time.advance(55_000)
    expect(await written('/data/recovery-point-offset-checkpoint')).toBe('0\n1\nt 0 3\n')
    await manager.close({ clean: false, brokerEpoch: 1 })
    const file = disk.disk.file('/data/recovery-point-offset-checkpoint', 'damage')
    file.bytes.fill(0xff)
    const again = await open(disk)
    expect([again.failedLogs, again.get(t0)?.endOffset]).toEqual([[], 3])
  })
})
