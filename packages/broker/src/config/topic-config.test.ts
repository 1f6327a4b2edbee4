import { describe, expect, it } from 'vitest'
import { parseBrokerConfig } from './broker-config.ts'
import { unlimited } from './config-values.ts'
import { resolveResource } from './resource-values.ts'
import { singleNodeProperties } from './single-node-defaults.ts'
import { type TopicConfig, topicConfigOf } from './topic-config.ts'
import { topicKeys } from './topic-keys.ts'

function topic(broker: [string, string][], own: [string, string][] = []): TopicConfig {
  const { values } = parseBrokerConfig(singleNodeProperties(broker))
  return topicConfigOf(resolveResource(topicKeys, values, new Map(own)))
}

/** Kafka's name in the field's way: segment.bytes is segmentBytes. */
const fieldOf = (name: string) =>
  name.replace(/\.(\w)/g, (_, letter: string) => letter.toUpperCase()) as keyof TopicConfig

describe('topicConfigOf', () => {
  it("has a field for each of Kafka's keys, with its default", () => {
    const config = topic([])
    for (const key of topicKeys.values()) {
      if (key.name === 'internal.segment.bytes') continue
      const { default: value } = key
      const expected = typeof value === 'bigint' ? Math.min(Number(value), unlimited) : value
      expect(config[fieldOf(key.name)], key.name).toEqual(expected)
    }
    expect(Object.keys(config)).toHaveLength(topicKeys.size - 1)
  })

  it.each<[string, string, keyof TopicConfig, unknown]>([
    ['compression.type', 'zstd', 'compressionType', 'zstd'],
    ['compression.gzip.level', '2', 'compressionGzipLevel', 2],
    ['compression.lz4.level', '2', 'compressionLz4Level', 2],
    ['compression.zstd.level', '2', 'compressionZstdLevel', 2],
    ['log.segment.bytes', '2000000', 'segmentBytes', 2_000_000],
    ['log.roll.ms', '7', 'segmentMs', 7],
    ['log.roll.hours', '2', 'segmentMs', 7_200_000],
    ['log.roll.jitter.ms', '7', 'segmentJitterMs', 7],
    ['log.roll.jitter.hours', '1', 'segmentJitterMs', 3_600_000],
    ['log.index.size.max.bytes', '80', 'segmentIndexBytes', 80],
    ['log.index.interval.bytes', '7', 'indexIntervalBytes', 7],
    ['log.segment.delete.delay.ms', '7', 'fileDeleteDelayMs', 7],
    ['log.flush.interval.messages', '7', 'flushMessages', 7],
    ['log.flush.interval.ms', '7', 'flushMs', 7],
    ['log.flush.scheduler.interval.ms', '8', 'flushMs', 8],
    ['message.max.bytes', '7', 'maxMessageBytes', 7],
    ['log.message.timestamp.type', 'LogAppendTime', 'messageTimestampType', 'LogAppendTime'],
    ['log.message.timestamp.before.max.ms', '7', 'messageTimestampBeforeMaxMs', 7],
    ['log.message.timestamp.after.max.ms', '7', 'messageTimestampAfterMaxMs', 7],
    ['min.insync.replicas', '2', 'minInsyncReplicas', 2],
    ['log.cleanup.policy', 'compact,delete', 'cleanupPolicy', ['compact', 'delete']],
    ['log.retention.hours', '2', 'retentionMs', 7_200_000],
    ['log.retention.hours', '-1', 'retentionMs', -1],
    ['log.retention.minutes', '2', 'retentionMs', 120_000],
    ['log.retention.bytes', '7', 'retentionBytes', 7],
    ['log.cleaner.delete.retention.ms', '7', 'deleteRetentionMs', 7],
    ['log.cleaner.max.compaction.lag.ms', '7', 'maxCompactionLagMs', 7],
    ['log.cleaner.min.cleanable.ratio', '0.25', 'minCleanableDirtyRatio', 0.25],
    ['log.cleaner.min.compaction.lag.ms', '7', 'minCompactionLagMs', 7],
  ])('takes the default from the broker: %s=%s', (name, text, field, value) => {
    expect(topic([[name, text]])[field]).toEqual(value)
  })

  it('lets the finer unit of a broker key win', () => {
    const coarse: [string, string][] = [
      ['log.roll.hours', '5'],
      ['log.retention.hours', '5'],
    ]
    expect(topic([...coarse, ['log.roll.ms', '1']]).segmentMs).toBe(1)
    expect(topic([...coarse, ['log.retention.minutes', '1']]).retentionMs).toBe(60_000)
    expect(topic([...coarse, ['log.retention.minutes', '1'], ['log.retention.ms', '2']]).retentionMs).toBe(2)
  })

  it('lets a config of the topic win over the broker', () => {
    expect(topic([['log.segment.bytes', '2000000']], [['segment.bytes', '3000000']]).segmentBytes).toBe(3_000_000)
  })

  it('lets internal.segment.bytes replace segment.bytes, without its lower bound', () => {
    expect(topic([], [['internal.segment.bytes', '100']]).segmentBytes).toBe(100)
  })

  it('goes on without a config of the topic that another version of Kafka put there', () => {
    const config = topic(
      [],
      [
        ['segment.bytes', '14'],
        ['message.format.version', '3.0'],
      ],
    )
    expect(config.segmentBytes).toBe(1_073_741_824)
  })
})
