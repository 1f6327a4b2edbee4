/** Several log directories: where replicas are, what a failed one takes with it, and replicas that move while they are used. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom, silentLogger, systemClock } from '@millrace/base'
import {
  AlterReplicaLogDirs,
  DeleteRecords,
  DeleteTopics,
  DescribeLogDirs,
  ErrorCode,
  encodeBatch,
  Fetch,
  FindCoordinator,
  forEachBatch,
  Metadata,
  OffsetCommit,
  OffsetFetch,
  openBatch,
} from '@millrace/protocol'
import { defaultLogConfig, LogManager } from '@millrace/storage'
import { FaultyFileSystem } from '@millrace/storage/testing'
import { describe, expect, it } from 'vitest'
import {
  createTopic,
  expectNone,
  fetchOnce,
  joinAlone,
  newProducerId,
  produce,
  textRecord,
  tryProduce,
} from './actions.ts'
import { eventually, Node, type NodeOptions } from './node.ts'
import { Wire } from './wire.ts'

const config = { 'log.dirs': '/a,/b', 'millrace.durability': 'fsync' }

interface Scene {
  readonly node: Node
  readonly disk: FaultyFileSystem
  readonly wire: Wire
}

async function withDirectories(
  use: (scene: Scene) => Promise<void>,
  options: NodeOptions = {},
  disk = new FaultyFileSystem(systemClock),
): Promise<void> {
  const node = await Node.start({ fileSystem: disk, ...options, config: { ...config, ...options.config } })
  const wire = await Wire.connect(node.bootstrapServers)
  try {
    await use({ node, disk, wire })
  } finally {
    wire.close()
    disk.injectFaults(undefined)
    await node.stop()
  }
}

/** From now on the disk of `path` fails at everything. */
function fail(disk: FaultyFileSystem, ...paths: readonly string[]): void {
  disk.injectFaults(({ path }) =>
    paths.some((each) => path === each || path.startsWith(`${each}/`)) ? { error: 'io' } : undefined,
  )
}

/** Directory, and whether it is a copy, of every partition, by `topic-partition`. */
async function placesOf(wire: Wire): Promise<Map<string, string>> {
  const { results } = await wire.send(DescribeLogDirs, 4, { topics: null })
  const places = new Map<string, string>()
  for (const { logDir, topics } of results) {
    for (const { name, partitions } of topics) {
      for (const { partitionIndex, isFutureKey } of partitions) {
        if (!isFutureKey) places.set(`${name}-${partitionIndex}`, logDir)
      }
    }
  }
  return places
}

/** The partitions of a topic that are in a directory. */
async function partitionsIn(wire: Wire, topic: string, directory: string): Promise<number[]> {
  const places = await placesOf(wire)
  return [...places]
    .filter(([key, path]) => key.startsWith(`${topic}-`) && path === directory)
    .map(([key]) => Number(key.slice(topic.length + 1)))
}

async function valuesOf(wire: Wire, topic: string, partition = 0, startOffset = 0): Promise<string[]> {
  const values: string[] = []
  for (let offset = startOffset; ; ) {
    const { errorCode, records } = await fetchOnce(wire, topic, offset, partition)
    expectNone(errorCode, `fetching ${topic}-${partition}`)
    const bytes = records ?? Buffer.alloc(0)
    if (bytes.length === 0) return values
    forEachBatch(bytes, 0, bytes.length, (position) => {
      const batch = openBatch(bytes, position)
      for (const { value } of batch) values.push(value?.toString() ?? '')
      offset = batch.lastOffset + 1
    })
  }
}

async function describePartition(wire: Wire, topic: string, partition: number) {
  const { topics } = await wire.send(Metadata, 12, { topics: [{ name: topic }], allowAutoTopicCreation: false })
  return topics[0]?.partitions.find(({ partitionIndex }) => partitionIndex === partition)
}

async function move(wire: Wire, path: string, topic: string, partitions: readonly number[]) {
  const { results } = await wire.send(AlterReplicaLogDirs, 2, {
    dirs: [{ path, topics: [{ name: topic, partitions }] }],
  })
  return results.flatMap((result) => result.partitions.map(({ errorCode }) => errorCode))
}

const moved = (wire: Wire, key: string, directory: string) =>
  eventually(async () => ((await placesOf(wire)).get(key) === directory ? true : undefined))

