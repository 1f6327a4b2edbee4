/** The configuration of a node as its parts use it: named fields, units at the end, everything checked before the first is read. */
import { type HostAddress, parseConnectionLimits, parseHosts, parseVoters, type VoterAddress } from './address-lists.ts'
import type { ConfigValues } from './config-values.ts'
import type { ListenerSetup } from './listener.ts'
import type { Durability } from './millrace-keys.ts'
import { readStaticConfig, type StaticConfig } from './static-config.ts'

/**
 * All of it, in Kafka's names. Sizes are bytes. A number that is a long in Kafka and beyond 2^53 is `unlimited`
 * (`Number.MAX_SAFE_INTEGER`): compare with it, do not schedule it.
 */
export interface BrokerConfig extends ListenerSetup {
  // The node
  readonly nodeId: number
  readonly processRoles: readonly ('broker' | 'controller')[]
  readonly brokerRack: string | null
  readonly durability: Durability
  /** One so far. */
  readonly logDirs: readonly string[]
  /** Where the metadata log is: its own directory, or the first of `logDirs`. */
  readonly metadataLogDir: string
  readonly logDirFailureTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly brokerHeartbeatIntervalMs: number
  readonly brokerSessionTimeoutMs: number

  // The quorum
  /** Voters of a static quorum; empty when the metadata log knows them. */
  readonly controllerQuorumVoters: readonly VoterAddress[]
  readonly controllerQuorumBootstrapServers: readonly HostAddress[]
  readonly controllerQuorumElectionTimeoutMs: number
  readonly controllerQuorumElectionBackoffMaxMs: number
  readonly controllerQuorumFetchTimeoutMs: number
  readonly controllerQuorumRequestTimeoutMs: number
  readonly controllerQuorumRetryBackoffMs: number
  /** `internal.metadata.log.segment.bytes` when that is set. */
  readonly metadataLogSegmentBytes: number
  readonly metadataLogSegmentMs: number
  readonly metadataLogMaxRecordBytesBetweenSnapshots: number
  /** 0: no snapshot for its age. */
  readonly metadataLogMaxSnapshotIntervalMs: number

  // Topics
  readonly autoCreateTopicsEnable: boolean
  readonly deleteTopicEnable: boolean
  readonly numPartitions: number
  readonly defaultReplicationFactor: number
  readonly minInsyncReplicas: number
  readonly messageMaxBytes: number

  // Connections and requests
  readonly socketRequestMaxBytes: number
  /** -1: no limit of the user's; the broker still has one. */
  readonly queuedMaxRequestBytes: number
  /** Negative: never. */
  readonly connectionsMaxIdleMs: number
  readonly maxConnections: number
  readonly maxConnectionsPerIp: number
  /** Limits by host name or address, in place of `maxConnectionsPerIp`. */
  readonly maxConnectionsPerIpOverrides: ReadonlyMap<string, number>
  readonly fetchMaxBytes: number
  readonly maxIncrementalFetchSessionCacheSlots: number
  readonly maxRequestPartitionSizeLimit: number

  // Logs
  readonly logFlushSchedulerIntervalMs: number
  readonly logCleanerEnable: boolean
  readonly logCleanerThreads: number
  readonly logCleanerBackoffMs: number
  readonly logCleanerDedupeBufferSize: number
  readonly logCleanerIoBufferSize: number
  /** Infinite when there is no limit. */
  readonly logCleanerIoMaxBytesPerSecond: number
  readonly logRetentionCheckIntervalMs: number
  /** Before the first search for what may be removed. */
  readonly logInitialTaskDelayMs: number
  readonly logFlushOffsetCheckpointIntervalMs: number
  readonly logFlushStartOffsetCheckpointIntervalMs: number
  readonly replicaHighWatermarkCheckpointIntervalMs: number
  readonly producerIdExpirationMs: number
  readonly producerIdExpirationCheckIntervalMs: number

