/** What a broker still knows when it starts again, and when it does not start at all. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom, systemClock } from '@millrace/base'
import { ConfigError } from '@millrace/broker'
import { nodeTransport } from '@millrace/network'
import {
  AlterConfigs,
  CreatePartitions,
  DescribeConfigs,
  ErrorCode,
  encodeBatch,
  forEachBatch,
  IncrementalAlterConfigs,
  Metadata,
  OffsetCommit,
  OffsetFetch,
  openBatch,
} from '@millrace/protocol'
import { MemoryFileSystem } from '@millrace/storage'
import { FaultyFileSystem } from '@millrace/storage/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createTopic,
  expectNone,
  fetchOnce,
  findCoordinator,
  joinAlone,
  produce,
  textRecord,
  tryProduce,
} from './actions.ts'
import { eventually, Node, type NodeOptions } from './node.ts'
import { Wire } from './wire.ts'

let scratch: string

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'millrace-restart-'))
})

afterAll(() => rm(scratch, { recursive: true }))

async function withWire<T>(node: Node, use: (wire: Wire) => Promise<T>): Promise<T> {
  const wire = await Wire.connect(node.bootstrapServers)
  try {
    return await use(wire)
  } finally {
    wire.close()
  }
}

async function valuesOf(wire: Wire, topic: string, partition = 0): Promise<string[]> {
  const values: string[] = []
  const { errorCode, records } = await fetchOnce(wire, topic, 0, partition)
  expectNone(errorCode, `fetching ${topic}`)
  const bytes = records ?? Buffer.alloc(0)
  forEachBatch(bytes, 0, bytes.length, (position) => {
    for (const { value } of openBatch(bytes, position)) values.push(value?.toString() ?? '')
  })
  return values
}

async function describeTopic(wire: Wire, name: string) {
  const { topics } = await wire.send(Metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false })
  return topics[0]
}

async function alterTopic(wire: Wire, name: string, config: string, value: string): Promise<void> {
  const configs = [{ name: config, configOperation: 0, value }]
  const { responses } = await wire.send(IncrementalAlterConfigs, 1, {
    resources: [{ resourceType: 2, resourceName: name, configs }],
  })
  expectNone(responses[0]?.errorCode, `altering ${name}`)
}

/** Commits offset 3 of the first partition of a topic, as the only member of a group. */
async function commit(wire: Wire, group: string, topic: string): Promise<void> {
  const { memberId, generationId } = await joinAlone(wire, group, topic)
  const partitions = [{ partitionIndex: 0, committedOffset: 3, committedMetadata: 'a note' }]
  const request = { groupId: group, memberId, generationIdOrMemberEpoch: generationId }
  const { topics } = await wire.send(OffsetCommit, 8, { ...request, topics: [{ name: topic, partitions }] })
  expectNone(topics[0]?.partitions[0]?.errorCode, 'committing')
}

/** What is committed; waits until the coordinator has read its log. */
function committed(wire: Wire, group: string, topic: string) {
  return eventually(async () => {
    const topics = [{ name: topic, partitionIndexes: [0] }]
    const { groups } = await wire.send(OffsetFetch, 8, { groups: [{ groupId: group, topics }] })
    const errorCode = groups[0]?.errorCode
    if (errorCode === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS || errorCode === ErrorCode.NOT_COORDINATOR)
      return undefined
    expectNone(errorCode, 'fetching offsets')
    return groups[0]?.topics[0]?.partitions[0]
  })
}

const media: readonly (readonly [name: string, options: (place: string) => NodeOptions])[] = [
  ['in memory', () => ({})],
  ['in a directory', (place) => ({ directory: join(scratch, place, 'data') })],
]

