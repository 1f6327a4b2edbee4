/** Logs that move to another directory: while they are appended to, over restarts, and with the process dying at every step. */
import { seededRandom, silentLogger, systemClock } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { formatDirectory } from '../src/data-directory.ts'
import type { DiskDirectory, DiskNode } from '../src/fs/disk.ts'
import { type FaultRule, FaultyFileSystem } from '../src/fs/faulty.ts'
import type { Operation } from '../src/fs/memory.ts'
import { defaultLogConfig, LogManager, type LogManagerOptions, type LogMove } from '../src/index.ts'
import { makeBatch } from './batches.ts'
import { appendAcked, readAll } from './logs.ts'

const topicId = 'SJa3GXldTX2z310xe9ZQgg'
const t0 = { topic: 't', partition: 0 }
const paths = ['/a', '/b'] as const
const directoryIds = ['Q9XLD5-cjoZCrDIHj6PgeQ', 'TwI_rn5_QrW2b8aMkxQLMw']

async function newDisk(directories: readonly string[] = paths): Promise<FaultyFileSystem> {
  const disk = new FaultyFileSystem(systemClock)
  for (const [index, path] of directories.entries()) {
    const directoryId = directoryIds[index] ?? `${index}000000000000000000000`
    await formatDirectory(disk, path, { version: 1, clusterId: 'c', nodeId: 1, directoryId })
  }
  return new FaultyFileSystem(systemClock, disk.disk.root)
}

function open(fileSystem: FaultyFileSystem, options: Partial<LogManagerOptions> = {}): Promise<LogManager> {
  return LogManager.open({
    fileSystem,
    directories: paths,
    nodeId: 1,
    clock: { ...systemClock, schedule: () => ({ cancel() {} }) },
    random: seededRandom(1),
    logger: silentLogger,
    durability: 'fsync',
    configFor: () => ({ ...defaultLogConfig, segmentBytes: 2000 }),
    ...options,
  })
}

const stopped = { clean: true, brokerEpoch: 5 } as const

async function fill(manager: LogManager, count: number, fillByte = 0x61): Promise<void> {
  const log = await manager.ensureLog(t0, topicId)
  for (let each = 0; each < count; each++) {
    await appendAcked(log, makeBatch({ count: 3, valueSize: 100, fill: fillByte + (each % 20) }))
    log.advanceHighWatermark(log.endOffset)
  }
}

async function begin(manager: LogManager, directory = '/b'): Promise<LogMove> {
  const move = await manager.beginMove(t0, directory)
  if (move === undefined) throw new Error(`the log is in ${directory}`)
  return move
}

async function finish(manager: LogManager, move: LogMove): Promise<void> {
  while ((await move.copyNext(move.source.highWatermark)) > 0);
  await move.complete()
  await manager.finishMove(t0)
}

/** The log's bytes and the directory that it is in. */
async function stateOf(manager: LogManager) {
  const log = manager.get(t0)
  if (log === undefined) return { directory: undefined, bytes: '', start: -1, end: -1 }
  const bytes = (await readAll(log)).toString('hex')
  return { directory: manager.directoryOf(t0), bytes, start: log.logStartOffset, end: log.endOffset }
}

async function namesIn(disk: FaultyFileSystem, path: string): Promise<string[]> {
  const names = (await disk.list(path)).filter(({ kind }) => kind === 'directory').map(({ name }) => name)
  return names.map((name) => name.replace(/\.[0-9a-f]{32}/, ''))
}

function copyOf(disk: FaultyFileSystem): FaultyFileSystem {
  const copy = (node: DiskNode): DiskNode => {
    if (node.kind === 'file') return { ...node, bytes: Buffer.from(node.bytes) }
    return { ...node, entries: new Map([...node.entries].map(([name, child]) => [name, copy(child)])) }
  }
  return new FaultyFileSystem(systemClock, copy(disk.disk.root) as DiskDirectory)
}

const failing =
  (path: string, names?: readonly string[]): FaultRule =>
  (operation: Operation) => {
    const isMeant = operation.path === path || operation.path.startsWith(`${path}/`)
    return isMeant && (names?.includes(operation.name) ?? true) ? { error: 'io' } : undefined
  }

