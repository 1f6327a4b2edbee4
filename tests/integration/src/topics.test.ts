/** Topics from their first mention to their end, and what can be asked of them in between. */
import { zeroUuid } from '@millrace/base'
import {
  CreatePartitions,
  DeleteRecords,
  DeleteTopics,
  DescribeConfigs,
  DescribeLogDirs,
  ErrorCode,
  encodeBatch,
  Fetch,
  IncrementalAlterConfigs,
  ListOffsets,
  Metadata,
  OffsetCommit,
  OffsetFetch,
  openBatch,
  type RecordInput,
} from '@millrace/protocol'
import { type Cluster, startCluster } from '@millrace/testing'
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
import { eventually } from './node.ts'
import { Wire } from './wire.ts'

const timeoutMs = 10_000
let cluster: Cluster
let wire: Wire

beforeAll(async () => {
  cluster = await startCluster()
  wire = await Wire.connect(cluster.bootstrapServers)
})

afterAll(async () => {
  wire.close()
  await cluster.stop()
})

async function describeTopic(name: string) {
  const { topics } = await wire.send(Metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false })
  return topics[0]
}

async function deleteTopic(name: string): Promise<void> {
  const { responses } = await wire.send(DeleteTopics, 6, { topics: [{ name }], timeoutMs })
  expectNone(responses[0]?.errorCode, `deleting ${name}`)
}

async function listOffset(topic: string, timestamp: number, partition = 0) {
  const partitions = [{ partitionIndex: partition, timestamp }]
  const { topics } = await wire.send(ListOffsets, 7, { replicaId: -1, topics: [{ name: topic, partitions }] })
  return topics[0]?.partitions[0]
}

describe('creating', () => {
  it('a topic can be used as soon as its creation is answered', async () => {
    const topicId = await createTopic(wire, 'at-once', 3)
    expect(await describeTopic('at-once')).toMatchObject({ errorCode: 0, topicId, isInternal: false })
    for (const partition of [0, 1, 2]) expect(await produce(wire, 'at-once', ['a'], { partition })).toBe(0)
  })

  it('a topic that a client mentions comes into being', async () => {
    const mention = () => wire.send(Metadata, 12, { topics: [{ name: 'mentioned' }], allowAutoTopicCreation: true })
    expect((await mention()).topics[0]?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    await eventually(async () => ((await mention()).topics[0]?.errorCode === ErrorCode.NONE ? true : undefined))
    expect(await produce(wire, 'mentioned', ['a'])).toBe(0)
  })

  it('more partitions are added to those that are there', async () => {
    await createTopic(wire, 'growing', 1)
    await produce(wire, 'growing', ['a'])
    const request = { topics: [{ name: 'growing', count: 4, assignments: null }], timeoutMs }
    const rehearsed = await wire.send(CreatePartitions, 3, { ...request, validateOnly: true })
    expectNone(rehearsed.results[0]?.errorCode, 'validating')
    expect((await describeTopic('growing'))?.partitions).toHaveLength(1)
    expectNone((await wire.send(CreatePartitions, 3, request)).results[0]?.errorCode, 'growing')
    expect((await describeTopic('growing'))?.partitions.map((each) => each.partitionIndex).toSorted()).toEqual([
      0, 1, 2, 3,
    ])
    expect(await produce(wire, 'growing', ['b'], { partition: 3 })).toBe(0)
    expect(await produce(wire, 'growing', ['c'], { partition: 0 })).toBe(1)
  })
})

describe('deleting', () => {
  it('a topic of the same name is another one: empty, with another id, without the configs of the first', async () => {
    const first = await createTopic(wire, 'reborn', 2, { 'max.message.bytes': '100' })
    await produce(wire, 'reborn', ['old'])
    await deleteTopic('reborn')
    expect((await describeTopic('reborn'))?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)

    const second = await createTopic(wire, 'reborn', 1)
    expect(second).not.toBe(first)
    expect((await describeTopic('reborn'))?.partitions).toHaveLength(1)
    expect((await listOffset('reborn', -1))?.offset).toBe(0)
    expect(await produce(wire, 'reborn', ['x'.repeat(200)])).toBe(0)
    const { results } = await wire.send(DescribeConfigs, 4, {
      resources: [{ resourceType: 2, resourceName: 'reborn', configurationKeys: ['max.message.bytes'] }],
    })
    expect(results[0]?.configs[0]).toMatchObject({ value: '1048588', configSource: 5 })
    const { topics } = await wire.send(Metadata, 12, { topics: [{ name: null, topicId: first }] })
    expect(topics[0]?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_ID)
  })

  it('takes the committed offsets along', async () => {
    await createTopic(wire, 'consumed')
    await findCoordinator(wire, 'reader')
    const { memberId, generationId } = await joinAlone(wire, 'reader', 'consumed')
    const partitions = [{ partitionIndex: 0, committedOffset: 7, committedMetadata: '' }]
    const commit = { groupId: 'reader', memberId, generationIdOrMemberEpoch: generationId }
    const committed = await wire.send(OffsetCommit, 8, { ...commit, topics: [{ name: 'consumed', partitions }] })
    expectNone(committed.topics[0]?.partitions[0]?.errorCode, 'committing')
    const fetchAll = async () => {
      const { groups } = await wire.send(OffsetFetch, 8, { groups: [{ groupId: 'reader', topics: null }] })
      return groups[0]?.topics.map(({ name }) => name)
    }
    expect(await fetchAll()).toEqual(['consumed'])
    await deleteTopic('consumed')
    await eventually(async () => ((await fetchAll())?.length === 0 ? true : undefined))
  })

  it('ends the waits of those who fetch', async () => {
    const topicId = await createTopic(wire, 'waited-for')
    const other = await Wire.connect(cluster.bootstrapServers)
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }]
    const request = { maxWaitMs: 60_000, minBytes: 1, topics: [{ topicId, partitions }] }
    const answer = other.send(Fetch, 13, request)
    await deleteTopic('waited-for')
    expect((await answer).responses[0]?.partitions[0]?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_ID)
    other.close()
  })
})

