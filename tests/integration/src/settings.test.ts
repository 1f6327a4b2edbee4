/** What a setting promises, seen from outside: by a client, on the disk, or in the log. */
import {
  BatchHeader,
  CreateTopics,
  DeleteTopics,
  DescribeCluster,
  DescribeConfigs,
  DescribeProducers,
  DescribeTopicPartitions,
  ErrorCode,
  encodeBatch,
  Fetch,
  IncrementalAlterConfigs,
  JoinGroup,
  ListConfigResources,
  Metadata,
  OffsetCommit,
  openBatch,
} from '@millrace/protocol'
import { joinPath } from '@millrace/storage'
import { describe, expect, it } from 'vitest'
import {
  createTopic,
  expectNone,
  fetchOnce,
  findCoordinator,
  joinAlone,
  newProducerId,
  produce,
  subscription,
  textRecord,
  tryProduce,
} from './actions.ts'
import { eventually, type Node, withNode } from './node.ts'
import { closed, Wire } from './wire.ts'

const timeoutMs = 10_000
/** The records of these tests are of any age. */
const keepsAll = { 'log.retention.ms': '-1' }
const topicType = 2
const brokerType = 4

function* splitBatches(bytes: Buffer): Iterable<Buffer> {
  for (let at = 0; at < bytes.length; at += BatchHeader.size(bytes, at)) {
    yield bytes.subarray(at, at + BatchHeader.size(bytes, at))
  }
}

/** Runs `use` with a connection to a broker with these settings. */
function withWire(
  config: Readonly<Record<string, string>>,
  use: (wire: Wire, node: Node) => Promise<void>,
): Promise<void> {
  return withNode({ config }, async (node) => {
    const wire = await Wire.connect(node.bootstrapServers)
    try {
      await use(wire, node)
    } finally {
      wire.close()
    }
  })
}

/** Creates without saying how many partitions and replicas. */
async function createByDefault(wire: Wire, name: string) {
  const { topics } = await wire.send(CreateTopics, 7, {
    topics: [{ name, numPartitions: -1, replicationFactor: -1 }],
    timeoutMs,
  })
  return topics[0]
}

async function alter(
  wire: Wire,
  resourceType: number,
  resourceName: string,
  configs: Readonly<Record<string, string>>,
): Promise<{ errorCode: number; errorMessage: string | null } | undefined> {
  const changes = Object.entries(configs).map(([name, value]) => ({ name, value, configOperation: 0 }))
  const { responses } = await wire.send(IncrementalAlterConfigs, 1, {
    resources: [{ resourceType, resourceName, configs: changes }],
  })
  return responses[0]
}

async function describedValue(wire: Wire, topic: string, name: string): Promise<string | null | undefined> {
  const { results } = await wire.send(DescribeConfigs, 4, {
    resources: [{ resourceType: topicType, resourceName: topic, configurationKeys: [name] }],
  })
  return results[0]?.configs[0]?.value
}

const now = () => Date.now()

describe('the node', () => {
  it('node.id: is the broker that clients are told of', () =>
    withWire({ 'node.id': '7' }, async (wire) => {
      const { brokers } = await wire.send(DescribeCluster, 2, {})
      expect(brokers.map(({ brokerId }) => brokerId)).toEqual([7])
    }))

  it('broker.rack: is told to clients', () =>
    withWire({ 'broker.rack': 'r1' }, async (wire) => {
      const { brokers } = await wire.send(Metadata, 12, { topics: [] })
      expect(brokers.map(({ rack }) => rack)).toEqual(['r1'])
    }))

  it('listeners: each takes clients, and tells them its own port', () => {
    const config = {
      listeners: 'PLAINTEXT://127.0.0.1:0,EXTRA://127.0.0.1:0,CONTROLLER://127.0.0.1:0',
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,EXTRA:PLAINTEXT,CONTROLLER:PLAINTEXT',
    }
    return withNode({ config }, async (node) => {
      for (const name of ['PLAINTEXT', 'EXTRA']) {
        const wire = await Wire.connect(node.addressOf(name))
        const { brokers } = await wire.send(Metadata, 12, { topics: [] })
        wire.close()
        expect(brokers.map(({ host, port }) => `${host}:${port}`)).toEqual([node.addressOf(name)])
      }
    })
  })

  it.each(['log.dir', 'log.dirs'])('%s: is where the data goes', (name) => {
    return withNode({ config: { [name]: '/elsewhere' } }, async (node) => {
      const names = (await node.fileSystem.list('/elsewhere')).map((entry) => entry.name)
      expect(names).toContain('meta.properties')
      expect(names).toContain('__cluster_metadata-0')
    })
  })

  it('settings without effect are named in the log, once, at the start', () =>
    withWire({ 'num.io.threads': '3' }, async (_, node) => {
      expect(node.warnings.filter((message) => message.includes('num.io.threads'))).toHaveLength(1)
    }))
})