describe('a log that moves', () => {
  it('is the same in the other directory, with what was appended meanwhile', async () => {
    const disk = await newDisk()
    const manager = await open(disk)
    await fill(manager, 40)
    const move = await begin(manager)
    expect(await namesIn(disk, '/b')).toEqual(['t-0-future'])
    expect(manager.moves().map(({ directory, offsetLag }) => [directory, offsetLag])).toEqual([['/b', 120]])
    await move.copyNext(move.source.highWatermark)
    await fill(manager, 10, 0x71)
    const before = await stateOf(manager)
    await finish(manager, move)
    expect(await stateOf(manager)).toEqual({ ...before, directory: '/b' })
    expect([await namesIn(disk, '/a'), await namesIn(disk, '/b')]).toEqual([['t-0-delete'], ['t-0']])
    expect(manager.get(t0)?.highWatermark).toBe(150)
    await fill(manager, 1)
    const after = await stateOf(manager)
    await manager.close(stopped)
    const next = await open(disk.restart() as FaultyFileSystem)
    expect(await stateOf(next)).toEqual(after)
    await next.close(stopped)
  })

  it('keeps its start, also when the process is killed at once', async () => {
    const disk = await newDisk()
    const manager = await open(disk)
    await fill(manager, 20)
    const move = await begin(manager)
    await move.copyNext(move.source.highWatermark)
    await manager.get(t0)?.deleteRecordsBefore(31)
    await finish(manager, move)
    expect(manager.get(t0)?.logStartOffset).toBe(31)
    const before = await stateOf(manager)
    const next = await open(disk.powerCut(seededRandom(3)))
    expect(await stateOf(next)).toEqual(before)
  })

  it('whose oldest records go faster than they are copied begins anew behind them', async () => {
    const manager = await open(await newDisk())
    await fill(manager, 20)
    const move = await begin(manager)
    await manager.get(t0)?.deleteRecordsBefore(45)
    await manager.get(t0)?.flush()
    const before = await stateOf(manager)
    await finish(manager, move)
    expect(await stateOf(manager)).toEqual({ ...before, directory: '/b' })
  })

  it('may be empty, or have lost all its records', async () => {
    for (const count of [0, 5]) {
      const manager = await open(await newDisk())
      await fill(manager, count)
      await manager.get(t0)?.deleteRecordsBefore(count * 3)
      await finish(manager, await begin(manager))
      expect(await stateOf(manager)).toEqual({ directory: '/b', bytes: '', start: count * 3, end: count * 3 })
      await manager.close(stopped)
    }
  })

  it('goes on where it was after a restart', async () => {
    const disk = await newDisk()
    const manager = await open(disk)
    await fill(manager, 20)
    const move = await begin(manager)
    while (move.target.endOffset < 30) await move.copyNext(30)
    expect(move.target.endOffset).toBe(30)
    const before = await stateOf(manager)
    await manager.close(stopped)
    const next = await open(disk.restart() as FaultyFileSystem)
    const [found] = next.moves()
    expect(found).toMatchObject({ directory: '/b', offsetLag: 30 })
    await finish(next, found as LogMove)
    expect(await stateOf(next)).toEqual({ ...before, directory: '/b' })
  })

  it('can be called back, or sent elsewhere', async () => {
    const directories = ['/a', '/b', '/c']
    const disk = await newDisk(directories)
    const manager = await open(disk, { directories })
    await fill(manager, 5)
    await begin(manager, '/b')
    expect(await begin(manager, '/b')).toMatchObject({ directory: '/b' })
    await begin(manager, '/c')
    expect(await namesIn(disk, '/b')).toEqual(['t-0-delete'])
    expect(await manager.beginMove(t0, '/a')).toBeUndefined()
    expect(await namesIn(disk, '/c')).toEqual(['t-0-delete'])
    expect(manager.moves()).toEqual([])
    await expect(manager.beginMove(t0, '/d')).rejects.toThrow('/d is no log directory')
  })

  it('and is deleted takes its copy with it', async () => {
    const disk = await newDisk()
    const manager = await open(disk)
    await fill(manager, 5)
    await begin(manager)
    await manager.deleteLog(t0)
    expect([await namesIn(disk, '/a'), await namesIn(disk, '/b')]).toEqual([['t-0-delete'], ['t-0-delete']])
  })

  it('to a directory that fails stays where it is, and works', async () => {
    const disk = await newDisk()
    const failures: string[] = []
    const manager = await open(disk, { onDirectoryFailure: (directory) => failures.push(directory) })
    await fill(manager, 20)
    const move = await begin(manager)
    disk.injectFaults(failing('/b', ['sync']))
    await expect(move.copyNext(60)).rejects.toThrow()
    expect(failures).toEqual(['/b'])
    expect(manager.moves()).toEqual([])
    await fill(manager, 5)
    expect(await stateOf(manager)).toMatchObject({ directory: '/a', end: 75 })
  })
})