describe('the beginning of a partition', () => {
  const deleteBefore = async (topic: string, offset: number) => {
    const partitions = [{ partitionIndex: 0, offset }]
    const { topics } = await wire.send(DeleteRecords, 2, { topics: [{ name: topic, partitions }], timeoutMs })
    return topics[0]?.partitions[0]
  }

  it('is moved by DeleteRecords, for everybody who asks', async () => {
    await createTopic(wire, 'shortened')
    for (const value of ['a', 'b', 'c']) await produce(wire, 'shortened', [value])
    expect(await deleteBefore('shortened', 2)).toMatchObject({ errorCode: 0, lowWatermark: 2 })
    expect((await listOffset('shortened', -2))?.offset).toBe(2)
    expect((await fetchOnce(wire, 'shortened', 1)).errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE)
    const { records, logStartOffset } = await fetchOnce(wire, 'shortened', 2)
    expect(logStartOffset).toBe(2)
    expect(openBatch(records ?? Buffer.alloc(0), 0).baseOffset).toBe(2)
  })

  it('never moves back, and never beyond the end', async () => {
    await createTopic(wire, 'bounded')
    for (const value of ['a', 'b', 'c']) await produce(wire, 'bounded', [value])
    expect(await deleteBefore('bounded', 2)).toMatchObject({ lowWatermark: 2 })
    expect(await deleteBefore('bounded', 1)).toMatchObject({ errorCode: 0, lowWatermark: 2 })
    expect(await deleteBefore('bounded', 4)).toMatchObject({ errorCode: ErrorCode.OFFSET_OUT_OF_RANGE })
    expect(await deleteBefore('bounded', -1)).toMatchObject({ errorCode: 0, lowWatermark: 3 })
    expect(await produce(wire, 'bounded', ['d'])).toBe(3)
  })
})

