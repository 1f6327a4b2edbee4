import type { CreateTopicsRequest } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { TestController } from '../../test/harness.ts'
import { isOnlineDirectory, reservedDirectoryId } from '../directory-id.ts'
import { assignReplicasToDirs } from './directories.ts'
import { createTopics } from './topics.ts'

const first = 'firstDirectory00000000'
const second = 'secondDirectory0000000'
const unassigned = 'AAAAAAAAAAAAAAAAAAAAAQ'

/** Broker 1 with two directories, and others with one each. */
function setUp(brokerCount = 1) {
  const controller = new TestController()
  controller.startBrokers(brokerCount)
  controller.nowMs += 10_000
  restart(controller, [first, second])
  return controller
}

/** Broker 1 starts anew with these directories, after a crash unless it names its last epoch. */
function restart(controller: TestController, logDirs: string[], previousBrokerEpoch = -1) {
  controller.nowMs += 10_000
  const registered = controller.register(1, { logDirs, previousBrokerEpoch })
  expect(registered.reply.errorCode).toBe(0)
  for (const id of controller.image.brokers.keys()) controller.beat(id)
  return registered
}

function create(controller: TestController, name: string, replicas: number[][], configs: Record<string, string> = {}) {
  const request: CreateTopicsRequest = {
    topics: [
      {
        name,
        numPartitions: -1,
        replicationFactor: -1,
        assignments: replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      },
    ],
    timeoutMs: 1000,
    validateOnly: false,
  }
  expect(controller.decide((context) => createTopics(context, request)).reply).toMatchObject([{ errorCode: 0 }])
}

function assign(controller: TestController, id: string, topic: string, partitionIndexes: number[], topicId?: string) {
  const topics = [
    {
      topicId: topicId ?? controller.image.topicIds.get(topic) ?? '',
      partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex })),
    },
  ]
  const brokerEpoch = controller.image.brokers.get(1)?.epoch ?? -1
  const { reply, records } = controller.decide((context) =>
    assignReplicasToDirs(context, { brokerId: 1, brokerEpoch, directories: [{ id, topics }] }),
  )
  const codes = reply.directories.flatMap((directory) =>
    directory.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode)),
  )
  return { errorCode: reply.errorCode, codes, records }
}

describe('a directory id', () => {
  it('is online when the broker has it, or before the broker has said anything; never when it is lost', () => {
    expect(isOnlineDirectory(first, [first])).toBe(true)
    expect(isOnlineDirectory(first, [second])).toBe(false)
    expect(isOnlineDirectory(first, [])).toBe(true)
    expect(isOnlineDirectory(reservedDirectoryId.unassigned, [second])).toBe(true)
    expect(isOnlineDirectory(reservedDirectoryId.migrating, [second])).toBe(true)
    expect(isOnlineDirectory(reservedDirectoryId.lost, [second])).toBe(false)
  })
})

describe('a new partition', () => {
  it('has the id of the only directory of a broker, and none yet on a broker with several', () => {
    const controller = setUp(2)
    create(controller, 'orders', [[1, 2]])
    const [only] = controller.image.brokers.get(2)?.logDirs ?? []
    expect(controller.partition('orders')).toMatchObject({ directories: [unassigned, only], leader: 1, isr: [1, 2] })
  })
})