describe.each(media)('%s', (_, options) => {
  it('topics, records, offsets, configs and ids are there after an orderly stop', async () => {
    const node = await Node.start(options('orderly'))
    const { clusterId } = node.broker
    const before = await withWire(node, async (wire) => {
      await createTopic(wire, 'kept', 2, { 'max.message.bytes': '5000' })
      await alterTopic(wire, 'kept', 'retention.ms', '-1')
      await produce(wire, 'kept', ['a', 'b'])
      await produce(wire, 'kept', ['c'], { partition: 1 })
      await commit(wire, 'group', 'kept')
      return describeTopic(wire, 'kept')
    })
    for (let round = 0; round < 3; round++) {
      await node.restart()
      expect(node.broker.clusterId).toBe(clusterId)
      await withWire(node, async (wire) => {
        const after = await describeTopic(wire, 'kept')
        expect(after?.topicId).toBe(before?.topicId)
        expect(after?.partitions).toHaveLength(2)
        expect(await valuesOf(wire, 'kept')).toEqual(['a', 'b'])
        expect(await valuesOf(wire, 'kept', 1)).toEqual(['c'])
        expect(await committed(wire, 'group', 'kept')).toMatchObject({ committedOffset: 3, metadata: 'a note' })
        const resources = [{ resourceType: 2, resourceName: 'kept', configurationKeys: null }]
        const { results } = await wire.send(DescribeConfigs, 4, { resources })
        const own = results[0]?.configs.filter(({ configSource }) => configSource === 1) ?? []
        expect(Object.fromEntries(own.map(({ name, value }) => [name, value]))).toEqual({
          'max.message.bytes': '5000',
          'retention.ms': '-1',
        })
        const large = encodeBatch([textRecord('x'.repeat(6000))])
        expect((await tryProduce(wire, 'kept', large)).errorCode).toBe(ErrorCode.MESSAGE_TOO_LARGE)
      })
    }
    await node.stop()
  })

  it('a start is a new leader epoch, and the next record has it', async () => {
    const node = await Node.start(options('epochs'))
    const epochs: (number | undefined)[] = []
    await withWire(node, (wire) => createTopic(wire, 'led'))
    for (let round = 0; round < 3; round++) {
      await withWire(node, async (wire) => {
        const offset = await produce(wire, 'led', [`round ${round}`])
        const { records } = await fetchOnce(wire, 'led', offset)
        const epoch = (await describeTopic(wire, 'led'))?.partitions[0]?.leaderEpoch
        expect(openBatch(records ?? Buffer.alloc(0), 0).partitionLeaderEpoch).toBe(epoch)
        epochs.push(epoch)
      })
      await node.restart()
    }
    await node.stop()
    expect(epochs).toEqual([...new Set(epochs)].toSorted())
  })

  it('what was changed while another setting stood in the file keeps its effect', async () => {
    const node = await Node.start({ ...options('dynamic'), config: { 'message.max.bytes': '3000' } })
    await withWire(node, async (wire) => {
      await createTopic(wire, 'plain')
      const configs = [{ name: 'message.max.bytes', value: '1000' }]
      const { responses } = await wire.send(AlterConfigs, 2, {
        resources: [
          { resourceType: 4, resourceName: '', configs: [...configs, { name: 'min.insync.replicas', value: '1' }] },
        ],
      })
      expectNone(responses[0]?.errorCode, 'altering')
    })
    await node.restart()
    await withWire(node, async (wire) => {
      const large = encodeBatch([textRecord('x'.repeat(2000))])
      expect((await tryProduce(wire, 'plain', large)).errorCode).toBe(ErrorCode.MESSAGE_TOO_LARGE)
    })
    await node.stop()
  })

  it('partitions that were added, and a topic that was made anew, are the same afterwards', async () => {
    const node = await Node.start(options('changed'))
    await withWire(node, async (wire) => {
      await createTopic(wire, 'grown')
      const request = { topics: [{ name: 'grown', count: 3, assignments: null }], timeoutMs: 1000 }
      expectNone((await wire.send(CreatePartitions, 3, request)).results[0]?.errorCode, 'growing')
      for (const partition of [0, 1, 2]) await produce(wire, 'grown', [`in ${partition}`], { partition })
    })
    await node.restart()
    await withWire(node, async (wire) => {
      for (const partition of [0, 1, 2]) expect(await valuesOf(wire, 'grown', partition)).toEqual([`in ${partition}`])
    })
    await node.stop()
  })
})

describe('the topic of the offsets', () => {
  it('keeps its groups when offsets.topic.num.partitions is another number afterwards', async () => {
    const node = await Node.start({ config: { 'offsets.topic.num.partitions': '3' } })
    const groups = ['red', 'green', 'blue', 'yellow', 'white']
    await withWire(node, async (wire) => {
      await createTopic(wire, 'kept')
      for (const group of groups) await commit(wire, group, 'kept')
    })
    await node.restart({ 'offsets.topic.num.partitions': '7' })
    await withWire(node, async (wire) => {
      for (const group of groups) {
        await findCoordinator(wire, group)
        expect(await committed(wire, group, 'kept')).toMatchObject({ committedOffset: 3 })
      }
    })
    await node.stop()
  })
})

