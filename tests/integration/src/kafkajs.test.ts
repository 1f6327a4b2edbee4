/** kafkajs, as it comes from npm, against a broker of ours. */
import { codecByName } from '@millrace/protocol'
import { type Cluster, startCluster } from '@millrace/testing'
import kafkajs, {
  type Admin,
  type Consumer,
  type EachMessagePayload,
  type IHeaders,
  Kafka,
  type Message,
} from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { byPartition, type GeneratedRecord, generateRecords } from './generated.ts'

const { CompressionCodecs, CompressionTypes, ConfigResourceTypes, logLevel } = kafkajs
const partitionCount = 3
const decompressedSizeMax = 64 * 1024 * 1024

let cluster: Cluster
let kafka: Kafka
let admin: Admin

/** kafkajs brings gzip only; the others are for its user to register. */
function register(type: number, name: 'snappy' | 'lz4' | 'zstd'): void {
  const codec = codecByName(name)
  const codecs = CompressionCodecs as Record<number, () => unknown>
  codecs[type] = () => ({
    compress: async ({ buffer }: { readonly buffer: Buffer }) => codec.compress(buffer),
    decompress: async (bytes: Buffer) => codec.decompress(bytes, decompressedSizeMax),
  })
}

beforeAll(async () => {
  register(CompressionTypes.Snappy, 'snappy')
  register(CompressionTypes.LZ4, 'lz4')
  register(CompressionTypes.ZSTD, 'zstd')
  cluster = await startCluster()
  kafka = new Kafka({ clientId: 'kafkajs', brokers: [cluster.bootstrapServers], logLevel: logLevel.NOTHING })
  admin = kafka.admin()
  await admin.connect()
})

afterAll(async () => {
  await admin.disconnect()
  await cluster.stop()
})

const createTopic = (topic: string) => admin.createTopics({ topics: [{ topic, numPartitions: partitionCount }] })

const messageOf = ({ partition, key, value, headers, timestamp }: GeneratedRecord): Message => ({
  partition,
  key,
  value,
  timestamp: String(timestamp),
  headers: Object.fromEntries(headers),
})

function recordOf({ partition, message }: EachMessagePayload): GeneratedRecord {
  const headers = Object.entries(message.headers ?? {}).map(
    ([key, value]) => [key, value as Buffer] as const satisfies [string, IHeaders[string]],
  )
  return { partition, key: message.key, value: message.value, headers, timestamp: Number(message.timestamp) }
}

async function send(topic: string, records: readonly GeneratedRecord[], compression: number, idempotent = false) {
  const producer = kafka.producer({ idempotent, allowAutoTopicCreation: false })
  await producer.connect()
  for (let start = 0; start < records.length; start += 50) {
    await producer.send({ topic, compression, messages: records.slice(start, start + 50).map(messageOf) })
  }
  await producer.disconnect()
}

/** Reads with these consumers until they have `count` records between them. */
async function read(topic: string, consumers: readonly Consumer[], count: number): Promise<GeneratedRecord[]> {
  const found: GeneratedRecord[] = []
  await new Promise<void>((resolve, reject) => {
    const take = async (payload: EachMessagePayload) => {
      found.push(recordOf(payload))
      if (found.length === count) resolve()
    }
    const begin = async (consumer: Consumer) => {
      await consumer.connect()
      await consumer.subscribe({ topic, fromBeginning: true })
      await consumer.run({ eachMessage: take })
    }
    Promise.all(consumers.map(begin)).catch(reject)
  })
  return found
}

const consumerOf = (groupId: string) => kafka.consumer({ groupId, maxWaitTimeInMs: 100 })

describe('producing and consuming', () => {
  it.each([
    ['none', 0],
    ['gzip', 1],
    ['snappy', 2],
    ['lz4', 3],
    ['zstd', 4],
  ])('generated records with %s come back byte for byte, in order', async (name, compression) => {
    const seed = 22_400 + compression
    const topic = `codec-${name}`
    await createTopic(topic)
    const records = generateRecords(seed, 300, partitionCount)
    await send(topic, records, compression)
    const consumer = consumerOf(`group-${name}`)
    const found = await read(topic, [consumer], records.length)
    await consumer.disconnect()
    expect(byPartition(found, partitionCount), `seed ${seed}`).toEqual(byPartition(records, partitionCount))
  })

  it('an idempotent producer works, several requests of one batch size at a time', async () => {
    await createTopic('idempotent')
    const records = generateRecords(5, 200, partitionCount)
    await send('idempotent', records, CompressionTypes.None, true)
    const consumer = consumerOf('group-idempotent')
    const found = await read('idempotent', [consumer], records.length)
    await consumer.disconnect()
    expect(byPartition(found, partitionCount)).toEqual(byPartition(records, partitionCount))
  })

  it('a topic comes into being when it is written to', async () => {
    const producer = kafka.producer({ allowAutoTopicCreation: true })
    await producer.connect()
    const [sent] = await producer.send({ topic: 'made-by-mention', messages: [{ value: 'a' }] })
    await producer.disconnect()
    expect(sent).toMatchObject({ topicName: 'made-by-mention', errorCode: 0, baseOffset: '0' })
  })
})