/** The leader that clients are told of, when it is as asked. */
const led = (wire: Wire, topic: string, partition: number, isLed: boolean) =>
  eventually(async () => {
    const found = await describePartition(wire, topic, partition)
    return found !== undefined && found.leaderId >= 0 === isLed ? found : undefined
  })

async function commit(wire: Wire, group: string, topic: string): Promise<number> {
  const { memberId, generationId } = await joinAlone(wire, group, topic)
  const partitions = [{ partitionIndex: 0, committedOffset: 3, committedMetadata: null }]
  const request = { groupId: group, memberId, generationIdOrMemberEpoch: generationId }
  const { topics } = await wire.send(OffsetCommit, 8, { ...request, topics: [{ name: topic, partitions }] })
  return topics[0]?.partitions[0]?.errorCode ?? -1
}

const committed = (wire: Wire, group: string, topic: string) =>
  eventually(async () => {
    const topics = [{ name: topic, partitionIndexes: [0] }]
    const { groups } = await wire.send(OffsetFetch, 8, { groups: [{ groupId: group, topics }] })
    const passing: number[] = [ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, ErrorCode.NOT_COORDINATOR]
    return passing.includes(groups[0]?.errorCode ?? 0)
      ? undefined
      : groups[0]?.topics[0]?.partitions[0]?.committedOffset
  })

describe('replicas', () => {
  it('go where there are fewest, and are found there after a restart', async () => {
    await withDirectories(async ({ node, wire }) => {
      await createTopic(wire, 'spread', 6)
      for (const directory of ['/a', '/b']) expect(await partitionsIn(wire, 'spread', directory)).toHaveLength(3)
      for (let partition = 0; partition < 6; partition++)
        await produce(wire, 'spread', [`in ${partition}`], { partition })
      const before = await placesOf(wire)
      await node.restart()
      const next = await Wire.connect(node.bootstrapServers)
      expect(await placesOf(next)).toEqual(before)
      for (let partition = 0; partition < 6; partition++) {
        expect(await valuesOf(next, 'spread', partition)).toEqual([`in ${partition}`])
      }
      next.close()
    })
  })

  it('are not mixed with the metadata, when that has a directory of its own', async () => {
    await withDirectories(
      async ({ wire, disk }) => {
        await createTopic(wire, 'apart', 4)
        const { results } = await wire.send(DescribeLogDirs, 5, { topics: null })
        expect(results.map(({ logDir }) => logDir)).toEqual(['/a', '/b'])
        const names = (await disk.list('/meta')).filter(({ kind }) => kind === 'directory')
        expect(names.map(({ name }) => name)).toEqual(['__cluster_metadata-0'])
      },
      { config: { 'metadata.log.dir': '/meta' } },
    )
  })
})