  // Groups
  readonly groupInitialRebalanceDelayMs: number
  readonly groupMinSessionTimeoutMs: number
  readonly groupMaxSessionTimeoutMs: number
  readonly groupMaxSize: number
  readonly offsetMetadataMaxBytes: number
  readonly offsetsLoadBufferSize: number
  readonly offsetsCommitTimeoutMs: number
  /** `offsets.retention.minutes` in ms. */
  readonly offsetsRetentionMs: number
  readonly offsetsRetentionCheckIntervalMs: number
  readonly offsetsTopicNumPartitions: number
  readonly offsetsTopicReplicationFactor: number
  readonly offsetsTopicSegmentBytes: number

  /** What was set and has no effect, with the reason: to be logged once. */
  readonly notices: readonly string[]
  /** Every key of the broker by name, with what was set before its default. */
  readonly values: ConfigValues
  /** What was set in the file, as it was written, without Millrace's own keys. */
  readonly texts: ReadonlyMap<string, string>
}

/**
 * Checks and reads the configuration of a node. `properties` is what a `server.properties` file says, `lines` where (for messages).
 * Throws `ConfigError` with all problems: unknown keys, values out of range, keys that are not supported yet, rules between keys.
 */
export function parseBrokerConfig(
  properties: ReadonlyMap<string, string>,
  lines: ReadonlyMap<string, number> = new Map(),
): BrokerConfig {
  const file = readStaticConfig(properties, lines)
  return buildBrokerConfig(file.values, file)
}

/** The same node with other values of its dynamic keys. */
export function withDynamicValues(config: BrokerConfig, values: ConfigValues): BrokerConfig {
  return buildBrokerConfig(values, { ...config, setup: config })
}

type Fixed = Pick<StaticConfig, 'durability' | 'notices' | 'texts' | 'setup'>

function buildBrokerConfig(values: ConfigValues, { durability, notices, texts, setup }: Fixed): BrokerConfig {
  const logDirs = values.listOrNull('log.dirs') ?? values.list('log.dir')
  return {
    listeners: setup.listeners,
    advertisedListeners: setup.advertisedListeners,
    controllerListenerNames: setup.controllerListenerNames,
    interBrokerListenerName: setup.interBrokerListenerName,
    listenerSecurityProtocols: setup.listenerSecurityProtocols,
    nodeId: values.number('node.id'),
    processRoles: values.list('process.roles') as readonly ('broker' | 'controller')[],
    brokerRack: values.textOrNull('broker.rack'),
    durability,
    logDirs,
    logDirFailureTimeoutMs: values.number('log.dir.failure.timeout.ms'),
    metadataLogDir: values.textOrNull('metadata.log.dir') ?? (logDirs[0] as string),
    requestTimeoutMs: values.number('request.timeout.ms'),
    brokerHeartbeatIntervalMs: values.number('broker.heartbeat.interval.ms'),
    brokerSessionTimeoutMs: values.number('broker.session.timeout.ms'),
    ...quorumFields(values),
    autoCreateTopicsEnable: values.boolean('auto.create.topics.enable'),
    deleteTopicEnable: values.boolean('delete.topic.enable'),
    numPartitions: values.number('num.partitions'),
    defaultReplicationFactor: values.number('default.replication.factor'),
    minInsyncReplicas: values.number('min.insync.replicas'),
    messageMaxBytes: values.number('message.max.bytes'),
    ...connectionFields(values),
    fetchMaxBytes: values.number('fetch.max.bytes'),
    maxIncrementalFetchSessionCacheSlots: values.number('max.incremental.fetch.session.cache.slots'),
    maxRequestPartitionSizeLimit: values.number('max.request.partition.size.limit'),
    logFlushSchedulerIntervalMs: values.number('log.flush.scheduler.interval.ms'),
    logCleanerEnable: values.boolean('log.cleaner.enable'),
    logCleanerThreads: values.number('log.cleaner.threads'),
    logCleanerBackoffMs: values.number('log.cleaner.backoff.ms'),
    logCleanerDedupeBufferSize: values.number('log.cleaner.dedupe.buffer.size'),
    logCleanerIoBufferSize: values.number('log.cleaner.io.buffer.size'),
    logCleanerIoMaxBytesPerSecond: unlimitedRate(values.number('log.cleaner.io.max.bytes.per.second')),
    logRetentionCheckIntervalMs: values.number('log.retention.check.interval.ms'),
    logInitialTaskDelayMs: values.number('log.initial.task.delay.ms'),
    logFlushOffsetCheckpointIntervalMs: values.number('log.flush.offset.checkpoint.interval.ms'),
    logFlushStartOffsetCheckpointIntervalMs: values.number('log.flush.start.offset.checkpoint.interval.ms'),
    replicaHighWatermarkCheckpointIntervalMs: values.number('replica.high.watermark.checkpoint.interval.ms'),
    producerIdExpirationMs: values.number('producer.id.expiration.ms'),
    producerIdExpirationCheckIntervalMs: values.number('producer.id.expiration.check.interval.ms'),
    ...groupFields(values),
    notices,
    values,
    texts,
  }
}

