import { describe, expect, it } from 'vitest'
import { parseBrokerConfig } from './config/broker-config.ts'
import { singleNodeProperties } from './config/single-node-defaults.ts'
import { groupConfigOf } from './group-config.ts'

const configOf = (overrides: Readonly<Record<string, string>> = {}) =>
  groupConfigOf(parseBrokerConfig(singleNodeProperties(Object.entries({ 'log.dirs': '/data', ...overrides }))))

describe('the settings of the group coordinator', () => {
  it.each([
    ['offsets.topic.num.partitions', '3', 'partitionCount', 3],
    ['group.min.session.timeout.ms', '100', 'sessionTimeoutMinMs', 100],
    ['group.max.session.timeout.ms', '99000', 'sessionTimeoutMaxMs', 99_000],
    ['group.initial.rebalance.delay.ms', '12', 'initialRebalanceDelayMs', 12],
    ['group.max.size', '4', 'groupSizeMax', 4],
    ['offset.metadata.max.bytes', '5', 'offsetMetadataSizeMax', 5],
    ['offsets.retention.minutes', '6', 'offsetsRetentionMs', 360_000],
    ['offsets.retention.check.interval.ms', '7', 'offsetsRetentionCheckMs', 7],
    ['offsets.commit.timeout.ms', '8', 'offsetCommitTimeoutMs', 8],
    ['offsets.load.buffer.size', '9', 'loadSizeMax', 9],
  ] as const)('%s=%s is %s', (name, text, field, value) => {
    expect(configOf()[field]).not.toBe(value)
    expect(configOf({ [name]: text })[field]).toBe(value)
  })
})
