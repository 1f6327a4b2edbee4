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
  'broker.id': ['packages/broker/src/config/constraint.test.ts', 'broker.id'],
  'compression.type': ['packages/broker/src/config/alteration.test.ts', 'compression.type'],
  'controller.listener.names': ['packages/broker/src/config/listener.test.ts', 'controller.listener.names'],
  'controller.quorum.bootstrap.servers': [
    'packages/broker/src/config/constraint.test.ts',
    'controller.quorum.bootstrap.servers',
  ],
  'controller.quorum.voters': ['packages/broker/src/config/constraint.test.ts', 'controller.quorum.voters'],
  'index.interval.bytes': ['packages/storage/src/log.test.ts', 'indexIntervalBytes'],
  'inter.broker.listener.name': ['packages/broker/src/config/listener.test.ts', 'inter.broker.listener.name'],
  'internal.segment.bytes': ['packages/broker/src/config/topic-config.test.ts', 'internal.segment.bytes'],
  'listener.security.protocol.map': ['packages/broker/src/config/listener.test.ts', 'listener.security.protocol.map'],
  'connections.max.idle.ms': ['packages/broker/src/server/server.test.ts', 'idleMsMax'],
  'max.connections': ['packages/broker/src/server/server.test.ts', 'connectionCountMax'],
  'max.connections.per.ip': ['packages/broker/src/server/server.test.ts', 'connectionCountMaxOf'],
  'socket.request.max.bytes': ['packages/broker/src/server/server.test.ts', 'requestSizeMax'],
  'max.incremental.fetch.session.cache.slots': ['packages/broker/src/replica/fetch-session.test.ts', 'slots'],
  'min.insync.replicas': ['packages/broker/src/replica/watermark.test.ts', 'effectiveMinIsr'],
  'process.roles': ['packages/broker/src/config/constraint.test.ts', 'process.roles'],
  'security.inter.broker.protocol': ['packages/broker/src/config/listener.test.ts', 'security.inter.broker.protocol'],
  'segment.bytes': ['packages/storage/src/roll.test.ts', 'segmentBytes'],
  'segment.index.bytes': ['packages/storage/src/roll.test.ts', 'segmentIndexBytes'],
  'segment.jitter.ms': ['packages/storage/src/roll.test.ts', 'segmentJitterMs'],
  'segment.ms': ['packages/storage/src/roll.test.ts', 'segmentMs'],
}

/** Served keys whose behaviour has no test named above: each moves up together with its test. */
const unnamed: readonly string[] = [
  'auto.create.topics.enable',
  'broker.heartbeat.interval.ms',
  'broker.rack',
  'broker.session.timeout.ms',
  'controller.quorum.election.backoff.max.ms',
  'controller.quorum.election.timeout.ms',
  'controller.quorum.fetch.timeout.ms',
  'controller.quorum.request.timeout.ms',
  'controller.quorum.retry.backoff.ms',
  'default.replication.factor',
  'delete.topic.enable',
  'fetch.max.bytes',
  'file.delete.delay.ms',
  'flush.messages',
  'flush.ms',
  'group.initial.rebalance.delay.ms',
  'group.max.session.timeout.ms',
  'group.max.size',
  'group.min.session.timeout.ms',
  'internal.metadata.log.segment.bytes',
  'listeners',
  'log.dir',
  'log.dirs',
  'log.flush.offset.checkpoint.interval.ms',
  'log.flush.start.offset.checkpoint.interval.ms',
  'max.connections.per.ip.overrides',
  'max.message.bytes',
  'max.request.partition.size.limit',
  'message.timestamp.after.max.ms',
  'message.timestamp.before.max.ms',
  'message.timestamp.type',
  'metadata.log.dir',
  'metadata.log.max.record.bytes.between.snapshots',
  'metadata.log.max.snapshot.interval.ms',
  'metadata.log.segment.bytes',
  'metadata.log.segment.ms',
  'millrace.durability',
  'node.id',
  'num.partitions',
  'offset.metadata.max.bytes',
  'offsets.commit.timeout.ms',
  'offsets.load.buffer.size',
  'offsets.retention.check.interval.ms',
  'offsets.retention.minutes',
  'offsets.topic.num.partitions',
  'offsets.topic.replication.factor',
  'offsets.topic.segment.bytes',
  'producer.id.expiration.check.interval.ms',
  'producer.id.expiration.ms',
  'queued.max.request.bytes',
  'replica.high.watermark.checkpoint.interval.ms',
  'request.timeout.ms',
]

const servedNames = (table: ConfigTable) =>
  [...table.values()].filter(({ support }) => support.kind === 'served').map(({ name }) => name)

describe('every served key', () => {
  const named = [...Object.keys(behaviours), ...unnamed]
  const inherited = servedNames(topicKeys).flatMap(
    (name) => topicKeys.get(name)?.brokerSources.map((source) => source.name) ?? [],
  )

  it('has a test of its behaviour, or is named as one that has none', () => {
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