describe('topics', () => {
  it('num.partitions: is what a topic has when nobody says', () =>
    withWire({ 'num.partitions': '3' }, async (wire) => {
      expect(await createByDefault(wire, 'plain')).toMatchObject({ errorCode: 0, numPartitions: 3 })
    }))

  it('default.replication.factor: is asked for when nobody says', () =>
    withWire({ 'default.replication.factor': '2' }, async (wire) => {
      expect((await createByDefault(wire, 'plain'))?.errorCode).toBe(ErrorCode.INVALID_REPLICATION_FACTOR)
    }))

  it('delete.topic.enable: false keeps topics', () =>
    withWire({ 'delete.topic.enable': 'false' }, async (wire) => {
      await createTopic(wire, 'kept')
      const { responses } = await wire.send(DeleteTopics, 6, { topics: [{ name: 'kept' }], timeoutMs })
      expect(responses[0]?.errorCode).toBe(ErrorCode.TOPIC_DELETION_DISABLED)
    }))

  it('auto.create.topics.enable: false leaves unknown topics unknown', () =>
    withWire({ 'auto.create.topics.enable': 'false' }, async (wire) => {
      const mention = () => wire.send(Metadata, 12, { topics: [{ name: 'mentioned' }], allowAutoTopicCreation: true })
      await mention()
      // What was begun by the first question would be done when another topic is.
      await createTopic(wire, 'other')
      expect((await mention()).topics[0]?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    }))

  it('offsets.topic.num.partitions and offsets.topic.segment.bytes: shape the topic of the offsets', () =>
    withWire({ 'offsets.topic.num.partitions': '5', 'offsets.topic.segment.bytes': '2000000' }, async (wire) => {
      await findCoordinator(wire, 'group')
      const { topics } = await wire.send(Metadata, 12, { topics: [{ name: '__consumer_offsets' }] })
      expect(topics[0]?.partitions).toHaveLength(5)
      expect(await describedValue(wire, '__consumer_offsets', 'segment.bytes')).toBe('2000000')
    }))

  it('max.request.partition.size.limit: is the longest page of a description', () =>
    withWire({ 'max.request.partition.size.limit': '2' }, async (wire) => {
      await createTopic(wire, 'long', 5)
      const first = await wire.send(DescribeTopicPartitions, 0, { topics: [{ name: 'long' }] })
      expect(first.topics[0]?.partitions.map(({ partitionIndex }) => partitionIndex)).toEqual([0, 1])
      expect(first.nextCursor).toEqual({ topicName: 'long', partitionIndex: 2 })
    }))

  it('min.insync.replicas: above the replicas there are asks for no more than there are', () =>
    withWire({}, async (wire) => {
      await createTopic(wire, 'strict', 1, { 'min.insync.replicas': '2' })
      expect(await produce(wire, 'strict', ['a'])).toBe(0)
    }))

  it('compression.type: batches are stored in it, large ones in their order too', () =>
    withWire({}, async (wire) => {
      await createTopic(wire, 'zipped', 1, { 'compression.type': 'gzip' })
      const id = await newProducerId(wire)
      const batch = (sequence: number, size: number) =>
        encodeBatch([textRecord(String(sequence).padEnd(size, 'x'))], {
          producerId: id,
          producerEpoch: 0,
          baseSequence: sequence,
        })
      const sizes = [10, 300_000, 20, 200_000, 30]
      const answers = await Promise.all(
        sizes.map((size, sequence) => tryProduce(wire, 'zipped', batch(sequence, size))),
      )
      expect(answers.map(({ errorCode, baseOffset }) => [errorCode, baseOffset])).toEqual(sizes.map((_, at) => [0, at]))
      const { records } = await fetchOnce(wire, 'zipped', 0)
      const stored = [...splitBatches(records as Buffer)]
      expect(stored.map((each) => BatchHeader.codec(each, 0))).toEqual(sizes.map(() => 1))
      expect(stored.map((each) => openBatch(each).records()[0]?.value?.length)).toEqual(sizes)
    }))

  it('configs of a topic without effect are named in the log', () =>
    withWire({}, async (wire, node) => {
      await createTopic(wire, 'plain', 1, { preallocate: 'true' })
      await alter(wire, topicType, 'plain', { 'flush.ms': '5000' })
      const named = node.warnings.filter((message) => /^(preallocate|flush\.ms) has no effect/.test(message))
      expect(named).toHaveLength(2)
    }))
})

describe('records', () => {
  it('max.message.bytes: limits batches, and a new limit counts for the next one', () =>
    withWire({}, async (wire) => {
      await createTopic(wire, 'small', 1, { 'max.message.bytes': '200' })
      const large = encodeBatch([textRecord('x'.repeat(300))])
      expect((await tryProduce(wire, 'small', large)).errorCode).toBe(ErrorCode.MESSAGE_TOO_LARGE)
      expectNone((await alter(wire, topicType, 'small', { 'max.message.bytes': '1000' }))?.errorCode, 'altering')
      expect((await tryProduce(wire, 'small', large)).errorCode).toBe(ErrorCode.NONE)
    }))

  it('message.max.bytes: is the limit of topics without one, and changes for all of them at once', () =>
    withWire({ 'message.max.bytes': '200' }, async (wire) => {
      await createTopic(wire, 'plain')
      const large = encodeBatch([textRecord('x'.repeat(300))])
      expect((await tryProduce(wire, 'plain', large)).errorCode).toBe(ErrorCode.MESSAGE_TOO_LARGE)
      expectNone((await alter(wire, brokerType, '', { 'message.max.bytes': '1000' }))?.errorCode, 'altering')
      expect((await tryProduce(wire, 'plain', large)).errorCode).toBe(ErrorCode.NONE)
    }))

  it('message.timestamp.type: LogAppendTime gives records the time of the broker', () =>
    withWire({}, async (wire) => {
      await createTopic(wire, 'stamped')
      const batch = () => encodeBatch([textRecord('a')])
      expect((await tryProduce(wire, 'stamped', batch())).logAppendTimeMs).toBe(-1)
      const before = now()
      await alter(wire, topicType, 'stamped', { 'message.timestamp.type': 'LogAppendTime' })
      const { logAppendTimeMs } = await tryProduce(wire, 'stamped', batch())
      expect(logAppendTimeMs).toBeGreaterThanOrEqual(before)
      const { records } = await fetchOnce(wire, 'stamped', 1)
      expect(Number(records?.readBigInt64BE(35))).toBe(logAppendTimeMs)
      expect((records?.readInt16BE(21) ?? 0) & 8).toBe(8)
    }))

  it('message.timestamp.before.max.ms and message.timestamp.after.max.ms: limit the times that producers write', () =>
    withWire({}, async (wire) => {
      const configs = { 'message.timestamp.before.max.ms': '100000', 'message.timestamp.after.max.ms': '200000' }
      await createTopic(wire, 'timed', 1, configs)
      const send = async (deltaMs: number) => {
        const batch = encodeBatch([textRecord('a', now() + deltaMs)])
        return (await tryProduce(wire, 'timed', batch)).errorCode
      }
      expect(await send(-90_000)).toBe(ErrorCode.NONE)
      expect(await send(-110_000)).toBe(ErrorCode.INVALID_TIMESTAMP)
      expect(await send(190_000)).toBe(ErrorCode.NONE)
      expect(await send(210_000)).toBe(ErrorCode.INVALID_TIMESTAMP)
    }))

  it('segment.bytes: a full segment is followed by a new one', () =>
    withWire({}, async (wire, node) => {
      await createTopic(wire, 'rolled', 1, { 'segment.bytes': '1048576' })
      const batch = () => encodeBatch([textRecord('x'.repeat(600_000))])
      for (let count = 0; count < 3; count++)
        expectNone((await tryProduce(wire, 'rolled', batch())).errorCode, 'produce')
      const files = await node.fileSystem.list(joinPath(node.directory, 'rolled-0'))
      const segments = files.filter(({ name }) => name.endsWith('.log')).map(({ name }) => Number.parseInt(name, 10))
      expect(segments).toEqual([0, 1, 2])
    }))

  it('fetch.max.bytes: bounds an answer, whatever the client asks for', () =>
    withWire({ 'fetch.max.bytes': '1024' }, async (wire) => {
      await createTopic(wire, 'wide')
      for (let count = 0; count < 3; count++) await produce(wire, 'wide', ['x'.repeat(600)])
      const { records } = await fetchOnce(wire, 'wide', 0)
      expect(records?.length).toBeLessThanOrEqual(1024)
      expect(records?.length).toBeGreaterThan(600)
    }))

  it.each([
    ['retention.ms', '1000'],
    ['retention.bytes', '0'],
  ])(
    '%s=%s: old records go (log.initial.task.delay.ms, log.retention.check.interval.ms), from then on',
    (name, value) =>
      withWire(
        { ...keepsAll, 'log.initial.task.delay.ms': '1', 'log.retention.check.interval.ms': '1' },
        async (wire) => {
          await createTopic(wire, 'aged')
          await produce(wire, 'aged', ['a', 'b'])
          expect((await fetchOnce(wire, 'aged', 0)).logStartOffset).toBe(0)
          const resources = [
            { resourceType: topicType, resourceName: 'aged', configs: [{ name, configOperation: 0, value }] },
          ]
          const altered = await wire.send(IncrementalAlterConfigs, 1, { resources, validateOnly: false })
          expectNone(altered.responses[0]?.errorCode, 'alter')
          await eventually(async () => ((await fetchOnce(wire, 'aged', 2)).logStartOffset === 2 ? true : undefined))
          expect((await fetchOnce(wire, 'aged', 0)).errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE)
          expect(await produce(wire, 'aged', ['c'])).toBe(2)
        },
      ),
  )

  it('producer.id.expiration.ms and its check: a silent producer is forgotten', () =>
    withWire({ 'producer.id.expiration.ms': '1', 'producer.id.expiration.check.interval.ms': '1' }, async (wire) => {
      await createTopic(wire, 'plain')
      const producerId = await newProducerId(wire)
      const batch = encodeBatch([textRecord('a')], { producerId, producerEpoch: 0, baseSequence: 0 })
      expectNone((await tryProduce(wire, 'plain', batch)).errorCode, 'produce')
      await eventually(async () => {
        const { topics } = await wire.send(DescribeProducers, 0, { topics: [{ name: 'plain', partitionIndexes: [0] }] })
        return topics[0]?.partitions[0]?.activeProducers.length === 0 ? true : undefined
      })
    }))
})

describe('the disk', () => {
  const read = async (node: Node, name: string) => {
    const path = joinPath(node.directory, name)
    if ((await node.fileSystem.stat(path)) === undefined) return ''
    return (await node.fileSystem.readFile(path, 1024 * 1024)).toString()
  }

  it.each([
    ['log.flush.offset.checkpoint.interval.ms', 'recovery-point-offset-checkpoint'],
    ['replica.high.watermark.checkpoint.interval.ms', 'replication-offset-checkpoint'],
  ])('%s: is how often %s is written', (name, file) =>
    withWire({ [name]: '1' }, async (wire, node) => {
      await createTopic(wire, 'plain')
      await produce(wire, 'plain', ['a'])
      await eventually(async () => ((await read(node, file)).includes('plain 0') ? true : undefined))
    }),
  )

  const metadataFiles = async (node: Node, ending: string) => {
    const files = await node.fileSystem.list(joinPath(node.directory, '__cluster_metadata-0'))
    return files.map(({ name }) => name).filter((name) => name.endsWith(ending))
  }

  it.each([
    ['metadata.log.max.record.bytes.between.snapshots', '1', '.checkpoint'],
    ['metadata.log.max.snapshot.interval.ms', '1', '.checkpoint'],
    ['internal.metadata.log.segment.bytes', '1000', '.log'],
    ['metadata.log.segment.ms', '1', '.log'],
  ])('%s=%s: there is a second %s of the metadata', (name, value, ending) =>
    withWire({ [name]: value }, async (wire, node) => {
      let count = 0
      await eventually(async () => {
        await createTopic(wire, `topic-${count++}`)
        return (await metadataFiles(node, ending)).length > 1 ? true : undefined
      })
      // What was written so is also read again.
      wire.close()
      await node.restart()
      const again = await Wire.connect(node.bootstrapServers)
      const { topics } = await again.send(Metadata, 12, { topics: null })
      again.close()
      expect(topics).toHaveLength(count)
    }),
  )
})

describe('groups', () => {
  const join = (wire: Wire, groupId: string, sessionTimeoutMs: number) =>
    wire.send(JoinGroup, 3, {
      groupId,
      sessionTimeoutMs,
      rebalanceTimeoutMs: 10_000,
      memberId: '',
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: subscription('plain') }],
    })

  it('group.min.session.timeout.ms and group.max.session.timeout.ms: bound the session of a member', () =>
    withWire({ 'group.min.session.timeout.ms': '1000', 'group.max.session.timeout.ms': '2000' }, async (wire) => {
      await findCoordinator(wire, 'group')
      expect((await join(wire, 'group', 999)).errorCode).toBe(ErrorCode.INVALID_SESSION_TIMEOUT)
      expect((await join(wire, 'group', 2001)).errorCode).toBe(ErrorCode.INVALID_SESSION_TIMEOUT)
      expect((await join(wire, 'group', 1500)).errorCode).not.toBe(ErrorCode.INVALID_SESSION_TIMEOUT)
    }))

  it('group.max.size: the member that is one too many is turned away', () =>
    withWire({ 'group.max.size': '1' }, async (wire) => {
      await joinAlone(wire, 'group', 'plain')
      expect((await join(wire, 'group', 10_000)).errorCode).toBe(ErrorCode.GROUP_MAX_SIZE_REACHED)
    }))

  it('offset.metadata.max.bytes: longer notes are refused', () =>
    withWire({ 'offset.metadata.max.bytes': '5' }, async (wire) => {
      await createTopic(wire, 'plain')
      const { memberId, generationId } = await joinAlone(wire, 'group', 'plain')
      const commit = async (committedMetadata: string) => {
        const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata }]
        const request = { groupId: 'group', memberId, generationIdOrMemberEpoch: generationId }
        const { topics } = await wire.send(OffsetCommit, 8, { ...request, topics: [{ name: 'plain', partitions }] })
        return topics[0]?.partitions[0]?.errorCode
      }
      expect(await commit('12345')).toBe(ErrorCode.NONE)
      expect(await commit('123456')).toBe(ErrorCode.OFFSET_METADATA_TOO_LARGE)
    }))
})

