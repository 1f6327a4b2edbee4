/** @platformatic/kafka, as it comes from npm, against a broker of ours. Its snappy and lz4 are native modules, not our codecs. */

import { type Cluster, startCluster } from '@millrace/testing'
import {
  Admin,
  ConfigResourceTypes,
  Consumer,
  type Message,
  MessagesStreamFallbackModes,
  MessagesStreamModes,
  Producer,
} from '@platformatic/kafka'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { byPartition, type GeneratedRecord, generateRecords } from './generated.ts'

const partitionCount = 3
let cluster: Cluster
let admin: Admin

const base = () => ({ clientId: 'platformatic', bootstrapBrokers: [cluster.bootstrapServers] })

beforeAll(async () => {
  cluster = await startCluster()
  admin = new Admin(base())
})

afterAll(async () => {
  await admin.close()
  await cluster.stop()
})

const createTopic = (topic: string) => admin.createTopics({ topics: [topic], partitions: partitionCount, replicas: 1 })

type Codec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

async function send(topic: string, records: readonly GeneratedRecord[], compression: Codec, idempotent = false) {
  const producer = new Producer({ ...base(), idempotent })
  for (let start = 0; start < records.length; start += 50) {
    const messages = records.slice(start, start + 50).map(({ partition, key, value, headers, timestamp }) => ({
      topic,
      partition,
      timestamp: BigInt(timestamp),
      headers: new Map(headers.map(([name, bytes]) => [Buffer.from(name), bytes])),
      ...(key === null ? {} : { key }),
      ...(value === null ? {} : { value }),
    }))
    await producer.send({ messages, compression, acks: -1 })
  }
  await producer.close()
}

type Received = Message<Buffer, Buffer, Buffer, Buffer>

const recordOf = ({ partition, key, value, headers, timestamp }: Received): GeneratedRecord => ({
  partition,
  key: key ?? null,
  value: value ?? null,
  headers: [...headers].map(([name, bytes]) => [name.toString(), bytes] as const),
  timestamp: Number(timestamp),
})

/** A consumer and what it has received. */
class Reader {
  readonly #consumer: Consumer
  readonly received: Received[] = []

  constructor(groupId: string) {
    this.#consumer = new Consumer({
      ...base(),
      groupId,
      maxWaitTime: 100,
      sessionTimeout: 10_000,
      heartbeatInterval: 500,
    })
  }

  /** Reads on; `onMessage` is called for each. */
  async start(topic: string, onMessage: (message: Received) => void, autocommit = false): Promise<void> {
    const stream = await this.#consumer.consume({
      topics: [topic],
      autocommit,
      mode: MessagesStreamModes.COMMITTED,
      fallbackMode: MessagesStreamFallbackModes.EARLIEST,
    })
    stream.on('data', (message: Received) => {
      this.received.push(message)
      onMessage(message)
    })
  }

  close(): Promise<void> {
    return this.#consumer.close(true)
  }
}

/** Reads with these until they have `count` records between them. */
async function read(topic: string, readers: readonly Reader[], count: number): Promise<GeneratedRecord[]> {
  const found: GeneratedRecord[] = []
  await new Promise<void>((resolve, reject) => {
    const take = (message: Received) => {
      found.push(recordOf(message))
      if (found.length === count) resolve()
    }
    Promise.all(readers.map((reader) => reader.start(topic, take))).catch(reject)
  })
  return found
}

describe('producing and consuming', () => {
  it.each<[Codec]>([['none'], ['gzip'], ['snappy'], ['lz4'], ['zstd']])(
    'generated records with %s come back byte for byte, in order',
    async (codec) => {
      const seed = 21_201
      const topic = `codec-${codec}`
      await createTopic(topic)
      const records = generateRecords(seed, 300, partitionCount)
      await send(topic, records, codec)
      const reader = new Reader(`group-${codec}`)
      const found = await read(topic, [reader], records.length)
      await reader.close()
      expect(byPartition(found, partitionCount), `seed ${seed}`).toEqual(byPartition(records, partitionCount))
    },
  )

  it('an idempotent producer works', async () => {
    await createTopic('idempotent')
    const records = generateRecords(6, 200, partitionCount)
    await send('idempotent', records, 'none', true)
    const reader = new Reader('group-idempotent')
    const found = await read('idempotent', [reader], records.length)
    await reader.close()
    expect(byPartition(found, partitionCount)).toEqual(byPartition(records, partitionCount))
  })
})

