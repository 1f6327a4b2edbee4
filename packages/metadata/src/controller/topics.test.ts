import { zeroUuid } from '@millrace/base'
import type { CreateTopicsRequest } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { TestController } from '../../test/harness.ts'
import { createPartitions, createTopics, deleteTopics } from './topics.ts'

type Topic = CreateTopicsRequest['topics'][number]

const topic = (name: string, overrides: Partial<Topic> = {}): Topic => {
  return { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [], ...overrides }
}

function started(count = 1): TestController {
  const controller = new TestController()
  controller.startBrokers(count)
  return controller
}

function create(controller: TestController, topics: Topic[], validateOnly = false) {
  return controller.decide((context) => createTopics(context, { topics, timeoutMs: 1000, validateOnly }))
}

describe('createTopics', () => {
  it('writes the topic, its configs and its partitions in one decision', () => {
    const controller = started()
    const configs = [{ name: 'retention.ms', value: '1000' }]
    const { reply, records } = create(controller, [topic('orders', { numPartitions: 2, configs })])
    expect(reply).toMatchObject([{ name: 'orders', errorCode: 0, partitionCount: 2, replicationFactor: 1 }])
    expect(records).toMatchObject([
      { type: 'TopicRecord', data: { name: 'orders' } },
      { type: 'ConfigRecord', data: { resourceType: 2, resourceName: 'orders', name: 'retention.ms', value: '1000' } },
      {
        type: 'PartitionRecord',
        version: 2,
        data: { partitionId: 0, replicas: [1], isr: [1], leader: 1, leaderEpoch: 0 },
      },
      { type: 'PartitionRecord', version: 2, data: { partitionId: 1 } },
    ])
    expect(controller.partition('orders', 1).directories).toEqual(controller.image.brokers.get(1)?.logDirs)
  })

  it('takes defaults for -1 and creates nothing when it only validates', () => {
    const controller = started()
    const { reply, records } = create(controller, [topic('orders', { numPartitions: -1, replicationFactor: -1 })], true)
    expect(reply).toMatchObject([{ errorCode: 0, partitionCount: 1, replicationFactor: 1 }])
    expect(records).toEqual([])
  })

  const long = 'x'.repeat(250)
  it.each<[string, Partial<Topic> & { name: string }, number, string]>([
    ['an empty name', { name: '' }, 17, 'Topic name is invalid: the empty string is not allowed'],
    ['a dot', { name: '.' }, 17, "Topic name is invalid: '.' is not allowed"],
    [
      'a long name',
      { name: long },
      17,
      `Topic name is invalid: the length of '${long}' is longer than the max allowed length 249`,
    ],
    ['a slash', { name: 'a/b' }, 17, 'contains one or more characters other than ASCII alphanumerics'],
    ['a name that exists', { name: 'e.x' }, 36, "Topic 'e.x' already exists."],
    ['a name that collides', { name: 'e_x' }, 17, "Topic 'e_x' collides with existing topic: e.x"],
    [
      'no partitions',
      { name: 'n', numPartitions: 0 },
      37,
      'Number of partitions was set to an invalid non-positive value.',
    ],
    ['a replication factor of 0', { name: 'n', replicationFactor: 0 }, 38, 'Replication factor must be larger than 0'],
    [
      'too few brokers',
      { name: 'n', replicationFactor: 2 },
      38,
      'cannot be reached because only 1 broker(s) are registered',
    ],
    [
      'a bad config',
      { name: 'n', configs: [{ name: 'no.such.config', value: '1' }] },
      40,
      'Unknown topic config name: no.such.config',
    ],
    [
      'a null config',
      { name: 'n', configs: [{ name: 'a', value: null }] },
      40,
      'Null value not supported for topic configs: a',
    ],
    [
      'the metadata topic',
      { name: '__cluster_metadata' },
      42,
      'Creation of internal topic __cluster_metadata is prohibited.',
    ],
    [
      'an assignment and counts',
      { name: 'n', assignments: [{ partitionIndex: 0, brokerIds: [1] }] },
      42,
      'replication factor was not set to -1',
    ],
  ])('refuses %s', (_, given, errorCode, message) => {
    const controller = started()
    create(controller, [topic('e.x')])
    const { reply, records } = create(controller, [topic(given.name, given)])
    expect(reply[0]?.errorCode).toBe(errorCode)
    expect(reply[0]?.errorMessage).toContain(message)
    expect(records).toEqual([])
  })

  it.each([
    ['an unknown broker', [[99]], 'includes broker 99, but no such broker is registered'],
    ['a broker twice', [[1, 1]], 'includes the broker 1 more than once'],
    ['different factors', [[1, 2], [1]], 'not consistent with previous partitions'],
    ['an empty list', [[]], 'empty replica list'],
  ])('refuses a manual assignment with %s', (_, lists, message) => {
    const controller = started(2)
    const assignments = lists.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds }))
    const { reply } = create(controller, [topic('n', { numPartitions: -1, replicationFactor: -1, assignments })])
    expect(reply).toMatchObject([{ errorCode: 39, errorMessage: expect.stringContaining(message) }])
  })

  it('refuses a name twice in one request, and no other of it', () => {
    const { reply } = create(started(), [topic('a'), topic('a'), topic('b')])
    expect(reply).toMatchObject([
      { name: 'a', errorCode: 42, errorMessage: 'Duplicate topic name.' },
      { name: 'b', errorCode: 0 },
    ])
  })

  it('spreads leaders and replicas evenly over three brokers', () => {
    const controller = started(3)
    create(controller, [topic('wide', { numPartitions: 30, replicationFactor: 2 })])
    const leaders = new Map<number, number>()
    const replicas = new Map<number, number>()
    for (let index = 0; index < 30; index++) {
      const partition = controller.partition('wide', index)
      expect(new Set(partition.replicas).size).toBe(2)
      leaders.set(partition.leader, (leaders.get(partition.leader) ?? 0) + 1)
      for (const id of partition.replicas) replicas.set(id, (replicas.get(id) ?? 0) + 1)
    }
    expect([...leaders.values()]).toEqual([10, 10, 10])
    for (const count of replicas.values()) expect(count).toBe(20)
  })
})