describe('a group', () => {
  it('of two shares the partitions, and reads each record once', async () => {
    await createTopic('shared')
    const records = generateRecords(77, 300, partitionCount)
    const consumers = [consumerOf('two'), consumerOf('two')]
    const found = read('shared', consumers, records.length)
    await send('shared', records, CompressionTypes.None)
    const lines = byPartition(await found, partitionCount)
    const { groups } = await admin.describeGroups(['two'])
    for (const consumer of consumers) await consumer.disconnect()
    expect(lines.map((each) => each.toSorted())).toEqual(
      byPartition(records, partitionCount).map((each) => each.toSorted()),
    )
    expect(groups[0]).toMatchObject({ groupId: 'two', protocolType: 'consumer' })
    expect(groups[0]?.members.length).toBeGreaterThanOrEqual(1)
  })

  it('goes on where it committed', async () => {
    await createTopic('resumed')
    const records = generateRecords(9, 100, 1)
    await send('resumed', records, CompressionTypes.None)
    const first = kafka.consumer({ groupId: 'resuming', maxWaitTimeInMs: 100 })
    await first.connect()
    await first.subscribe({ topic: 'resumed', fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      first
        .run({
          autoCommit: false,
          eachMessage: async ({ message, topic, partition }) => {
            if (message.offset !== '39') return
            await first.commitOffsets([{ topic, partition, offset: '40' }])
            resolve()
          },
        })
        .catch(reject)
    })
    await first.disconnect()
    const second = consumerOf('resuming')
    const found = await read('resumed', [second], 60)
    await second.disconnect()
    expect(byPartition(found, 1)).toEqual(byPartition(records.slice(40), 1))
  })

  it('is listed, described, has its offsets shown, reset and deleted', async () => {
    await createTopic('administered')
    await send('administered', generateRecords(3, 30, 1), CompressionTypes.None)
    const consumer = consumerOf('administered')
    await read('administered', [consumer], 30)
    await consumer.disconnect()
    const { groups } = await admin.listGroups()
    expect(groups).toContainEqual({ groupId: 'administered', protocolType: 'consumer' })
    const described = await admin.describeGroups(['administered'])
    expect(described.groups[0]).toMatchObject({ errorCode: 0, state: 'Empty', members: [] })
    const topics = ['administered']
    const [before] = await admin.fetchOffsets({ groupId: 'administered', topics })
    expect(before?.partitions.find(({ partition }) => partition === 0)?.offset).toBe('30')
    await admin.setOffsets({
      groupId: 'administered',
      topic: 'administered',
      partitions: [{ partition: 0, offset: '12' }],
    })
    const [after] = await admin.fetchOffsets({ groupId: 'administered', topics })
    expect(after?.partitions.find(({ partition }) => partition === 0)?.offset).toBe('12')
    expect(await admin.deleteGroups(['administered'])).toMatchObject([{ groupId: 'administered', errorCode: 0 }])
    expect((await admin.listGroups()).groups.map(({ groupId }) => groupId)).not.toContain('administered')
  })
})

describe('the admin', () => {
  it('sees the cluster', async () => {
    const { brokers, clusterId } = await admin.describeCluster()
    expect(clusterId).toBe(cluster.clusterId)
    expect(brokers.map(({ nodeId, host, port }) => `${nodeId} ${host}:${port}`)).toEqual([
      `1 ${cluster.bootstrapServers}`,
    ])
  })

  it('creates, lists, describes, grows and deletes topics', async () => {
    expect(await createTopic('managed')).toBe(true)
    expect(await createTopic('managed')).toBe(false)
    expect(await admin.listTopics()).toContain('managed')
    const { topics } = await admin.fetchTopicMetadata({ topics: ['managed'] })
    expect(topics[0]?.partitions).toHaveLength(partitionCount)
    expect(topics[0]?.partitions[0]).toMatchObject({ partitionErrorCode: 0, leader: 1, replicas: [1], isr: [1] })
    await admin.createPartitions({ topicPartitions: [{ topic: 'managed', count: 5 }] })
    expect((await admin.fetchTopicMetadata({ topics: ['managed'] })).topics[0]?.partitions).toHaveLength(5)
    await admin.deleteTopics({ topics: ['managed'] })
    expect(await admin.listTopics()).not.toContain('managed')
  })

  it('is told why something is refused', async () => {
    const topics = [{ topic: 'no good name!', numPartitions: 1 }]
    await expect(admin.createTopics({ topics })).rejects.toMatchObject({
      errors: [expect.objectContaining({ type: 'INVALID_TOPIC_EXCEPTION' })],
    })
  })

  it('shows and changes configs', async () => {
    await createTopic('configured')
    const resource = { type: ConfigResourceTypes.TOPIC, name: 'configured' }
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ ...resource, configEntries: [{ name: 'max.message.bytes', value: '2000' }] }],
    })
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ ...resource, configNames: ['max.message.bytes'] }],
    })
    expect(resources[0]?.configEntries[0]).toMatchObject({ configName: 'max.message.bytes', configValue: '2000' })
    const producer = kafka.producer({ retry: { retries: 0 } })
    await producer.connect()
    const messages = [{ value: Buffer.alloc(3000) }]
    await expect(producer.send({ topic: 'configured', messages })).rejects.toMatchObject({ type: 'MESSAGE_TOO_LARGE' })
    await producer.disconnect()
  })

  it('sees offsets by time, and takes records away', async () => {
    await createTopic('timed')
    const records = generateRecords(8, 20, 1)
    await send('timed', records, CompressionTypes.None)
    const at = (records[7] as GeneratedRecord).timestamp
    const byTime = await admin.fetchTopicOffsetsByTimestamp('timed', at)
    expect(byTime.find(({ partition }) => partition === 0)?.offset).toBe('7')
    await admin.deleteTopicRecords({ topic: 'timed', partitions: [{ partition: 0, offset: '5' }] })
    const offsets = await admin.fetchTopicOffsets('timed')
    expect(offsets.find(({ partition }) => partition === 0)).toMatchObject({ low: '5', high: '20' })
  })
})