describe('a group', () => {
  it('of two shares the partitions, and reads each record', async () => {
    await createTopic('shared')
    const records = generateRecords(78, 300, partitionCount)
    const readers = [new Reader('two'), new Reader('two')]
    const found = read('shared', readers, records.length)
    await send('shared', records, 'none')
    const lines = byPartition(await found, partitionCount)
    const described = (await admin.describeGroups({ groups: ['two'] })).get('two')
    for (const reader of readers) await reader.close()
    expect(lines.map((each) => [...new Set(each)].toSorted())).toEqual(
      byPartition(records, partitionCount).map((each) => each.toSorted()),
    )
    expect(described).toMatchObject({ id: 'two', protocolType: 'consumer' })
  })

  it('goes on where it committed', async () => {
    await createTopic('resumed')
    const records = generateRecords(10, 100, 1)
    await send('resumed', records, 'none')
    const first = new Reader('resuming')
    await new Promise<void>((resolve, reject) => {
      const take = (message: Received) => {
        if (message.offset === 39n) Promise.resolve(message.commit()).then(() => resolve(), reject)
      }
      first.start('resumed', take).catch(reject)
    })
    await first.close()
    const second = new Reader('resuming')
    const found = await read('resumed', [second], 60)
    await second.close()
    expect(byPartition(found, 1)).toEqual(byPartition(records.slice(40), 1))
  })
})

describe('the admin', () => {
  it('creates, lists, grows and deletes topics', async () => {
    const [created] = await createTopic('managed')
    expect(created).toMatchObject({ name: 'managed', partitions: partitionCount })
    expect(await admin.listTopics()).toContain('managed')
    await admin
      .createPartitions({ topics: [{ name: 'managed', count: 5, assignments: [] }], validateOnly: true })
      .catch(() => {})
    await admin.deleteTopics({ topics: ['managed'] })
    expect(await admin.listTopics()).not.toContain('managed')
  })

  it('lists, describes and deletes groups, and shows their offsets', async () => {
    await createTopic('administered')
    await send('administered', generateRecords(4, 30, 1), 'none')
    const reader = new Reader('administered')
    await new Promise<void>((resolve, reject) => {
      const take = (message: Received) => {
        if (message.offset === 29n) Promise.resolve(message.commit()).then(() => resolve(), reject)
      }
      reader.start('administered', take).catch(reject)
    })
    await reader.close()
    expect((await admin.listGroups()).get('administered')).toMatchObject({ id: 'administered', state: 'Empty' })
    const offsets = await admin.listConsumerGroupOffsets({ groups: ['administered'] })
    expect(JSON.stringify(offsets, (_, value) => (typeof value === 'bigint' ? Number(value) : value))).toContain(
      '"committedOffset":30',
    )
    await admin.deleteGroups({ groups: ['administered'] })
    expect((await admin.listGroups()).has('administered')).toBe(false)
  })

  it('shows configs and sizes', async () => {
    await createTopic('configured')
    const described = await admin.describeConfigs({
      resources: [
        {
          resourceType: ConfigResourceTypes.TOPIC,
          resourceName: 'configured',
          configurationKeys: ['max.message.bytes'],
        },
      ],
      includeSynonyms: false,
      includeDocumentation: false,
    })
    expect(described[0]?.configs[0]).toMatchObject({ name: 'max.message.bytes', value: '1048588' })
    const topics = [{ name: 'configured', partitions: [0, 1, 2] }]
    const sizes = await admin.describeLogDirs({ topics })
    expect(JSON.stringify(sizes, (_, value) => (typeof value === 'bigint' ? Number(value) : value))).toContain(
      'configured',
    )
  })
})