describe('deleteTopics', () => {
  it('deletes by name and by id, with the configs', () => {
    const controller = started()
    create(controller, [topic('a', { configs: [{ name: 'retention.ms', value: '1' }] }), topic('b')])
    const topicId = controller.image.topicIds.get('b') ?? ''
    const references = [
      { name: 'a', topicId: zeroUuid },
      { name: null, topicId },
    ]
    const { reply } = controller.decide((context) => deleteTopics(context, references))
    expect(reply).toMatchObject([
      { name: 'a', errorCode: 0 },
      { name: 'b', topicId, errorCode: 0 },
    ])
    expect([controller.image.topics.size, controller.image.topicIds.size]).toEqual([0, 0])
    expect([...controller.image.configs.keys()]).toEqual(['4:'])
  })

  it('says what is unknown, ambiguous or doubled', () => {
    const controller = started()
    create(controller, [topic('a')])
    const unknownId = 'abcdefghijklmnopqrstuA'
    const references = [
      { name: 'nope', topicId: zeroUuid },
      { name: null, topicId: unknownId },
      { name: 'a', topicId: unknownId },
      { name: 'b', topicId: zeroUuid },
      { name: 'b', topicId: zeroUuid },
    ]
    const { reply } = controller.decide((context) => deleteTopics(context, references))
    expect(reply.map(({ errorCode }) => errorCode)).toEqual([3, 100, 42, 42])
  })
})

describe('createPartitions', () => {
  const grow = (controller: TestController, name: string, count: number, brokerIds: number[][] | null = null) => {
    const topics = [
      { name, count, assignments: brokerIds === null ? null : brokerIds.map((ids) => ({ brokerIds: ids })) },
    ]
    return controller.decide((context) => createPartitions(context, { topics, timeoutMs: 1, validateOnly: false }))
      .reply[0]
  }

  it('adds what is missing', () => {
    const controller = started()
    create(controller, [topic('a', { numPartitions: 2 })])
    expect(grow(controller, 'a', 5)?.errorCode).toBe(0)
    expect(controller.partition('a', 4).leader).toBe(1)
  })

  it.each([
    ['fewer', 'a', 1, null, 37, 'The topic a currently has 2 partition(s); 1 would not be an increase.'],
    ['the same', 'a', 2, null, 37, 'Topic already has 2 partition(s).'],
    ['an unknown topic', 'nope', 2, null, 3, null],
    [
      'too few assignments',
      'a',
      4,
      [[1]],
      39,
      'Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.',
    ],
  ])('refuses %s', (_, name, count, assignments, errorCode, errorMessage) => {
    const controller = started()
    create(controller, [topic('a', { numPartitions: 2 })])
    expect(grow(controller, name, count, assignments)).toEqual({ name, errorCode, errorMessage })
  })
})