describe('assigning replicas to directories', () => {
  it('changes the place of this broker only, and no leader', () => {
    const controller = setUp(2)
    create(controller, 'orders', [
      [2, 1],
      [1, 2],
    ])
    const [only] = controller.image.brokers.get(2)?.logDirs ?? []
    const { codes, records } = assign(controller, second, 'orders', [0, 1])
    expect(codes).toEqual([0, 0])
    const unchanged = { isr: null, leader: -2, replicas: null, leaderRecoveryState: -1, eligibleLeaderReplicas: null }
    expect(records).toMatchObject([
      { type: 'PartitionChangeRecord', version: 2, data: { ...unchanged, directories: [only, second] } },
      { type: 'PartitionChangeRecord', version: 2, data: { ...unchanged, directories: [second, only] } },
    ])
    expect(controller.partition('orders')).toMatchObject({ leader: 2, leaderEpoch: 0, partitionEpoch: 1 })
  })

  it('writes nothing that is known already', () => {
    const controller = setUp()
    create(controller, 'orders', [[1]])
    assign(controller, second, 'orders', [0])
    expect(assign(controller, second, 'orders', [0])).toMatchObject({ codes: [0], records: [] })
  })

  it('answers each partition for itself, and a stale broker as a whole', () => {
    const controller = setUp(2)
    create(controller, 'orders', [[1], [2]])
    expect(assign(controller, first, 'orders', [0, 1, 2]).codes).toEqual([0, 6, 3])
    expect(assign(controller, first, 'orders', [0], 'noTopicHasThisId000000').codes).toEqual([100])
    const request = { brokerId: 1, brokerEpoch: 0, directories: [] }
    expect(controller.decide((context) => assignReplicasToDirs(context, request)).reply.errorCode).toBe(77)
  })

  it('to a directory that is not online takes the replica out of the ISR', () => {
    const controller = setUp(2)
    create(controller, 'orders', [[1, 2]])
    const { codes, records } = assign(controller, 'nobodyHasThis000000000', 'orders', [0])
    expect(codes).toEqual([0])
    expect(records).toMatchObject([
      { data: { leader: -2, isr: null } },
      { data: { leader: 2, isr: [2], directories: null, eligibleLeaderReplicas: null } },
    ])
    expect(controller.partition('orders')).toMatchObject({ leader: 2, isr: [2], leaderEpoch: 1 })
  })

  it('from a failed directory to one that works lets the replica lead again', () => {
    const controller = setUp()
    create(controller, 'orders', [[1]])
    assign(controller, second, 'orders', [0])
    controller.beat(1, { offlineLogDirs: [second] })
    expect(controller.partition('orders').leader).toBe(-1)
    assign(controller, first, 'orders', [0])
    expect(controller.partition('orders')).toMatchObject({ leader: 1, isr: [1], elr: [], leaderRecoveryState: 0 })
  })
})

/** Recorded: a broker with two directories in a cluster of Apache Kafka 4.3.1, with `min.insync.replicas=2`. */
describe('records of Apache Kafka', () => {
  const unchanged = {
    isr: null,
    leader: -2,
    replicas: null,
    removingReplicas: null,
    addingReplicas: null,
    leaderRecoveryState: -1,
    directories: null,
    eligibleLeaderReplicas: null,
    lastKnownElr: null,
  }

  it('for new partitions, their places, a place that is not online, and a directory that fails', () => {
    const controller = setUp(2)
    const [only = ''] = controller.image.brokers.get(2)?.logDirs ?? []
    create(
      controller,
      'orders',
      [
        [2, 1],
        [1, 2],
      ],
      { 'min.insync.replicas': '2' },
    )
    expect(controller.partition('orders', 0).directories).toEqual([only, unassigned])
    const changes = (records: readonly { type: string; version: number; data: object }[]) =>
      records.map(({ type, version, data }) => {
        const { partitionId, topicId: _, ...rest } = data as { partitionId?: number; topicId?: string }
        return [type, version, partitionId, rest]
      })
    const request = {
      brokerId: 1,
      brokerEpoch: controller.image.brokers.get(1)?.epoch ?? -1,
      directories: [first, second].map((id, partitionIndex) => ({
        id,
        topics: [{ topicId: controller.image.topicIds.get('orders') ?? '', partitions: [{ partitionIndex }] }],
      })),
    }
    const placed = controller.decide((context) => assignReplicasToDirs(context, request))
    expect(changes(placed.records)).toEqual([
      ['PartitionChangeRecord', 2, 0, { ...unchanged, directories: [only, first] }],
      ['PartitionChangeRecord', 2, 1, { ...unchanged, directories: [second, only] }],
    ])
    expect(changes(assign(controller, 'notOnline0000000000000', 'orders', [0]).records)).toEqual([
      ['PartitionChangeRecord', 2, 0, { ...unchanged, directories: [only, 'notOnline0000000000000'] }],
      ['PartitionChangeRecord', 2, 0, { ...unchanged, isr: [2], eligibleLeaderReplicas: [1] }],
    ])
    const beat = controller.beat(1, { offlineLogDirs: [second] })
    expect(changes(beat.records)).toEqual([
      ['PartitionChangeRecord', 2, 1, { ...unchanged, isr: [2], leader: 2, eligibleLeaderReplicas: [1] }],
      [
        'BrokerRegistrationChangeRecord',
        2,
        undefined,
        {
          brokerId: 1,
          brokerEpoch: request.brokerEpoch,
          fenced: 0,
          inControlledShutdown: 0,
          logDirs: [first],
          cordonedLogDirs: null,
        },
      ],
    ])
  })
})

