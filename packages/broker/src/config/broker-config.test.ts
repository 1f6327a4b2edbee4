import { randomBelow, seededRandom } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { parseBrokerConfig } from './broker-config.ts'
import { brokerKeys } from './broker-keys.ts'
import { unlimited } from './config-values.ts'
import { ConfigError } from './problem.ts'
import { readProperties } from './properties.ts'
import { singleNodeDefaults, singleNodeProperties } from './single-node-defaults.ts'

const parse = (...overrides: [string, string][]) => parseBrokerConfig(singleNodeProperties(overrides))

function problemsOf(properties: ReadonlyMap<string, string>, lines?: ReadonlyMap<string, number>) {
  try {
    parseBrokerConfig(properties, lines)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

const problems = (...overrides: [string, string][]) => problemsOf(singleNodeProperties(overrides))
const messages = (...overrides: [string, string][]) => problems(...overrides).map(({ message }) => message)

describe('parseBrokerConfig', () => {
  it('takes the defaults of a single node', () => {
    const config = parse()
    expect(config.nodeId).toBe(1)
    expect(config.processRoles).toEqual(['broker', 'controller'])
    expect(config.durability).toBe('fsync')
    expect(config.offsetsTopicReplicationFactor).toBe(1)
    expect(config.advertisedListeners).toEqual([
      { name: 'PLAINTEXT', host: '127.0.0.1', port: 9092, protocol: 'PLAINTEXT', securityProtocol: 0 },
    ])
    expect(singleNodeDefaults.every(({ name }) => brokerKeys.has(name))).toBe(true)
  })

  it('starts from the file that Apache Kafka ships for one combined node', () => {
    const file = readProperties(`
      process.roles=broker,controller
      node.id=1
      controller.quorum.bootstrap.servers=localhost:9093
      listeners=PLAINTEXT://:9092,CONTROLLER://:9093
      inter.broker.listener.name=PLAINTEXT
      advertised.listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093
      controller.listener.names=CONTROLLER
      listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
      num.network.threads=3
      num.io.threads=8
      socket.send.buffer.bytes=102400
      socket.receive.buffer.bytes=102400
      socket.request.max.bytes=104857600
      log.dirs=/var/lib/kafka
      num.partitions=1
      num.recovery.threads.per.data.dir=2
      offsets.topic.replication.factor=1
      share.coordinator.state.topic.replication.factor=1
      share.coordinator.state.topic.min.isr=1
      transaction.state.log.replication.factor=1
      transaction.state.log.min.isr=1
      log.retention.hours=168
      log.segment.bytes=1073741824
      log.retention.check.interval.ms=300000
    `)
    const config = parseBrokerConfig(file.values, file.lines)
    expect(config.logDirs).toEqual(['/var/lib/kafka'])
    expect(config.metadataLogDir).toBe('/var/lib/kafka')
    expect(config.controllerQuorumBootstrapServers).toEqual([{ host: 'localhost', port: 9093 }])
    expect(config.advertisedListeners.map(({ name }) => name)).toEqual(['PLAINTEXT', 'CONTROLLER'])
    // Replication factors of what is not served yet are what any single node has to say.
    expect(config.notices).toEqual([])
  })

  it.each<[string, string, string, unknown]>([
    ['broker.heartbeat.interval.ms', '500', 'brokerHeartbeatIntervalMs', 500],
    ['broker.session.timeout.ms', '4000', 'brokerSessionTimeoutMs', 4000],
    ['broker.rack', 'r1', 'brokerRack', 'r1'],
    ['millrace.durability', 'os', 'durability', 'os'],
    ['log.dir', '/data', 'logDirs', ['/data']],
    ['log.dirs', '/data', 'logDirs', ['/data']],
    ['log.dirs', '/a,/b', 'logDirs', ['/a', '/b']],
    ['log.dirs', '/a,/b', 'metadataLogDir', '/a'],
    ['log.dir.failure.timeout.ms', '5', 'logDirFailureTimeoutMs', 5],
    ['metadata.log.dir', '/tmp/kafka-logs', 'metadataLogDir', '/tmp/kafka-logs'],
    ['request.timeout.ms', '1', 'requestTimeoutMs', 1],
    ['controller.quorum.voters', '1@h:9093', 'controllerQuorumVoters', [{ id: 1, host: 'h', port: 9093 }]],
    [
      'controller.quorum.bootstrap.servers',
      'a:1,[::1]:2',
      'controllerQuorumBootstrapServers',
      [
        { host: 'a', port: 1 },
        { host: '::1', port: 2 },
      ],
    ],
    ['controller.quorum.election.timeout.ms', '7', 'controllerQuorumElectionTimeoutMs', 7],
    ['controller.quorum.election.backoff.max.ms', '7', 'controllerQuorumElectionBackoffMaxMs', 7],
    ['controller.quorum.fetch.timeout.ms', '7', 'controllerQuorumFetchTimeoutMs', 7],
    ['controller.quorum.request.timeout.ms', '7', 'controllerQuorumRequestTimeoutMs', 7],
    ['controller.quorum.retry.backoff.ms', '7', 'controllerQuorumRetryBackoffMs', 7],
    ['metadata.log.segment.bytes', '8388608', 'metadataLogSegmentBytes', 8_388_608],
    ['internal.metadata.log.segment.bytes', '1000', 'metadataLogSegmentBytes', 1000],
    ['metadata.log.segment.ms', '5', 'metadataLogSegmentMs', 5],
    ['metadata.log.max.record.bytes.between.snapshots', '5', 'metadataLogMaxRecordBytesBetweenSnapshots', 5],
    ['metadata.log.max.snapshot.interval.ms', '0', 'metadataLogMaxSnapshotIntervalMs', 0],
    ['auto.create.topics.enable', 'false', 'autoCreateTopicsEnable', false],
    ['delete.topic.enable', 'false', 'deleteTopicEnable', false],
    ['num.partitions', '6', 'numPartitions', 6],
    ['default.replication.factor', '1', 'defaultReplicationFactor', 1],
    ['min.insync.replicas', '2', 'minInsyncReplicas', 2],
    ['message.max.bytes', '0', 'messageMaxBytes', 0],
    ['socket.request.max.bytes', '1000', 'socketRequestMaxBytes', 1000],
    ['queued.max.request.bytes', '104857600', 'queuedMaxRequestBytes', 104_857_600],
    ['connections.max.idle.ms', '-1', 'connectionsMaxIdleMs', -1],
    ['max.connections', '10', 'maxConnections', 10],
    ['max.connections.per.ip', '10', 'maxConnectionsPerIp', 10],
    [
      'max.connections.per.ip.overrides',
      'a:1, ::1:2',
      'maxConnectionsPerIpOverrides',
      new Map([
        ['a', 1],
        ['::1', 2],
      ]),
    ],
    ['fetch.max.bytes', '1024', 'fetchMaxBytes', 1024],
    ['max.incremental.fetch.session.cache.slots', '0', 'maxIncrementalFetchSessionCacheSlots', 0],
    ['max.request.partition.size.limit', '5', 'maxRequestPartitionSizeLimit', 5],
    ['log.flush.scheduler.interval.ms', '9223372036854775807', 'logFlushSchedulerIntervalMs', unlimited],
    ['log.flush.offset.checkpoint.interval.ms', '5', 'logFlushOffsetCheckpointIntervalMs', 5],
    ['log.flush.start.offset.checkpoint.interval.ms', '5', 'logFlushStartOffsetCheckpointIntervalMs', 5],
    ['replica.high.watermark.checkpoint.interval.ms', '5', 'replicaHighWatermarkCheckpointIntervalMs', 5],
    ['producer.id.expiration.ms', '5', 'producerIdExpirationMs', 5],
    ['producer.id.expiration.check.interval.ms', '5', 'producerIdExpirationCheckIntervalMs', 5],
    ['group.initial.rebalance.delay.ms', '0', 'groupInitialRebalanceDelayMs', 0],
    ['group.min.session.timeout.ms', '1', 'groupMinSessionTimeoutMs', 1],
    ['group.max.session.timeout.ms', '9', 'groupMaxSessionTimeoutMs', 9],
    ['group.max.size', '9', 'groupMaxSize', 9],
    ['offset.metadata.max.bytes', '9', 'offsetMetadataMaxBytes', 9],
    ['offsets.load.buffer.size', '9', 'offsetsLoadBufferSize', 9],
    ['offsets.commit.timeout.ms', '9', 'offsetsCommitTimeoutMs', 9],
    ['offsets.retention.minutes', '2', 'offsetsRetentionMs', 120_000],
    ['offsets.retention.check.interval.ms', '9', 'offsetsRetentionCheckIntervalMs', 9],
    ['offsets.topic.num.partitions', '3', 'offsetsTopicNumPartitions', 3],
    ['offsets.topic.replication.factor', '2', 'offsetsTopicReplicationFactor', 2],
    ['offsets.topic.segment.bytes', '1048576', 'offsetsTopicSegmentBytes', 1_048_576],
  ])('reads %s=%s', (name, text, field, value) => {
    expect(parse([name, text])[field as keyof ReturnType<typeof parse>]).toEqual(value)
  })

  it('gives every other key by name', () => {
    expect(parse().values.number('transaction.max.timeout.ms')).toBe(900_000)
  })
})

describe('what parseBrokerConfig refuses', () => {
  it('all problems at once, each with its line', () => {
    const file = readProperties(
      'node.id=1\nnum.partitions=none\nfetch.max.bytes=1\nssl.keystore.location=/k\nnum.partitons=3\n',
    )
    const found = problemsOf(file.values, file.lines)
    expect(found.map(({ key, line }) => [key, line])).toEqual([
      ['num.partitions', 2],
      ['fetch.max.bytes', 3],
      ['ssl.keystore.location', 4],
      ['num.partitons', 5],
      ['controller.listener.names', undefined],
      ['process.roles', undefined],
    ])
    expect(new ConfigError(found).message).toBe(`The configuration has 6 problems:
  - Invalid value none for configuration num.partitions: Not a number of type INT (line 2)
  - Invalid value 1 for configuration fetch.max.bytes: Value must be at least 1024 (line 3)
  - ssl.keystore.location is not supported yet; its default is no value (line 4)
  - num.partitons is not a known key; did you mean num.partitions? (line 5)
  - controller.listener.names must be set: it has no default
  - process.roles must be set: it has no default`)
  })

  it('every key that is not supported, unless it has its default', () => {
    for (const key of brokerKeys.values()) {
      if (key.support.kind !== 'unsupported' || key.isDynamicOnly) continue
      const other = {
        boolean: key.default === false ? 'true' : 'false',
        list: 'z',
        string: 'z',
        class: 'z',
        password: 'z',
      }
      const written = key.type in other ? other[key.type as keyof typeof other] : key.default === 5 ? '6' : '5'
      expect(messages([key.name, written]).join(), key.name).toMatch(/not supported yet|Invalid value/)
    }
    expect(messages(['sasl.enabled.mechanisms', 'GSSAPI'], ['remote.log.storage.system.enable', 'false'])).toEqual([])
  })

  it('values of served keys whose effect does not exist yet', () => {
    expect(messages(['security.inter.broker.protocol', 'SSL'])).toContain(
      'security.inter.broker.protocol=SSL is not supported yet; supported: PLAINTEXT; its default is PLAINTEXT',
    )
  })

  it('passwords without showing them', () => {
    expect(problems(['ssl.key.password', 'hunter2'])).toEqual([
      {
        key: 'ssl.key.password',
        value: undefined,
        message: 'ssl.key.password is not supported yet; its default is no value',
      },
    ])
  })

  it('keys that exist only at run time', () => {
    expect(messages(['leader.replication.throttled.rate', '1'])).toEqual([
      'leader.replication.throttled.rate can not be set in the file, only while the broker runs',
    ])
  })
})

describe('any properties at all', () => {
  it('are read, or refused with problems that name their keys', () => {
    const names = [...brokerKeys.keys(), 'millrace.durability', 'no.such.key', '']
    const texts = [
      '',
      '0',
      '-1',
      '1',
      'x',
      'true',
      'a,b',
      'a,a',
      '1@h:1',
      'h:1',
      'PLAINTEXT://:0',
      '[::1]:5',
      '9'.repeat(30),
      '*',
      'broker,controller',
    ]
    for (let seed = 0; seed < 300; seed++) {
      const random = seededRandom(seed)
      const pick = <T>(from: readonly T[]): T => from[randomBelow(random, from.length)] as T
      const overrides = Array.from({ length: 1 + randomBelow(random, 4) }, (): [string, string] => [
        pick(names),
        pick(texts),
      ])
      const properties = singleNodeProperties(overrides)
      if (randomBelow(random, 4) === 0) properties.delete(pick(singleNodeDefaults).name)
      // Anything but a ConfigError is thrown on, and fails here.
      for (const { key, message } of problemsOf(properties)) expect(message, `seed ${seed}`).toContain(key)
    }
  })
})

describe('notices', () => {
  it('say once why a key that is set has no effect', () => {
    expect(parse(['num.io.threads', '2'], ['metadata.max.retention.ms', '1']).notices).toContain(
      'num.io.threads has no effect: requests are handled on one event loop, so there are no such threads to count',
    )
    expect(parse(['metadata.max.retention.ms', '1']).notices).toContain(
      'metadata.max.retention.ms has no effect: old snapshots and segments of the metadata log are kept',
    )
  })

  it('are not given for a value that is the default', () => {
    expect(parse(['num.io.threads', '8']).notices.filter((notice) => notice.startsWith('num.io.threads'))).toEqual([])
  })
})