describe('offsets by time', () => {
  const base = 1_750_000_000_000
  const timed = (...seconds: number[]): RecordInput[] => seconds.map((each) => textRecord('x', base + each * 1000))

  beforeAll(async () => {
    await createTopic(wire, 'timed', 2)
    for (const records of [timed(10, 20), timed(15), timed(40, 30, 50)]) {
      expectNone((await tryProduce(wire, 'timed', encodeBatch(records))).errorCode, 'produce')
    }
  })

  it.each([
    [0, 0, 10],
    [10, 0, 10],
    [11, 1, 20],
    [20, 1, 20],
    [21, 3, 40],
    [45, 5, 50],
    [50, 5, 50],
  ])('the first at or after second %i is offset %i', async (second, offset, found) => {
    const timestamp = second === 0 ? 0 : base + second * 1000
    expect(await listOffset('timed', timestamp)).toMatchObject({ errorCode: 0, offset, timestamp: base + found * 1000 })
  })

  it('nothing is later than the last', async () => {
    expect(await listOffset('timed', base + 50_001)).toMatchObject({ errorCode: 0, offset: -1, timestamp: -1 })
  })

  it('the end, the beginning and the latest time have names', async () => {
    expect(await listOffset('timed', -1)).toMatchObject({ offset: 6, timestamp: -1 })
    expect(await listOffset('timed', -2)).toMatchObject({ offset: 0, timestamp: -1 })
    expect(await listOffset('timed', -3)).toMatchObject({ offset: 5, timestamp: base + 50_000 })
  })

  it('an empty partition has a beginning, an end, and no times', async () => {
    expect(await listOffset('timed', -1, 1)).toMatchObject({ errorCode: 0, offset: 0 })
    expect(await listOffset('timed', -3, 1)).toMatchObject({ errorCode: 0, offset: -1 })
    expect(await listOffset('timed', 0, 1)).toMatchObject({ errorCode: 0, offset: -1 })
  })
})

describe('what a topic is', () => {
  it('its directory tells how large it is', async () => {
    await createTopic(wire, 'sized', 2)
    const sizes = async () => {
      const { errorCode, results } = await wire.send(DescribeLogDirs, 4, {
        topics: [{ topic: 'sized', partitions: [0, 1] }],
      })
      expect(errorCode).toBe(ErrorCode.NONE)
      return results[0]?.topics[0]?.partitions.map(({ partitionSize }) => partitionSize)
    }
    expect(await sizes()).toEqual([0, 0])
    const batch = encodeBatch([textRecord('x'.repeat(500))])
    const size = batch.length
    expectNone((await tryProduce(wire, 'sized', batch, { partition: 1 })).errorCode, 'produce')
    expect(await sizes()).toEqual([0, size])
  })

  it('configs are set, appended to and taken away, one by one', async () => {
    await createTopic(wire, 'configured', 1, { 'retention.ms': '1000' })
    const alter = async (name: string, configOperation: number, value: string | null) => {
      const resources = [{ resourceType: 2, resourceName: 'configured', configs: [{ name, configOperation, value }] }]
      const { responses } = await wire.send(IncrementalAlterConfigs, 1, { resources })
      expectNone(responses[0]?.errorCode, `altering ${name}`)
    }
    const own = async () => {
      const resources = [{ resourceType: 2, resourceName: 'configured', configurationKeys: null }]
      const { results } = await wire.send(DescribeConfigs, 4, { resources })
      const entries = results[0]?.configs.filter(({ configSource }) => configSource === 1) ?? []
      return Object.fromEntries(entries.map(({ name, value }) => [name, value]))
    }
    await alter('segment.bytes', 0, '2000000')
    await alter('cleanup.policy', 2, 'compact')
    expect(await own()).toEqual({
      'retention.ms': '1000',
      'segment.bytes': '2000000',
      'cleanup.policy': 'delete,compact',
    })
    await alter('retention.ms', 1, null)
    await alter('cleanup.policy', 3, 'delete')
    expect(await own()).toEqual({ 'segment.bytes': '2000000', 'cleanup.policy': 'compact' })
  })

  it('the topic of the offsets is internal, and clients do not write to it', async () => {
    await findCoordinator(wire, 'anybody')
    expect(await describeTopic('__consumer_offsets')).toMatchObject({ errorCode: 0, isInternal: true })
    const answer = await tryProduce(wire, '__consumer_offsets', encodeBatch([textRecord('x')]))
    expect(answer.errorCode).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION)
  })

  it('an id of nobody is unknown', async () => {
    const { topics } = await wire.send(Metadata, 12, { topics: [{ name: null, topicId: zeroUuid }] })
    expect(topics[0]?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_ID)
  })
})
