import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { brokerKeys } from './broker-keys.ts'
import { clientMetricsKeys } from './client-metrics-keys.ts'
import { groupKeys } from './group-keys.ts'
import { type ConfigTable, int, key, text } from './key.ts'
import { millraceKeys } from './millrace-keys.ts'
import { judgeSupport, served, servedOnly, threads, transactions, unsupported } from './support.ts'
import { topicKeys } from './topic-keys.ts'

describe('judgeSupport', () => {
  const judge = (support: Parameters<typeof key>[4], value: number) =>
    judgeSupport(key('x', int(1), 'low', undefined, support), value)

  it('finds any default fine', () => {
    for (const support of [served, threads, transactions, unsupported])
      expect(judge(support, 1)).toEqual({ kind: 'fine' })
  })

  it('lets served values pass, and refuses others of a key that is served in part', () => {
    expect(judge(served, 2)).toEqual({ kind: 'fine' })
    const partly = key('x', text('a'), 'low', undefined, servedOnly('a', 'b'))
    expect(judgeSupport(partly, 'b')).toEqual({ kind: 'fine' })
    expect(judgeSupport(partly, 'c')).toEqual({ kind: 'refused', message: 'x=c is not supported yet; supported: a, b' })
  })

  it('says why a value has no effect, or that it is not supported yet', () => {
    expect(judge(threads, 2)).toMatchObject({ kind: 'notice', message: expect.stringContaining('x has no effect: ') })
    expect(judge(transactions, 2)).toMatchObject({
      kind: 'notice',
      message: 'x has no effect: transactions are not served yet',
    })
    expect(judge(unsupported, 2)).toEqual({ kind: 'refused', message: 'x is not supported yet' })
  })
})

/**
 * Where the behaviour of each served key is tested: a file of the repository, and the word in it that stands for the key. Broker keys
 * that give a topic key its default are below.
 */
