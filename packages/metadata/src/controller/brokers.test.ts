import type { CreateTopicsRequest } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { TestController } from '../../test/harness.ts'
import { alterPartition } from './partitions.ts'
import { createTopics } from './topics.ts'

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
  const { reply } = controller.decide((context) => createTopics(context, request))
  expect(reply).toMatchObject([{ errorCode: 0 }])
}

const types = (records: readonly { type: string }[]) => records.map((record) => record.type)

describe('registerBroker', () => {
  it('gives the offset of its record as epoch and starts fenced', () => {
    const controller = new TestController()
    const offset = controller.log.length
    expect(controller.register(1).reply).toEqual({ errorCode: 0, brokerEpoch: offset })
    expect(controller.image.brokers.get(1)).toMatchObject({ epoch: offset, isFenced: true })
  })

  it('gives the same incarnation its epoch again', () => {
    const controller = new TestController()
    const first = controller.register(1)
    const incarnationId = controller.image.brokers.get(1)?.incarnationId ?? ''
    expect(controller.register(1, { incarnationId })).toEqual({ reply: first.reply, records: [] })
  })

  it('refuses another incarnation while the first was heard of in the last session', () => {
    const controller = new TestController()
    controller.startBrokers(1)
    expect(controller.register(1).reply.errorCode).toBe(101)
    controller.nowMs += 8999
    expect(controller.register(1).reply.errorCode).toBe(101)
    controller.nowMs += 1
    expect(controller.register(1).reply.errorCode).toBe(0)
  })

  it('takes another incarnation before the first heartbeat', () => {
    const controller = new TestController()
    controller.register(1)
    expect(controller.register(1).reply.errorCode).toBe(0)
  })

  it.each([
    ['another cluster', { clusterId: 'another' }, 104],
    ['no directory', { logDirs: [] }, 119],
    ['a reserved directory', { logDirs: ['AAAAAAAAAAAAAAAAAAAAAQ'] }, 119],
    ['a ZooKeeper migration', { isMigratingZkBroker: true }, 102],
    ['no range for a finalized feature', { features: [] }, 35],
  ])('refuses %s', (_, overrides, errorCode) => {
    expect(new TestController().register(1, overrides).reply.errorCode).toBe(errorCode)
  })
})

describe('heartbeat', () => {
  it('unfences once the broker has read its own registration', () => {
    const controller = new TestController()
    controller.register(1)
    const epoch = controller.image.brokers.get(1)?.epoch ?? -1
    expect(controller.beat(1, { currentMetadataOffset: epoch - 1 }).reply).toMatchObject({
      isCaughtUp: false,
      isFenced: true,
    })
    expect(controller.beat(1, { wantFence: true }).reply).toMatchObject({ isFenced: true })
    const { reply, records } = controller.beat(1)
    expect(reply).toEqual({ errorCode: 0, isCaughtUp: true, isFenced: false, shouldShutDown: false })
    expect(records).toMatchObject([{ type: 'BrokerRegistrationChangeRecord', version: 0, data: { fenced: -1 } }])
  })

  it('is refused from an unknown broker and from another epoch', () => {
    const controller = new TestController()
    controller.startBrokers(1)
    expect(controller.beat(9).reply.errorCode).toBe(77)
    expect(controller.beat(1, { brokerEpoch: 0 }).reply.errorCode).toBe(77)
  })
})