describe('the process dies while a copy takes the place of its log', () => {
  async function scene() {
    const disk = await newDisk()
    const manager = await open(disk)
    await fill(manager, 12)
    await manager.get(t0)?.deleteRecordsBefore(4)
    await manager.checkpoint()
    const { bytes, start, end } = await stateOf(manager)
    const move = await begin(manager)
    while ((await move.copyNext(move.source.highWatermark)) > 0);
    return { disk, manager, move, expected: { bytes, start, end } }
  }

  async function countOperations(): Promise<number> {
    const { disk, manager, move } = await scene()
    let count = 0
    disk.injectFaults(() => {
      count++
      return undefined
    })
    await finish(manager, move)
    return count
  }

  it.each([1, 2, 3])('after each of its operations, with power (seed %i): the log is there, whole', async (seed) => {
    const total = await countOperations()
    expect(total).toBeGreaterThan(20)
    for (let count = 0; count <= total; count++) {
      const { disk, manager, move, expected } = await scene()
      let left = count
      const stopped = new Promise<FaultyFileSystem>((resolve) => {
        disk.injectFaults(() => {
          if (left-- === 0) resolve(disk.powerCut(seededRandom(seed * 1000 + count)))
          return undefined
        })
      })
      void finish(manager, move)
        .then(() => disk.stat('/'))
        .catch(() => {})
      const found = await stopped
      const next = await open(found)
      const state = await stateOf(next)
      expect(state, `seed ${seed}, ${count} operations`).toMatchObject(expected)
      expect(next.failedLogs, `seed ${seed}, ${count} operations`).toEqual([])
      const [resumed] = next.moves()
      if (resumed !== undefined) await finish(next, resumed)
      expect(await stateOf(next), `seed ${seed}, ${count} operations`).toEqual({ ...expected, directory: '/b' })
      await next.close({ clean: true, brokerEpoch: 5 })
    }
  })

  it.each(['/a', '/b'])(
    'or the disk of %s fails at each of its operations: the next start has the log, whole',
    async (path) => {
      const total = await countOperations()
      for (let count = 0; count < total; count++) {
        const { disk, manager, move, expected } = await scene()
        let left = count
        const rule = failing(path)
        disk.injectFaults((operation) => (left-- > 0 ? undefined : rule(operation)))
        await finish(manager, move).catch(() => {})
        disk.injectFaults(undefined)
        await manager.close({ clean: true, brokerEpoch: 5 })
        const next = await open(copyOf(disk))
        expect(await stateOf(next), `${path}, ${count} operations`).toMatchObject(expected)
        await next.close({ clean: true, brokerEpoch: 5 })
      }
    },
  )
})

