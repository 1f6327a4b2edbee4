import { describe, expect, it } from 'vitest'
import { parseBrokerConfig } from './broker-config.ts'
import { boundedGroupKeys, groupConfigOf, groupConfigProblem } from './group-config.ts'
import { singleNodeProperties } from './single-node-defaults.ts'

const { values: broker } = parseBrokerConfig(singleNodeProperties())
const config = (...own: [string, string][]) => groupConfigOf(broker, new Map(own))
const problem = (...own: [string, string][]) => groupConfigProblem(broker, new Map(own))

describe('groupConfigOf', () => {
  it("has Kafka's defaults", () => {
    const times = { sessionTimeoutMs: 45_000, heartbeatIntervalMs: 5000, assignmentIntervalMs: 1000 }
    expect(config()).toEqual({
      consumer: times,
      share: {
        ...times,
        autoOffsetReset: 'latest',
        isolationLevel: 'read_uncommitted',
        deliveryCountLimit: 5,
        partitionMaxRecordLocks: 2000,
        recordLockDurationMs: 30_000,
        renewAcknowledgeEnable: true,
      },
      streams: { ...times, initialRebalanceDelayMs: 3000, numStandbyReplicas: 0 },
    })
  })

  it("takes the group's own values, and caps those out of the broker's bounds", () => {
    expect(config(['consumer.session.timeout.ms', '50000']).consumer.sessionTimeoutMs).toBe(50_000)
    expect(config(['consumer.session.timeout.ms', '100']).consumer.sessionTimeoutMs).toBe(45_000)
    expect(config(['share.delivery.count.limit', '99']).share.deliveryCountLimit).toBe(10)
    expect(config(['streams.num.standby.replicas', '7']).streams.numStandbyReplicas).toBe(2)
  })
})

describe('groupConfigProblem', () => {
  it('is none for the defaults', () => {
    expect(problem()).toBeUndefined()
  })

  it.each<[string, string, string]>([
    [
      'consumer.session.timeout.ms',
      '1',
      'consumer.session.timeout.ms must be greater than or equal to group.consumer.min.session.timeout.ms',
    ],
    [
      'consumer.heartbeat.interval.ms',
      '99999',
      'consumer.heartbeat.interval.ms must be less than or equal to group.consumer.max.heartbeat.interval.ms',
    ],
    [
      'streams.num.standby.replicas',
      '3',
      'streams.num.standby.replicas must be less than or equal to group.streams.max.standby.replicas',
    ],
  ])('names the bound: %s=%s', (name, text, message) => {
    expect(problem([name, text])).toBe(message)
  })

  it('looks at every key that the broker bounds', () => {
    for (const { name, max } of boundedGroupKeys) {
      expect(problem([name, '2147483647']), name).toBe(`${name} must be less than or equal to ${max}`)
    }
  })
})