describe('connections', () => {
  /** A connection that was refused is closed before its first answer. */
  async function isRefused(node: Node): Promise<boolean> {
    const wire = await Wire.connect(node.bootstrapServers)
    wire.post(ListConfigResources, 0, {})
    const answer = await wire.frame()
    wire.close()
    return answer === closed
  }

  it.each([
    ['max.connections', '1'],
    ['max.connections.per.ip', '1'],
    ['max.connections.per.ip.overrides', '127.0.0.1:1'],
  ])('%s=%s: the second is refused, from the change on', (name, value) =>
    withWire({}, async (wire, node) => {
      expect(await isRefused(node)).toBe(false)
      expectNone((await alter(wire, brokerType, '', { [name]: value }))?.errorCode, 'altering')
      // The one before may not be gone yet, so that the number open is not certain; that it is not above the limit is.
      expect(await isRefused(node)).toBe(true)
      await wire.send(ListConfigResources, 0, {})
    }),
  )

  it('socket.request.max.bytes: a larger request closes its connection', () =>
    withWire({ 'socket.request.max.bytes': '500' }, async (wire, node) => {
      const small = await Wire.connect(node.bootstrapServers)
      await small.send(ListConfigResources, 0, {})
      small.post(CreateTopics, 7, { topics: [{ name: 'x'.repeat(600), numPartitions: 1, replicationFactor: 1 }] })
      expect(await small.frame()).toBe(closed)
      await wire.send(ListConfigResources, 0, {})
    }))

  it('queued.max.request.bytes: halves of requests do not fill the memory', () =>
    withWire({ 'socket.request.max.bytes': '1000', 'queued.max.request.bytes': '1000' }, async (wire, node) => {
      const half = Buffer.alloc(604)
      half.writeInt32BE(1000)
      const first = await Wire.connect(node.bootstrapServers)
      const second = await Wire.connect(node.bootstrapServers)
      first.write(half)
      second.write(half)
      // One of them has to go; the other, and those who send whole requests, stay.
      const gone = await Promise.race([first.whenClosed().then(() => first), second.whenClosed().then(() => second)])
      const other = gone === first ? second : first
      await wire.send(ListConfigResources, 0, {})
      other.write(Buffer.alloc(400))
      expect(await other.frame()).toBe(closed)
    }))
})

describe('fetch sessions', () => {
  it('max.incremental.fetch.session.cache.slots: without a slot there is no session', () =>
    withWire({ 'max.incremental.fetch.session.cache.slots': '0' }, async (wire) => {
      await createTopic(wire, 'plain')
      const topics = [{ topic: 'plain', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }]
      const answer = await wire.send(Fetch, 12, { maxWaitMs: 0, minBytes: 0, sessionId: 0, sessionEpoch: 0, topics })
      expect(answer.sessionId).toBe(0)
    }))
})