const behaviours: Readonly<Record<string, readonly [file: string, word: string]>> = {
  'advertised.listeners': ['packages/broker/src/config/listener.test.ts', 'advertised.listeners'],
  'auto.create.topics.enable': ['tests/integration/src/settings.test.ts', 'auto.create.topics.enable'],
  'broker.heartbeat.interval.ms': ['packages/broker/src/lifecycle.test.ts', 'broker.heartbeat.interval.ms'],
  'broker.id': ['packages/broker/src/config/constraint.test.ts', 'broker.id'],
  'broker.rack': ['tests/integration/src/settings.test.ts', 'broker.rack'],
  'broker.session.timeout.ms': ['packages/broker/src/controller/controller.test.ts', 'broker.session.timeout.ms'],
  'compression.gzip.level': ['packages/storage/test/compression.test.ts', 'compressionGzipLevel'],
  'compression.lz4.level': ['packages/storage/test/compression.test.ts', 'compressionLz4Level'],
  'compression.type': ['tests/integration/src/settings.test.ts', 'compression.type'],
  'compression.zstd.level': ['packages/storage/test/compression.test.ts', 'compressionZstdLevel'],
  'connections.max.idle.ms': ['packages/broker/src/server/server.test.ts', 'idleMsMax'],
  'controller.listener.names': ['packages/broker/src/config/listener.test.ts', 'controller.listener.names'],
  'controller.quorum.bootstrap.servers': [
    'packages/broker/src/config/constraint.test.ts',
    'controller.quorum.bootstrap.servers',
  ],
  'controller.quorum.election.backoff.max.ms': [
    'packages/broker/src/controller/quorum.test.ts',
    'controller.quorum.election.backoff.max.ms',
  ],
  'controller.quorum.election.timeout.ms': [
    'packages/broker/src/controller/quorum.test.ts',
    'controller.quorum.election.timeout.ms',
  ],
  'controller.quorum.fetch.timeout.ms': [
    'packages/broker/src/controller/quorum.test.ts',
    'controller.quorum.fetch.timeout.ms',
  ],
  'controller.quorum.request.timeout.ms': [
    'packages/broker/src/controller/quorum.test.ts',
    'controller.quorum.request.timeout.ms',
  ],
  'controller.quorum.retry.backoff.ms': [
    'packages/broker/src/controller/quorum.test.ts',
    'controller.quorum.retry.backoff.ms',
  ],
  'controller.quorum.voters': ['packages/broker/src/config/constraint.test.ts', 'controller.quorum.voters'],
  'default.replication.factor': ['tests/integration/src/settings.test.ts', 'default.replication.factor'],
  'delete.topic.enable': ['tests/integration/src/settings.test.ts', 'delete.topic.enable'],
  'fetch.max.bytes': ['tests/integration/src/settings.test.ts', 'fetch.max.bytes'],
  'file.delete.delay.ms': ['packages/storage/src/log.test.ts', 'fileDeleteDelayMs'],
  'flush.messages': ['packages/storage/src/log.test.ts', 'flushMessages'],
  'group.initial.rebalance.delay.ms': ['packages/broker/src/group-config.test.ts', 'group.initial.rebalance.delay.ms'],
  'group.max.session.timeout.ms': ['tests/integration/src/settings.test.ts', 'group.max.session.timeout.ms'],
  'group.max.size': ['tests/integration/src/settings.test.ts', 'group.max.size'],
  'group.min.session.timeout.ms': ['tests/integration/src/settings.test.ts', 'group.min.session.timeout.ms'],
  'index.interval.bytes': ['packages/storage/src/log.test.ts', 'indexIntervalBytes'],
  'inter.broker.listener.name': ['packages/broker/src/config/listener.test.ts', 'inter.broker.listener.name'],
  'internal.metadata.log.segment.bytes': [
    'tests/integration/src/settings.test.ts',
    'internal.metadata.log.segment.bytes',
  ],
  'internal.segment.bytes': ['packages/broker/src/config/topic-config.test.ts', 'internal.segment.bytes'],
  'listener.security.protocol.map': ['packages/broker/src/config/listener.test.ts', 'listener.security.protocol.map'],
  listeners: ['tests/integration/src/settings.test.ts', 'listeners: each takes clients'],
  'log.cleaner.backoff.ms': ['tests/integration/src/compaction.test.ts', 'log.cleaner.backoff.ms'],
  'log.cleaner.dedupe.buffer.size': ['packages/broker/src/replica/cleaner-settings.test.ts', 'dedupe.buffer.size'],
  'log.cleaner.enable': ['tests/integration/src/compaction.test.ts', 'log.cleaner.enable'],
  'log.cleaner.io.buffer.size': ['packages/broker/src/replica/cleaner-settings.test.ts', 'io.buffer.size'],
  'log.cleaner.io.max.bytes.per.second': [
    'packages/broker/src/replica/cleaner-settings.test.ts',
    'io.max.bytes.per.second',
  ],
  'log.cleaner.threads': ['packages/broker/src/replica/cleaner-settings.test.ts', 'log.cleaner.threads'],
  'cleanup.policy': ['tests/integration/src/compaction.test.ts', 'cleanup.policy'],
  'delete.retention.ms': ['tests/integration/src/compaction.test.ts', 'delete.retention.ms'],
  'max.compaction.lag.ms': ['packages/storage/src/cleaner/plan.test.ts', 'maxCompactionLagMs'],
  'min.cleanable.dirty.ratio': ['packages/storage/src/cleaner/plan.test.ts', 'minCleanableDirtyRatio'],
  'min.compaction.lag.ms': ['packages/storage/src/cleaner/plan.test.ts', 'minCompactionLagMs'],
  'log.dir': ['tests/integration/src/settings.test.ts', "'log.dir'"],
  'log.dir.failure.timeout.ms': ['packages/broker/src/lifecycle.test.ts', 'log.dir.failure.timeout.ms'],
  'log.dirs': ['tests/integration/src/log-dirs.test.ts', "'log.dirs'"],
  'log.flush.offset.checkpoint.interval.ms': [
    'tests/integration/src/settings.test.ts',
    'log.flush.offset.checkpoint.interval.ms',
  ],
  'max.connections': ['tests/integration/src/settings.test.ts', "'max.connections'"],
  'max.connections.per.ip': ['tests/integration/src/settings.test.ts', "'max.connections.per.ip'"],
  'max.connections.per.ip.overrides': ['tests/integration/src/settings.test.ts', 'max.connections.per.ip.overrides'],
  'max.incremental.fetch.session.cache.slots': [
    'tests/integration/src/settings.test.ts',
    'max.incremental.fetch.session.cache.slots',
  ],
  'max.message.bytes': ['tests/integration/src/settings.test.ts', 'max.message.bytes'],
  'max.request.partition.size.limit': ['tests/integration/src/settings.test.ts', 'max.request.partition.size.limit'],
  'message.timestamp.after.max.ms': ['tests/integration/src/settings.test.ts', 'message.timestamp.after.max.ms'],
  'message.timestamp.before.max.ms': ['tests/integration/src/settings.test.ts', 'message.timestamp.before.max.ms'],
  'message.timestamp.type': ['tests/integration/src/settings.test.ts', 'message.timestamp.type'],
  'log.initial.task.delay.ms': ['tests/integration/src/settings.test.ts', 'log.initial.task.delay.ms'],
  'log.retention.check.interval.ms': ['tests/integration/src/settings.test.ts', 'log.retention.check.interval.ms'],
  'retention.bytes': ['tests/integration/src/settings.test.ts', 'retention.bytes'],
  'retention.ms': ['tests/integration/src/settings.test.ts', 'retention.ms'],
  'metadata.log.dir': ['tests/integration/src/log-dirs.test.ts', "'metadata.log.dir'"],
  'metadata.log.max.record.bytes.between.snapshots': [
    'tests/integration/src/settings.test.ts',
    'metadata.log.max.record.bytes.between.snapshots',
  ],
  'metadata.log.max.snapshot.interval.ms': [
    'tests/integration/src/settings.test.ts',
    'metadata.log.max.snapshot.interval.ms',
  ],
  'metadata.log.segment.bytes': ['packages/broker/src/config/broker-config.test.ts', 'metadata.log.segment.bytes'],
  'metadata.log.segment.ms': ['tests/integration/src/settings.test.ts', 'metadata.log.segment.ms'],
  'millrace.durability': ['packages/storage/test/power-cut.test.ts', 'durability'],
  'min.insync.replicas': ['packages/broker/src/replica/watermark.test.ts', 'effectiveMinIsr'],
  'node.id': ['tests/integration/src/settings.test.ts', 'node.id'],
  'num.partitions': ['tests/integration/src/settings.test.ts', 'num.partitions'],
  'offset.metadata.max.bytes': ['tests/integration/src/settings.test.ts', 'offset.metadata.max.bytes'],
  'offsets.commit.timeout.ms': ['packages/broker/src/group-config.test.ts', 'offsets.commit.timeout.ms'],
  'offsets.load.buffer.size': ['packages/broker/src/group-config.test.ts', 'offsets.load.buffer.size'],
  'offsets.retention.check.interval.ms': [
    'packages/broker/src/group-config.test.ts',
    'offsets.retention.check.interval.ms',
  ],
  'offsets.retention.minutes': ['packages/broker/src/group-config.test.ts', 'offsets.retention.minutes'],
  'offsets.topic.num.partitions': ['tests/integration/src/settings.test.ts', 'offsets.topic.num.partitions'],
  'offsets.topic.replication.factor': [
    'packages/broker/src/topic-creation.test.ts',
    'offsets.topic.replication.factor',
  ],
  'offsets.topic.segment.bytes': ['tests/integration/src/settings.test.ts', 'offsets.topic.segment.bytes'],
  'process.roles': ['packages/broker/src/config/constraint.test.ts', 'process.roles'],
  'producer.id.expiration.check.interval.ms': [
    'tests/integration/src/settings.test.ts',
    'producer.id.expiration.check.interval.ms',
  ],
  'producer.id.expiration.ms': ['tests/integration/src/settings.test.ts', 'producer.id.expiration.ms'],
  'queued.max.request.bytes': ['tests/integration/src/settings.test.ts', 'queued.max.request.bytes'],
  'replica.high.watermark.checkpoint.interval.ms': [
    'tests/integration/src/settings.test.ts',
    'replica.high.watermark.checkpoint.interval.ms',
  ],
  'request.timeout.ms': ['packages/broker/src/controller/channel.test.ts', 'request.timeout.ms'],
  'security.inter.broker.protocol': ['packages/broker/src/config/listener.test.ts', 'security.inter.broker.protocol'],
  'segment.bytes': ['tests/integration/src/settings.test.ts', 'segment.bytes'],
  'segment.index.bytes': ['packages/storage/src/roll.test.ts', 'segmentIndexBytes'],
  'segment.jitter.ms': ['packages/storage/src/roll.test.ts', 'segmentJitterMs'],
  'segment.ms': ['packages/storage/src/roll.test.ts', 'segmentMs'],
  'socket.request.max.bytes': ['tests/integration/src/settings.test.ts', 'socket.request.max.bytes'],
}