describe('after a power cut', () => {
  it.each([1, 2, 3, 4, 5, 6])('with durability fsync, what was acknowledged is there (seed %i)', async (seed) => {
    const random = seededRandom(seed)
    const disk = new FaultyFileSystem(systemClock)
    const config = { 'millrace.durability': 'fsync' }
    const node = await Node.start({ fileSystem: disk, config })
    await withWire(node, async (wire) => {
      await createTopic(wire, 'kept', 1, { 'max.message.bytes': '7000' })
      for (const value of ['a', 'b', 'c']) await produce(wire, 'kept', [value], { acks: seed % 2 === 0 ? 1 : -1 })
      await commit(wire, 'group', 'kept')
    })
    const found = disk.powerCut(random)
    // Its disk never answers again: it closes its sockets in its own time.
    void node.broker.stop()
    const next = await Node.start({ fileSystem: found, config })
    await withWire(next, async (wire) => {
      expect(await valuesOf(wire, 'kept'), `seed ${seed}`).toEqual(['a', 'b', 'c'])
      expect(await committed(wire, 'group', 'kept')).toMatchObject({ committedOffset: 3 })
      const resources = [{ resourceType: 2, resourceName: 'kept', configurationKeys: ['max.message.bytes'] }]
      const { results } = await wire.send(DescribeConfigs, 4, { resources })
      expect(results[0]?.configs[0]?.value).toBe('7000')
      expect(await produce(wire, 'kept', ['d'])).toBe(3)
    })
    await next.stop()
  })
})

describe('a broker that cannot start says why, and leaves nothing behind', () => {
  it('its directory is held by another', async () => {
    const directory = join(scratch, 'held')
    const node = await Node.start({ directory })
    await expect(Node.start({ directory })).rejects.toThrow(/held\/\.lock: another process holds it/)
    await withWire(node, (wire) => createTopic(wire, 'still-served'))
    await node.stop()
    await (await Node.start({ directory })).stop()
  })

  it('its port is taken, and is free again when the other is gone', async () => {
    const other = await Node.start()
    const listeners = `PLAINTEXT://${other.bootstrapServers},CONTROLLER://127.0.0.1:0`
    const fileSystem = new MemoryFileSystem(systemClock)
    const port = other.bootstrapServers.split(':')[1] ?? ''
    await expect(Node.start({ fileSystem, config: { listeners } })).rejects.toThrow(port)
    await other.stop()
    const node = await Node.start({ fileSystem, config: { listeners } })
    await withWire(node, (wire) => createTopic(wire, 'served'))
    await node.stop()
  })

  it('its directory belongs to another node', async () => {
    const fileSystem = new MemoryFileSystem(systemClock)
    await (await Node.start({ fileSystem, config: { 'node.id': '1' } })).stop()
    await expect(Node.start({ fileSystem, config: { 'node.id': '2' } })).rejects.toThrow(
      '/data: it belongs to node 1, this is node 2',
    )
    await (await Node.start({ fileSystem, config: { 'node.id': '1' } })).stop()
  })

  it('its directory holds something else', async () => {
    const fileSystem = new MemoryFileSystem(systemClock)
    await fileSystem.makeDirectory('/data')
    await (await fileSystem.open('/data/thesis.txt', 'create')).close()
    await expect(Node.start({ fileSystem })).rejects.toThrow('thesis.txt')
  })

  it('its directory cannot be made', async () => {
    const file = join(scratch, 'a-file')
    await writeFile(file, '')
    await expect(Node.start({ directory: join(file, 'data') })).rejects.toThrow('a-file')
  })

  it('what says whose the directory is cannot be read', async () => {
    const fileSystem = new MemoryFileSystem(systemClock)
    await (await Node.start({ fileSystem })).stop()
    const file = await fileSystem.open('/data/meta.properties', 'write')
    await file.truncate(0)
    await file.close()
    await expect(Node.start({ fileSystem })).rejects.toThrow('meta.properties')
  })

  it('its settings are wrong: all of them are named', async () => {
    const config = { 'num.partitions': '0', 'nom.partitions': '3', 'log.segment.bytes': 'large' }
    const start = Node.start({ config })
    await expect(start).rejects.toBeInstanceOf(ConfigError)
    await expect(start).rejects.toThrow(
      /num\.partitions[\s\S]*nom\.partitions[\s\S]*log\.segment\.bytes|nom\.partitions/,
    )
  })

  it('and its port is free: it was never taken, or was given back', async () => {
    const fileSystem = new MemoryFileSystem(systemClock)
    await fileSystem.makeDirectory('/data')
    await (await fileSystem.open('/data/thesis.txt', 'create')).close()
    const free = await nodeTransport.listen({ host: '127.0.0.1', port: 0 }, () => {})
    const { port } = free.address
    await free.close()
    const listeners = `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:0`
    await expect(Node.start({ fileSystem, config: { listeners } })).rejects.toThrow('thesis.txt')
    await (await nodeTransport.listen({ host: '127.0.0.1', port }, () => {})).close()
  })
})