function quorumFields(values: ConfigValues) {
  return {
    controllerQuorumVoters: parseVoters(values.get('controller.quorum.voters')),
    controllerQuorumBootstrapServers: parseHosts(values.get('controller.quorum.bootstrap.servers')),
    controllerQuorumElectionTimeoutMs: values.number('controller.quorum.election.timeout.ms'),
    controllerQuorumElectionBackoffMaxMs: values.number('controller.quorum.election.backoff.max.ms'),
    controllerQuorumFetchTimeoutMs: values.number('controller.quorum.fetch.timeout.ms'),
    controllerQuorumRequestTimeoutMs: values.number('controller.quorum.request.timeout.ms'),
    controllerQuorumRetryBackoffMs: values.number('controller.quorum.retry.backoff.ms'),
    metadataLogSegmentBytes:
      values.numberOrNull('internal.metadata.log.segment.bytes') ?? values.number('metadata.log.segment.bytes'),
    metadataLogSegmentMs: values.number('metadata.log.segment.ms'),
    metadataLogMaxRecordBytesBetweenSnapshots: values.number('metadata.log.max.record.bytes.between.snapshots'),
    metadataLogMaxSnapshotIntervalMs: values.number('metadata.log.max.snapshot.interval.ms'),
  }
}

function connectionFields(values: ConfigValues) {
  return {
    socketRequestMaxBytes: values.number('socket.request.max.bytes'),
    queuedMaxRequestBytes: values.number('queued.max.request.bytes'),
    connectionsMaxIdleMs: values.number('connections.max.idle.ms'),
    maxConnections: values.number('max.connections'),
    maxConnectionsPerIp: values.number('max.connections.per.ip'),
    maxConnectionsPerIpOverrides: parseConnectionLimits(values.get('max.connections.per.ip.overrides')),
  }
}

function groupFields(values: ConfigValues) {
  return {
    groupInitialRebalanceDelayMs: values.number('group.initial.rebalance.delay.ms'),
    groupMinSessionTimeoutMs: values.number('group.min.session.timeout.ms'),
    groupMaxSessionTimeoutMs: values.number('group.max.session.timeout.ms'),
    groupMaxSize: values.number('group.max.size'),
    offsetMetadataMaxBytes: values.number('offset.metadata.max.bytes'),
    offsetsLoadBufferSize: values.number('offsets.load.buffer.size'),
    offsetsCommitTimeoutMs: values.number('offsets.commit.timeout.ms'),
    offsetsRetentionMs: values.number('offsets.retention.minutes') * 60_000,
    offsetsRetentionCheckIntervalMs: values.number('offsets.retention.check.interval.ms'),
    offsetsTopicNumPartitions: values.number('offsets.topic.num.partitions'),
    offsetsTopicReplicationFactor: values.number('offsets.topic.replication.factor'),
    offsetsTopicSegmentBytes: values.number('offsets.topic.segment.bytes'),
  }
}

/** Kafka's default is the largest double. */
function unlimitedRate(bytesPerSecond: number): number {
  return bytesPerSecond >= Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : bytesPerSecond
}
