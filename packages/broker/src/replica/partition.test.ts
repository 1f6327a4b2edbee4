import { seededRandom, silentLogger, systemClock } from '@millrace/base'
import { ErrorCode, encodeBatch, openBatch } from '@millrace/protocol'
import { defaultLogConfig, formatDirectory, type Log, LogManager, MemoryFileSystem } from '@millrace/storage'
import { describe, expect, it } from 'vitest'
import type { PartitionView } from '../cluster-view.ts'
import { Partition } from './partition.ts'

const topicId = 'SJa3GXldTX2z310xe9ZQgg'
const view: PartitionView = {
  index: 0,
  leader: 1,
  leaderEpoch: 4,
  partitionEpoch: 0,
  replicas: [1],
  isr: [1],
  elr: [],
  lastKnownElr: [],
  directories: [topicId],
}

const batch = (value: string) => encodeBatch([{ timestamp: 1_750_000_000_000, key: null, value }])
const fromClient = { requiredAcks: -1, apiVersion: 9, isInternalClient: true }
const all = { sizeMax: 1 << 20, minOneBatch: true, isReplica: false, isCommittedOnly: false, lastFetchedEpoch: -1 }

/** A partition that this broker leads, and two logs: its own, and one that may take its place. */
async function setUp() {
  const fileSystem = new MemoryFileSystem(systemClock)
  await formatDirectory(fileSystem, '/data', { version: 1, clusterId: 'c', nodeId: 1, directoryId: topicId })
  const logs = await LogManager.open({
    fileSystem,
    directories: ['/data'],
    nodeId: 1,
    clock: { ...systemClock, schedule: () => ({ cancel() {} }) },
    random: seededRandom(1),
    logger: silentLogger,
    durability: 'os',
    configFor: () => defaultLogConfig,
  })
  const log = await logs.ensureLog({ topic: 't', partition: 0 }, topicId)
  const other = await logs.ensureLog({ topic: 'copy', partition: 0 }, topicId)
  const partition = new Partition(
    {
      topic: 't',
      index: 0,
      brokerId: 1,
      isInternal: false,
      log,
      openLog: () => Promise.resolve(log),
      timers: { schedule: () => ({ cancel() {} }) },
      minInsyncReplicas: () => 1,
    },
    { ...view, leader: -1 },
  )
  partition.update(view)
  return { partition, log, other }
}

async function append(partition: Partition, value: string): Promise<number | undefined> {
  const outcome = await partition.append(batch(value), fromClient)
  if (outcome.kind === 'refused') return outcome.errorCode
  return outcome.whenAcknowledged('all', 1000)
}

async function valuesOf(partition: Partition): Promise<string[]> {
  const values: string[] = []
  for (let offset = 0; offset < partition.highWatermark; ) {
    const read = await partition.read(offset, all)
    if (read.kind === 'refused' || read.slice === undefined) throw new Error(`nothing at ${offset}`)
    const bytes = await read.slice.read()
    read.slice.release()
    const first = openBatch(bytes, 0)
    for (const { value } of first) values.push(String(value))
    offset = first.lastOffset + 1
  }
  return values
}

/** Copies what is in one log to another. */
async function copy(from: Log, to: Log): Promise<void> {
  await from.flush()
  const read = await from.read(0, { sizeMax: 1 << 20, upperOffset: from.endOffset, minOneBatch: true })
  if (read.kind !== 'slice' || read.slice === undefined) throw new Error('nothing to copy')
  to.append(Buffer.from(await read.slice.read()), { origin: 'follower', leaderEpoch: -1 })
  read.slice.release()
  await to.flush()
}

describe('another log that takes the place of a partition’s', () => {
  it('goes on where the old one was: what is asked meanwhile waits, in order, and nothing is lost', async () => {
    const { partition, log, other } = await setUp()
    expect(await append(partition, 'a')).toBeUndefined()
    let finish = () => {}
    const isReady = new Promise<void>((resolve) => {
      finish = resolve
    })
    const replaced = partition.replaceLog(async () => {
      await copy(log, other)
      await isReady
      return other
    })
    const appends = ['b', 'c'].map((value) => append(partition, value))
    const reading = partition.read(0, all)
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
    // A coordinator is told its offset at once.
    const told = partition.appendAsCoordinator(batch('coordinator'))
    expect(told).toMatchObject({ kind: 'appended', baseOffset: 1 })
    expect(partition.endOffset).toBe(2)
    expect(log.endOffset).toBe(1)
    finish()
    await replaced
    expect(await Promise.all(appends)).toEqual([undefined, undefined])
    const read = await reading
    expect(read.kind).toBe('read')
    if (read.kind === 'read') read.slice?.release()
    expect(partition.log).toBe(other)
    expect(await valuesOf(partition)).toEqual(['a', 'coordinator', 'b', 'c'])
    expect(other.latestEpoch).toBe(4)
    expect(log.endOffset).toBe(1)
  })

  it('may be called off: then all goes on in the old one', async () => {
    const { partition, log } = await setUp()
    await append(partition, 'a')
    const replaced = partition.replaceLog(async () => undefined)
    const appended = append(partition, 'b')
    await replaced
    expect(await appended).toBeUndefined()
    expect(partition.log).toBe(log)
    expect(await valuesOf(partition)).toEqual(['a', 'b'])
  })

  it('and cannot be made takes back what waited for it', async () => {
    const { partition } = await setUp()
    await append(partition, 'a')
    const ends: number[] = []
    partition.listen({ onHighWatermark() {}, onFailure: (endOffset) => ends.push(endOffset) })
    const replaced = partition.replaceLog(async () => {
      partition.appendAsCoordinator(batch('lost'))
      throw new Error('the disk failed')
    })
    await expect(replaced).rejects.toThrow('the disk failed')
    expect(ends).toEqual([1])
    expect(partition.endOffset).toBe(1)
  })

  it('comes too late for a partition that was closed', async () => {
    const { partition, log, other } = await setUp()
    await append(partition, 'a')
    const replaced = partition.replaceLog(async () => {
      await copy(log, other)
      return other
    })
    const appended = append(partition, 'b')
    partition.close(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    await replaced
    expect(await appended).toBe(ErrorCode.NOT_LEADER_OR_FOLLOWER)
    expect(other.endOffset).toBeLessThanOrEqual(1)
  })
})