describe('a log directory that fails in the middle of traffic', () => {
  it('goes offline alone: the others are served, and nothing acknowledged is lost', async () => {
    await withDirectories(async ({ node, disk, wire }) => {
      await createTopic(wire, 'busy', 4)
      const acknowledged = new Map<number, string[]>([0, 1, 2, 3].map((partition) => [partition, []]))
      const writers = [0, 1, 2, 3].map(async (partition) => {
        const own = await Wire.connect(node.bootstrapServers)
        const codes: number[] = []
        for (let each = 0; each < 60; each++) {
          const value = `${partition}: ${each}`
          const { errorCode } = await tryProduce(own, 'busy', encodeBatch([textRecord(value)]), { partition })
          if (errorCode === ErrorCode.NONE) acknowledged.get(partition)?.push(value)
          else codes.push(errorCode)
          if (each === 20 && partition === 0) fail(disk, '/b')
        }
        own.close()
        return codes
      })
      const failures = await Promise.all(writers)
      const lost = new Set(await partitionsIn(wire, 'busy', '/a'))
      expect(lost.size).toBe(2)
      for (const partition of [0, 1, 2, 3]) {
        const isServed = lost.has(partition)
        if (isServed) {
          expect(failures[partition], `partition ${partition}`).toEqual([])
          expect(await valuesOf(wire, 'busy', partition)).toEqual(acknowledged.get(partition))
          continue
        }
        expect(new Set(failures[partition])).toEqual(new Set([ErrorCode.KAFKA_STORAGE_ERROR]))
        const found = await led(wire, 'busy', partition, false)
        expect(found).toMatchObject({ errorCode: ErrorCode.LEADER_NOT_AVAILABLE, offlineReplicas: [1], isrNodes: [] })
        const code = (await fetchOnce(wire, 'busy', 0, partition)).errorCode
        expect(code).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
      }
      const { results } = await wire.send(DescribeLogDirs, 4, { topics: null })
      expect(results.map(({ logDir, errorCode, topics }) => [logDir, errorCode, topics.length])).toEqual([
        ['/a', ErrorCode.NONE, 1],
        ['/b', ErrorCode.KAFKA_STORAGE_ERROR, 0],
      ])
      const said = node.lines.find(({ message }) => message.startsWith('A log directory failed'))
      expect(said?.fields).toMatchObject({ directory: '/b', partitionCount: 2 })
      expect(node.failures).toEqual([])

      disk.injectFaults(undefined)
      await node.restart()
      const next = await Wire.connect(node.bootstrapServers)
      for (const partition of [0, 1, 2, 3]) {
        await led(next, 'busy', partition, true)
        const values = await valuesOf(next, 'busy', partition)
        expect(values.filter((value) => acknowledged.get(partition)?.includes(value))).toEqual(
          acknowledged.get(partition),
        )
      }
      next.close()
    })
  })

  it('ends the waits of consumers and producers there', async () => {
    await withDirectories(async ({ disk, wire, node }) => {
      await createTopic(wire, 'waited-for', 2)
      const [partition] = await partitionsIn(wire, 'waited-for', '/b')
      const reader = await Wire.connect(node.bootstrapServers)
      const partitions = [{ partition: partition ?? -1, fetchOffset: 0, partitionMaxBytes: 1000 }]
      const waiting = reader.send(Fetch, 12, {
        maxWaitMs: 60_000,
        minBytes: 1,
        topics: [{ topic: 'waited-for', partitions }],
      })
      fail(disk, '/b')
      const { errorCode } = await tryProduce(wire, 'waited-for', encodeBatch([textRecord('x')]), {
        partition: partition ?? 0,
      })
      expect(errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
      const { responses } = await waiting
      expect(responses[0]?.partitions[0]?.errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
      reader.close()
    })
  })

  it('takes its groups with it, and leaves the others', async () => {
    await withDirectories(
      async ({ disk, wire, node }) => {
        await createTopic(wire, 'read', 1)
        const groups = ['red', 'green', 'blue', 'yellow', 'white', 'black']
        for (const group of groups) expectNone(await commit(wire, group, 'read'), group)
        const [onA] = await partitionsIn(wire, '__consumer_offsets', '/a')
        const [onB] = await partitionsIn(wire, '__consumer_offsets', '/b')
        expect([onA, onB].toSorted()).toEqual([0, 1])
        fail(disk, '/b')
        // Whoever writes there next finds out.
        const written = new Set<number>()
        for (let each = 0; each < 8; each++) written.add(await commitAlone(wire, `late ${each}`, each))
        expect(written).toContain(ErrorCode.NONE)
        expect(written.size).toBeGreaterThan(1)
        await led(wire, '__consumer_offsets', onB ?? -1, false)
        const codes = new Map<string, number>()
        for (const group of groups) {
          const { coordinators } = await wire.send(FindCoordinator, 4, { keyType: 0, coordinatorKeys: [group] })
          codes.set(group, coordinators[0]?.errorCode ?? -1)
        }
        expect(new Set(codes.values())).toEqual(new Set([ErrorCode.NONE, ErrorCode.COORDINATOR_NOT_AVAILABLE]))
        for (const group of groups.filter((each) => codes.get(each) === ErrorCode.NONE)) {
          expect(await committed(wire, group, 'read')).toBe(3)
        }
        disk.injectFaults(undefined)
        await node.restart()
        const next = await Wire.connect(node.bootstrapServers)
        for (const group of groups) expect(await committed(next, group, 'read')).toBeGreaterThanOrEqual(3)
        next.close()
      },
      { config: { 'offsets.topic.num.partitions': '2' } },
    )
  })

  it('is the end when the metadata is in it', async () => {
    const disk = new FaultyFileSystem(systemClock)
    const node = await Node.start({ fileSystem: disk, config })
    const wire = await Wire.connect(node.bootstrapServers)
    fail(disk, '/a')
    wire.post(Metadata, 12, { topics: null })
    void createTopic(wire, 'never').catch(() => {})
    await eventually(async () => (node.failures.length > 0 ? true : undefined))
    wire.close()
    await expect(node.stop()).rejects.toBe(node.failures[0])
  })

  it('is the end when it was the last', async () => {
    const disk = new FaultyFileSystem(systemClock)
    const node = await Node.start({ fileSystem: disk, config: { ...config, 'metadata.log.dir': '/meta' } })
    const wire = await Wire.connect(node.bootstrapServers)
    await createTopic(wire, 'both', 2)
    fail(disk, '/a', '/b')
    const write = async (partition: number) => {
      const own = await Wire.connect(node.bootstrapServers)
      await tryProduce(own, 'both', encodeBatch([textRecord('x')]), { partition }).catch(() => {})
      own.close()
    }
    await write(0)
    expect(node.failures).toEqual([])
    void write(1)
    await eventually(async () => (node.failures.length > 0 ? true : undefined))
    wire.close()
    await expect(node.stop()).rejects.toBe(node.failures[0])
  })
})

describe('a start with a log directory that cannot be used', () => {
  it('serves the others, and makes nothing anew; all is back with the directory', async () => {
    const disk = new FaultyFileSystem(systemClock)
    await withDirectories(
      async ({ node, wire }) => {
        await createTopic(wire, 'kept', 4)
        const lost = await partitionsIn(wire, 'kept', '/b')
        for (let partition = 0; partition < 4; partition++)
          await produce(wire, 'kept', [`in ${partition}`], { partition })
        await node.stop()
        fail(disk, '/b')
        const crippled = await Node.start({ fileSystem: disk, config })
        const second = await Wire.connect(crippled.bootstrapServers)
        for (const partition of [0, 1, 2, 3]) {
          const isLost = lost.includes(partition)
          await led(second, 'kept', partition, !isLost)
          const { errorCode } = await tryProduce(second, 'kept', encodeBatch([textRecord('more')]), { partition })
          expect(errorCode, `partition ${partition}`).toBe(isLost ? ErrorCode.KAFKA_STORAGE_ERROR : ErrorCode.NONE)
        }
        await createTopic(second, 'new', 4)
        expect(await partitionsIn(second, 'new', '/a')).toEqual([0, 1, 2, 3])
        expect(crippled.lines.some(({ message }) => message.startsWith('A log directory cannot be used'))).toBe(true)
        second.close()
        await crippled.stop()
        disk.injectFaults(undefined)
        const whole = await Node.start({ fileSystem: disk, config })
        const third = await Wire.connect(whole.bootstrapServers)
        for (const partition of [0, 1, 2, 3]) {
          await led(third, 'kept', partition, true)
          const expected = lost.includes(partition) ? [`in ${partition}`] : [`in ${partition}`, 'more']
          expect(await valuesOf(third, 'kept', partition)).toEqual(expected)
        }
        third.close()
        await whole.stop()
      },
      {},
      disk,
    )
  })

  it('keeps partitions offline whose directory nobody names any more', async () => {
    const disk = new FaultyFileSystem(systemClock)
    const node = await Node.start({ fileSystem: disk, config })
    const wire = await Wire.connect(node.bootstrapServers)
    await createTopic(wire, 'kept', 2)
    const [lost] = await partitionsIn(wire, 'kept', '/b')
    await produce(wire, 'kept', ['x'], { partition: lost ?? -1 })
    wire.close()
    await node.restart({ 'log.dirs': '/a' })
    const second = await Wire.connect(node.bootstrapServers)
    const answer = await tryProduce(second, 'kept', encodeBatch([textRecord('y')]), { partition: lost ?? -1 })
    expect(answer.errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR)
    const said = node.lines.filter(({ message }) => message === 'A partition is offline')
    expect(said.map(({ fields }) => fields?.reason)).toEqual([expect.stringContaining('put it back')])
    second.close()
    await node.restart()
    const third = await Wire.connect(node.bootstrapServers)
    await led(third, 'kept', lost ?? -1, true)
    expect(await valuesOf(third, 'kept', lost)).toEqual(['x'])
    third.close()
    await node.stop()
  })
})

describe('a replica that moves', () => {
  it('under load has every record, once, in order, and goes on in the other directory', async () => {
    await withDirectories(async ({ node, wire }) => {
      await createTopic(wire, 'moving', 1, { 'segment.bytes': '1048576' })
      const producerId = await newProducerId(wire)
      const values: string[] = []
      const filler = 'x'.repeat(20_000)
      let isOver = false
      let sequence = 0
      const write = async (own: Wire) => {
        const value = `${sequence} ${filler}`
        const options = { producerId, producerEpoch: 0, baseSequence: sequence++ }
        const answer = await tryProduce(own, 'moving', encodeBatch([textRecord(value)], options))
        expectNone(answer.errorCode, `record ${sequence}`)
        expect(answer.baseOffset).toBe(values.length)
        values.push(value)
      }
      for (let each = 0; each < 150; each++) await write(wire)
      const writer = (async () => {
        const own = await Wire.connect(node.bootstrapServers)
        while (!isOver) await write(own)
        own.close()
      })()
      const [home] = [(await placesOf(wire)).get('moving-0') ?? '']
      for (const target of home === '/a' ? ['/b', '/a', '/b'] : ['/a', '/b', '/a']) {
        const before = values.length
        expect(await move(wire, target, 'moving', [0])).toEqual([0])
        await moved(wire, 'moving-0', target)
        await eventually(async () => (values.length > before + 5 ? true : undefined))
      }
      isOver = true
      await writer
      expect(await valuesOf(wire, 'moving')).toEqual(values)
      const last = (await placesOf(wire)).get('moving-0')
      await node.restart()
      const next = await Wire.connect(node.bootstrapServers)
      await led(next, 'moving', 0, true)
      expect((await placesOf(next)).get('moving-0')).toBe(last)
      expect(await valuesOf(next, 'moving')).toEqual(values)
      // The same producer goes on: its sequence numbers came along.
      const options = { producerId, producerEpoch: 0, baseSequence: sequence }
      const answer = await tryProduce(next, 'moving', encodeBatch([textRecord('last')], options))
      expect(answer).toMatchObject({ errorCode: ErrorCode.NONE, baseOffset: values.length })
      next.close()
    })
  })

  it('tells how far its copy is, keeps its start, and is read meanwhile', async () => {
    const disk = new FaultyFileSystem(systemClock)
    const node = await Node.start({ fileSystem: disk, config })
    const wire = await Wire.connect(node.bootstrapServers)
    await createTopic(wire, 'watched', 1)
    for (let each = 0; each < 30; each++) await produce(wire, 'watched', [`${each}`])
    const topics = [{ name: 'watched', partitions: [{ partitionIndex: 0, offset: 7 }] }]
    expectNone((await wire.send(DeleteRecords, 2, { topics, timeoutMs: 1000 })).topics[0]?.partitions[0]?.errorCode, '')
    const home = (await placesOf(wire)).get('watched-0') ?? ''
    const target = home === '/a' ? '/b' : '/a'
    wire.close()
    await node.stop()
    // A copy that an earlier process began, and that is behind.
    const logs = await LogManager.open({
      fileSystem: disk,
      directories: ['/a', '/b'],
      nodeId: 1,
      clock: systemClock,
      random: seededRandom(5),
      logger: silentLogger,
      durability: 'fsync',
      configFor: () => defaultLogConfig,
    })
    const begun = await logs.beginMove({ topic: 'watched', partition: 0 }, target)
    expect(begun?.offsetLag).toBe(30)
    await logs.close({ clean: true, brokerEpoch: 3 })

    const next = await Node.start({ fileSystem: disk, config })
    const second = await Wire.connect(next.bootstrapServers)
    await moved(second, 'watched-0', target)
    expect((await fetchOnce(second, 'watched', 7)).logStartOffset).toBe(7)
    expect(await valuesOf(second, 'watched', 0, 7)).toEqual(Array.from({ length: 23 }, (_, each) => `${each + 7}`))
    second.close()
    await next.stop()
  })

  it('may hold the offsets of groups that commit meanwhile', async () => {
    await withDirectories(
      async ({ wire, node }) => {
        await createTopic(wire, 'read', 1)
        expectNone(await commit(wire, 'g', 'read'), 'committing')
        const key = '__consumer_offsets-0'
        let isOver = false
        const committer = (async () => {
          const own = await Wire.connect(node.bootstrapServers)
          let count = 0
          while (!isOver) {
            expectNone(await commitAlone(own, `g${count % 5}`, count), `commit ${count}`)
            count++
          }
          own.close()
          return count
        })()
        const home = (await placesOf(wire)).get(key)
        const targets = home === '/a' ? ['/b', '/a', '/b'] : ['/a', '/b', '/a']
        for (const target of targets) {
          expect(await move(wire, target, '__consumer_offsets', [0])).toEqual([0])
          await moved(wire, key, target)
        }
        isOver = true
        const count = await committer
        expect(count).toBeGreaterThan(5)
        for (let each = count - 5; each < count; each++)
          expect(await committed(wire, `g${each % 5}`, 'read')).toBe(each)
        await node.restart()
        const next = await Wire.connect(node.bootstrapServers)
        for (let each = count - 5; each < count; each++)
          expect(await committed(next, `g${each % 5}`, 'read')).toBe(each)
        next.close()
      },
      { config: { 'offsets.topic.num.partitions': '1' } },
    )
  })

  it('on real disks goes to the other directory, whose volume is described', async () => {
    const scratch = await mkdtemp(join(tmpdir(), 'millrace-log-dirs-'))
    const directories = ['a', 'b'].map((name) => join(scratch, name))
    const node = await Node.start({ directory: scratch, config: { 'log.dirs': directories.join(',') } })
    const wire = await Wire.connect(node.bootstrapServers)
    await createTopic(wire, 'real', 1)
    for (let each = 0; each < 20; each++) await produce(wire, 'real', [`${each} ${'x'.repeat(100_000)}`])
    const before = await valuesOf(wire, 'real')
    const home = (await placesOf(wire)).get('real-0')
    const target = directories.find((directory) => directory !== home) ?? ''
    expect(await move(wire, target, 'real', [0])).toEqual([0])
    await moved(wire, 'real-0', target)
    expect(await valuesOf(wire, 'real')).toEqual(before)
    const { results } = await wire.send(DescribeLogDirs, 4, { topics: null })
    for (const { totalBytes, usableBytes } of results) {
      expect(usableBytes).toBeGreaterThan(0)
      expect(totalBytes).toBeGreaterThanOrEqual(usableBytes)
    }
    wire.close()
    await node.restart()
    const next = await Wire.connect(node.bootstrapServers)
    expect(await valuesOf(next, 'real')).toEqual(before)
    next.close()
    await node.stop()
    await rm(scratch, { recursive: true })
  })

  it('can be deleted', async () => {
    await withDirectories(async ({ wire, disk }) => {
      await createTopic(wire, 'short', 1)
      await produce(wire, 'short', ['x'.repeat(500_000)])
      const home = (await placesOf(wire)).get('short-0')
      expect(await move(wire, home === '/a' ? '/b' : '/a', 'short', [0])).toEqual([0])
      const { responses } = await wire.send(DeleteTopics, 5, { topicNames: ['short'], timeoutMs: 5000 })
      expectNone(responses[0]?.errorCode, 'deleting')
      for (const directory of ['/a', '/b']) {
        const left = (await disk.list(directory)).filter(({ name }) => name.startsWith('short'))
        expect(left.every(({ name }) => name.endsWith('-delete'))).toBe(true)
      }
      expect((await placesOf(wire)).get('short-0')).toBeUndefined()
    })
  })

  it('is refused as Kafka refuses it, partition by partition', async () => {
    await withDirectories(async ({ disk, wire }) => {
      await createTopic(wire, 'here', 2)
      const [onA] = await partitionsIn(wire, 'here', '/a')
      const [onB] = await partitionsIn(wire, 'here', '/b')
      expect(await move(wire, '/nowhere', 'here', [0])).toEqual([ErrorCode.LOG_DIR_NOT_FOUND])
      expect(await move(wire, '/a', 'unknown', [0])).toEqual([ErrorCode.REPLICA_NOT_AVAILABLE])
      expect(await move(wire, '/a', 'x'.repeat(240), [0])).toEqual([ErrorCode.INVALID_TOPIC_EXCEPTION])
      expect(await move(wire, '/a', 'here', [onA ?? -1])).toEqual([ErrorCode.NONE])
      fail(disk, '/b')
      await tryProduce(wire, 'here', encodeBatch([textRecord('x')]), { partition: onB ?? -1 })
      expect(await move(wire, '/b', 'here', [onA ?? -1])).toEqual([ErrorCode.KAFKA_STORAGE_ERROR])
      await led(wire, 'here', onB ?? -1, false)
      expect(await move(wire, '/a', 'here', [onB ?? -1])).toEqual([ErrorCode.KAFKA_STORAGE_ERROR])
    })
  })

  it('before it is made, is made where it was told to go', async () => {
    await withDirectories(async ({ wire }) => {
      for (const name of ['later', 'later-too']) {
        expect(await move(wire, '/b', name, [0])).toEqual([ErrorCode.REPLICA_NOT_AVAILABLE])
        await createTopic(wire, name, 1)
      }
      const places = await placesOf(wire)
      expect([places.get('later-0'), places.get('later-too-0')]).toEqual(['/b', '/b'])
    })
  })

  it('to a full disk stays where it is, and may try again', async () => {
    await withDirectories(async ({ disk, wire }) => {
      await createTopic(wire, 'large', 1)
      await produce(wire, 'large', ['x'.repeat(400_000)])
      const home = (await placesOf(wire)).get('large-0')
      const target = home === '/a' ? '/b' : '/a'
      disk.injectFaults(({ name, path }) =>
        name === 'write' && /-future\/.*\.log$/.test(path) ? { error: 'no-space' } : undefined,
      )
      expect(await move(wire, target, 'large', [0])).toEqual([0])
      await eventually(async () => {
        const { results } = await wire.send(DescribeLogDirs, 4, { topics: null })
        const copies = results.flatMap(({ topics }) => topics.flatMap(({ partitions }) => partitions))
        return copies.some(({ isFutureKey }) => isFutureKey) ? undefined : true
      })
      expect((await placesOf(wire)).get('large-0')).toBe(home)
      expect(await produce(wire, 'large', ['y'])).toBe(1)
      disk.injectFaults(undefined)
      expect(await move(wire, target, 'large', [0])).toEqual([0])
      await moved(wire, 'large-0', target)
      expect(await valuesOf(wire, 'large')).toEqual(['x'.repeat(400_000), 'y'])
    })
  })
})

describe('a full disk', () => {
  it.each(['fsync', 'os'])(
    'refuses writes and takes them again when there is room (durability %s)',
    async (durability) => {
      await withDirectories(
        async ({ disk, wire }) => {
          await createTopic(wire, 'tight', 1)
          const producerId = await newProducerId(wire)
          const batch = (sequence: number) =>
            encodeBatch([textRecord(`${sequence}`)], { producerId, producerEpoch: 0, baseSequence: sequence })
          const refused: number[] = []
          const accepted: string[] = []
          let room = true
          disk.injectFaults(({ name, path, size }) => {
            if (room || name !== 'write' || !path.includes('/tight-0/')) return undefined
            // Full in the middle of a batch, too.
            return refused.length % 2 === 0 ? { error: 'no-space' } : { shortBytes: Math.floor(size / 2) }
          })
          for (let sequence = 0; sequence < 40; sequence++) {
            room = sequence % 10 < 5
            for (let attempt = 0; ; attempt++) {
              const { errorCode, baseOffset } = await tryProduce(wire, 'tight', batch(sequence))
              if (errorCode === ErrorCode.NONE) {
                expect(baseOffset).toBe(sequence)
                accepted.push(`${sequence}`)
                break
              }
              refused.push(errorCode)
              // As a producer does: the same batch again, until there is room.
              if (attempt === 2) room = true
            }
          }
          expect(new Set(refused)).toEqual(new Set([ErrorCode.KAFKA_STORAGE_ERROR]))
          expect(refused.length).toBeGreaterThan(10)
          expect(await valuesOf(wire, 'tight')).toEqual(accepted)
          const { results } = await wire.send(DescribeLogDirs, 4, { topics: null })
          expect(results.map(({ errorCode }) => errorCode)).toEqual([ErrorCode.NONE, ErrorCode.NONE])
        },
        { config: { 'millrace.durability': durability } },
      )
    },
  )
})

/** Commits as a group without members. */
async function commitAlone(wire: Wire, group: string, offset: number): Promise<number> {
  const request = { groupId: group, memberId: '', generationIdOrMemberEpoch: -1 }
  const partitions = [{ partitionIndex: 0, committedOffset: offset, committedMetadata: null }]
  const { topics } = await wire.send(OffsetCommit, 8, { ...request, topics: [{ name: 'read', partitions }] })
  return topics[0]?.partitions[0]?.errorCode ?? -1
}