describe('a directory that fails', () => {
  it('takes leadership away there and nowhere else, once', () => {
    const controller = setUp()
    create(controller, 'orders', [[1], [1], [1]])
    assign(controller, first, 'orders', [0])
    assign(controller, second, 'orders', [1])
    const { reply, records } = controller.beat(1, { offlineLogDirs: [second] })
    expect(reply).toMatchObject({ errorCode: 0, isFenced: false })
    expect(records).toMatchObject([
      {
        type: 'PartitionChangeRecord',
        data: {
          partitionId: 1,
          isr: [],
          leader: -1,
          eligibleLeaderReplicas: [1],
          lastKnownElr: [1],
          directories: null,
        },
      },
      {
        type: 'BrokerRegistrationChangeRecord',
        version: 2,
        data: { fenced: 0, logDirs: [first], cordonedLogDirs: null },
      },
    ])
    expect(controller.image.brokers.get(1)?.logDirs).toEqual([first])
    // What nobody has placed yet is where it was asked for: in the process, which still works.
    expect([0, 1, 2].map((index) => controller.partition('orders', index).leader)).toEqual([1, -1, 1])
    expect(controller.beat(1, { offlineLogDirs: [second] }).records).toEqual([])
  })

  it('makes another member of the ISR lead', () => {
    const controller = setUp(3)
    create(controller, 'orders', [[1, 2, 3]])
    assign(controller, first, 'orders', [0])
    controller.beat(1, { offlineLogDirs: [first] })
    expect(controller.partition('orders')).toMatchObject({ leader: 2, isr: [2, 3], elr: [], leaderEpoch: 1 })
  })

  it('without eligible replicas leaves the last member in the ISR', () => {
    const controller = setUp()
    controller.append([
      { type: 'FeatureLevelRecord', version: 0, data: { name: 'eligible.leader.replicas.version', featureLevel: 0 } },
    ])
    create(controller, 'orders', [[1]])
    assign(controller, first, 'orders', [0])
    const { records } = controller.beat(1, { offlineLogDirs: [first] })
    expect(records[0]).toMatchObject({ data: { isr: null, leader: -1, eligibleLeaderReplicas: null } })
    expect(controller.partition('orders')).toMatchObject({ leader: -1, isr: [1], elr: [] })
  })

  it('keeps its partitions without a leader until the broker starts with it again', () => {
    const controller = setUp()
    create(controller, 'orders', [[1], [1]])
    assign(controller, first, 'orders', [0])
    assign(controller, second, 'orders', [1])
    controller.beat(1, { offlineLogDirs: [second] })
    restart(controller, [first])
    expect([0, 1].map((index) => controller.partition('orders', index).leader)).toEqual([1, -1])
    restart(controller, [first, second])
    expect(controller.partition('orders', 1)).toMatchObject({ leader: 1, isr: [1], elr: [], lastKnownElr: [] })
  })

  it('that is back after a clean stop is elected cleanly', () => {
    const controller = setUp()
    create(controller, 'orders', [[1]])
    assign(controller, second, 'orders', [0])
    controller.beat(1, { offlineLogDirs: [second] })
    restart(controller, [first, second], controller.image.brokers.get(1)?.epoch)
    expect(controller.partition('orders')).toMatchObject({ leader: 1, isr: [1], leaderRecoveryState: 0 })
  })
})