const servedNames = (table: ConfigTable) =>
  [...table.values()].filter(({ support }) => support.kind === 'served').map(({ name }) => name)

describe('every served key', () => {
  const named = Object.keys(behaviours)
  const inherited = servedNames(topicKeys).flatMap(
    (name) => topicKeys.get(name)?.brokerSources.map((source) => source.name) ?? [],
  )

  it('has a test of its behaviour', () => {
    const asked = [topicKeys, groupKeys, clientMetricsKeys, millraceKeys].flatMap(servedNames)
    const asBroker = servedNames(brokerKeys).filter((name) => !inherited.includes(name))
    expect([...new Set([...asked, ...asBroker])].toSorted()).toEqual(named.toSorted())
  })

  it.each(Object.entries(behaviours))('%s: its test exists and speaks of it', (_, [file, word]) => {
    const url = new URL(`../../../../${file}`, import.meta.url)
    expect(existsSync(url), file).toBe(true)
    expect(readFileSync(url, 'utf8')).toContain(word)
  })

  it.each(inherited)('%s: gives topics their default', (name) => {
    expect(readFileSync(new URL('./topic-config.test.ts', import.meta.url), 'utf8')).toContain(`'${name}'`)
  })
})

describe('every other key', () => {
  it('says why it does nothing, or is refused', () => {
    for (const { name, support } of [...brokerKeys.values(), ...topicKeys.values()]) {
      if (support.kind === 'accepted' || support.kind === 'deferred') expect(support.why, name).not.toBe('')
    }
  })
})