describe('a directory that is of no use at the start', () => {
  const ids = (manager: LogManager) => manager.directories.map(({ isOnline, directoryId }) => [isOnline, directoryId])

  it('is offline, and the others work; nothing counts as left in order', async () => {
    const disk = await newDisk()
    const manager = await open(disk)
    await manager.ensureLog(t0, topicId)
    const inB = await manager.ensureLog({ topic: 't', partition: 1 }, topicId)
    expect(manager.directoryOf(inB)).toBe('/b')
    await manager.close(stopped)
    const next = disk.restart() as FaultyFileSystem
    disk.injectFaults(failing('/b'))
    const crippled = await open(next)
    expect(ids(crippled)).toEqual([
      [true, directoryIds[0]],
      [false, undefined],
    ])
    expect(crippled.directories[1]?.error?.message).toContain('/b')
    expect(crippled.previousBrokerEpoch).toBeUndefined()
    expect(crippled.logs().map(({ partition }) => partition)).toEqual([0])
    expect(crippled.directoryOf(await crippled.ensureLog({ topic: 't', partition: 2 }, topicId))).toBe('/a')
    await crippled.close(stopped)
    disk.injectFaults(undefined)
    const whole = await open(next.restart() as FaultyFileSystem)
    expect(whole.logs().map((log) => [log.partition, whole.directoryOf(log)])).toEqual([
      [0, '/a'],
      [2, '/a'],
      [1, '/b'],
    ])
    expect(whole.previousBrokerEpoch).toBe(5)
  })

  it('may be one that takes no writes', async () => {
    const disk = await newDisk()
    disk.injectFaults((operation) =>
      operation.path.startsWith('/b') && ['write', 'rename', 'remove'].includes(operation.name)
        ? { error: 'permission' }
        : undefined,
    )
    const manager = await open(disk)
    await expect(manager.checkpoint()).resolves.toBeUndefined()
    disk.injectFaults(failing('/b'))
    await fill(manager, 1)
    expect(manager.directoryOf(t0)).toBe('/a')
  })

  it('with the metadata log is the end', async () => {
    const disk = await newDisk()
    disk.injectFaults(failing('/a'))
    await expect(open(disk)).rejects.toThrow('/a')
    disk.injectFaults(failing('/b'))
    await expect(open(disk, { metadataDirectory: '/b' })).rejects.toThrow('/b')
  })

  it('and is named by nobody, or by a copy, keeps the copy until it is back', async () => {
    const disk = await newDisk()
    const manager = await open(disk, { metadataDirectory: '/b' })
    await fill(manager, 10)
    const before = await stateOf(manager)
    const move = await begin(manager)
    await move.copyNext(15)
    await manager.close(stopped)
    disk.injectFaults(failing('/a'))
    const crippled = await open(disk.restart() as FaultyFileSystem, { metadataDirectory: '/b' })
    expect(crippled.logs()).toEqual([])
    expect(crippled.moves()).toEqual([])
    await crippled.close(stopped)
    disk.injectFaults(undefined)
    const whole = await open(disk.restart() as FaultyFileSystem)
    expect(await stateOf(whole)).toEqual(before)
    expect(whole.moves()).toHaveLength(1)
  })
})

describe('a directory that fails', () => {
  it('while a log is made there gives way to another', async () => {
    const disk = await newDisk()
    const failures: string[] = []
    const manager = await open(disk, { onDirectoryFailure: (directory) => failures.push(directory) })
    await manager.ensureLog(t0, topicId)
    disk.injectFaults(failing('/b'))
    const log = await manager.ensureLog({ topic: 't', partition: 1 }, topicId)
    expect(manager.directoryOf(log)).toBe('/a')
    expect(failures).toEqual(['/b'])
  })

  it('gives its logs to nobody any more', async () => {
    const disk = await newDisk()
    const manager = await open(disk)
    await fill(manager, 1)
    disk.injectFaults(failing('/a'))
    await expect(manager.checkpoint()).rejects.toThrow()
    await expect(manager.ensureLog(t0, topicId)).rejects.toMatchObject({ code: 'offline' })
  })

  it('holds the metadata only, when it is not among the log directories', async () => {
    const disk = await newDisk(['/a', '/b', '/meta'])
    const manager = await open(disk, { metadataDirectory: '/meta' })
    expect(manager.directories.map(({ path }) => path)).toEqual(['/a', '/b'])
    const placed = await Promise.all(
      [0, 1, 2, 3].map(async (partition) =>
        manager.directoryOf(await manager.ensureLog({ topic: 't', partition }, topicId)),
      ),
    )
    expect(new Set(placed)).not.toContain('/meta')
    await manager.openMetadataLog('AAAAAAAAAAAAAAAAAAAAAQ')
    expect(await namesIn(disk, '/meta')).toEqual(['__cluster_metadata-0'])
    await manager.close(stopped)
  })
})