describe('a broker alone', () => {
  it('stops cleanly with every partition in the ELR, and is elected from it at the next start', () => {
    const controller = new TestController()
    controller.startBrokers(1)
    create(controller, 'orders', [[1], [1]])
    const epoch = controller.image.brokers.get(1)?.epoch ?? -1
    const stopping = controller.beat(1, { wantShutDown: true })
    expect(stopping.reply.shouldShutDown).toBe(false)
    expect(stopping.records).toMatchObject([
      { type: 'BrokerRegistrationChangeRecord', version: 1, data: { inControlledShutdown: 1 } },
      { type: 'PartitionChangeRecord', data: { isr: [], leader: -1, eligibleLeaderReplicas: [1], lastKnownElr: [1] } },
      { type: 'PartitionChangeRecord', data: { isr: [], leader: -1, eligibleLeaderReplicas: [1], lastKnownElr: [1] } },
    ])
    const stopped = controller.beat(1, { wantShutDown: true })
    expect(stopped.reply.shouldShutDown).toBe(true)
    expect(stopped.records).toMatchObject([{ type: 'BrokerRegistrationChangeRecord', version: 0, data: { fenced: 1 } }])
    controller.nowMs += 10_000
    expect(types(controller.register(1, { previousBrokerEpoch: epoch }).records)).toEqual(['RegisterBrokerRecord'])
    controller.beat(1)
    for (const index of [0, 1]) {
      expect(controller.partition('orders', index)).toMatchObject({
        leader: 1,
        isr: [1],
        elr: [],
        lastKnownElr: [],
        leaderRecoveryState: 0,
        leaderEpoch: 2,
      })
    }
  })

  it('after a kill is elected as the last known leader, uncleanly', () => {
    const controller = new TestController()
    controller.startBrokers(1)
    create(controller, 'orders', [[1]])
    controller.nowMs += 10_000
    const { records } = controller.register(1)
    expect(records).toMatchObject([
      { type: 'PartitionChangeRecord', data: { isr: [], leader: -1, lastKnownElr: [1] } },
      { type: 'RegisterBrokerRecord' },
    ])
    expect(controller.partition('orders')).toMatchObject({ leader: -1, elr: [], lastKnownElr: [1] })
    controller.beat(1)
    expect(controller.partition('orders')).toMatchObject({
      leader: 1,
      isr: [1],
      leaderRecoveryState: 1,
      leaderEpoch: 2,
    })
  })

  it('that leads nothing stops with one record', () => {
    const controller = new TestController()
    controller.startBrokers(1)
    const { reply, records } = controller.beat(1, { wantShutDown: true })
    expect(reply.shouldShutDown).toBe(true)
    expect(records).toMatchObject([{ type: 'BrokerRegistrationChangeRecord', version: 0, data: { fenced: 1 } }])
  })
})

describe('three brokers', () => {
  it('move leaders when one is not heard of, in the order of assignment', () => {
    const controller = new TestController()
    controller.startBrokers(3)
    create(controller, 'orders', [[1, 2, 3]])
    controller.nowMs += 5000
    controller.beat(2)
    controller.beat(3)
    controller.nowMs += 4000
    const { records } = controller.expire()
    expect(types(records)).toEqual(['PartitionChangeRecord', 'BrokerRegistrationChangeRecord'])
    expect(controller.partition('orders')).toMatchObject({ leader: 2, isr: [2, 3], leaderEpoch: 1, partitionEpoch: 1 })
    expect(controller.expire().records).toEqual([])
  })

  it('keep members below the minimum ISR eligible, and elect from them', () => {
    const controller = new TestController()
    controller.startBrokers(3)
    create(controller, 'orders', [[1, 2, 3]], { 'min.insync.replicas': '2' })
    for (const [index, dead] of [2, 3].entries()) {
      controller.nowMs += 5000
      for (const id of [1, 2, 3].filter((each) => each !== dead && !controller.image.brokers.get(each)?.isFenced))
        controller.beat(id)
      controller.nowMs += 4000
      controller.expire()
      expect(controller.partition('orders').isr).toEqual([[1, 3], [1]][index])
    }
    expect(controller.partition('orders')).toMatchObject({ leader: 1, isr: [1], elr: [3] })
    controller.nowMs += 9000
    controller.beat(3)
    controller.expire()
    expect(controller.partition('orders')).toMatchObject({ leader: 3, isr: [3], elr: [1] })
  })

  it('change an ISR only for its leader, at its epochs, with live members', () => {
    const controller = new TestController()
    controller.startBrokers(3)
    create(controller, 'orders', [[1, 2, 3]])
    const topicId = controller.image.topicIds.get('orders') ?? ''
    const epochOf = (id: number) => controller.image.brokers.get(id)?.epoch ?? -1
    const propose = (brokerId: number, isr: number[], change: object = {}) => {
      const partition = {
        partitionIndex: 0,
        leaderEpoch: 0,
        partitionEpoch: controller.partition('orders').partitionEpoch,
        newIsr: [],
        newIsrWithEpochs: isr.map((id) => ({ brokerId: id, brokerEpoch: epochOf(id) })),
        leaderRecoveryState: 0,
        ...change,
      }
      const request = { brokerId, brokerEpoch: epochOf(brokerId), topics: [{ topicId, partitions: [partition] }] }
      const { reply } = controller.decide((context) => alterPartition(context, request))
      return reply.topics[0]?.partitions[0]?.errorCode
    }
    expect(propose(1, [1, 2])).toBe(0)
    expect(controller.partition('orders')).toMatchObject({ isr: [1, 2], leaderEpoch: 0, partitionEpoch: 1 })
    expect(propose(2, [2])).toBe(42)
    expect(propose(1, [2])).toBe(42)
    expect(propose(1, [1, 9])).toBe(42)
    expect(propose(1, [1], { leaderEpoch: 1 })).toBe(41)
    expect(propose(1, [1], { partitionEpoch: 0 })).toBe(95)
    controller.beat(3, { wantFence: true })
    expect(propose(1, [1, 2, 3])).toBe(107)
  })
})
