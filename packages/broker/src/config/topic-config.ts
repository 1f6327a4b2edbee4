/** The configuration of a topic as logs and replicas use it. */
import type { ConfigValues } from './config-values.ts'

/** Kafka's topic configs in effect. Sizes are bytes; a long beyond 2^53 is `unlimited` (`Number.MAX_SAFE_INTEGER`). */
export interface TopicConfig {
  /** Empty: nothing is ever removed. */
  readonly cleanupPolicy: readonly ('compact' | 'delete')[]
  readonly compressionType: 'producer' | 'uncompressed' | 'zstd' | 'lz4' | 'snappy' | 'gzip'
  readonly compressionGzipLevel: number
  readonly compressionLz4Level: number
  readonly compressionZstdLevel: number
  readonly deleteRetentionMs: number
  readonly fileDeleteDelayMs: number
  readonly flushMessages: number
  readonly flushMs: number
  readonly followerReplicationThrottledReplicas: readonly string[]
  readonly leaderReplicationThrottledReplicas: readonly string[]
  readonly indexIntervalBytes: number
  readonly localRetentionBytes: number
  readonly localRetentionMs: number
  readonly maxCompactionLagMs: number
  readonly maxMessageBytes: number
  readonly messageTimestampAfterMaxMs: number
  readonly messageTimestampBeforeMaxMs: number
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime'
  readonly minCleanableDirtyRatio: number
  readonly minCompactionLagMs: number
  readonly minInsyncReplicas: number
  readonly preallocate: boolean
  readonly remoteLogCopyDisable: boolean
  readonly remoteLogDeleteOnDisable: boolean
  readonly remoteStorageEnable: boolean
  /** -1: no limit. */
  readonly retentionBytes: number
  /** -1: no limit. */
  readonly retentionMs: number
  /** `internal.segment.bytes` when that is set. */
  readonly segmentBytes: number
  readonly segmentIndexBytes: number
  readonly segmentJitterMs: number
  readonly segmentMs: number
  readonly uncleanLeaderElectionEnable: boolean
}

/** From resolved values of the topic table. */
export function topicConfigOf(values: ConfigValues): TopicConfig {
  return {
    cleanupPolicy: values.list('cleanup.policy') as TopicConfig['cleanupPolicy'],
    compressionType: values.text('compression.type') as TopicConfig['compressionType'],
    compressionGzipLevel: values.number('compression.gzip.level'),
    compressionLz4Level: values.number('compression.lz4.level'),
    compressionZstdLevel: values.number('compression.zstd.level'),
    deleteRetentionMs: values.number('delete.retention.ms'),
    fileDeleteDelayMs: values.number('file.delete.delay.ms'),
    flushMessages: values.number('flush.messages'),
    flushMs: values.number('flush.ms'),
    followerReplicationThrottledReplicas: values.list('follower.replication.throttled.replicas'),
    leaderReplicationThrottledReplicas: values.list('leader.replication.throttled.replicas'),
    indexIntervalBytes: values.number('index.interval.bytes'),
    localRetentionBytes: values.number('local.retention.bytes'),
    localRetentionMs: values.number('local.retention.ms'),
    maxCompactionLagMs: values.number('max.compaction.lag.ms'),
    maxMessageBytes: values.number('max.message.bytes'),
    messageTimestampAfterMaxMs: values.number('message.timestamp.after.max.ms'),
    messageTimestampBeforeMaxMs: values.number('message.timestamp.before.max.ms'),
    messageTimestampType: values.text('message.timestamp.type') as TopicConfig['messageTimestampType'],
    minCleanableDirtyRatio: values.number('min.cleanable.dirty.ratio'),
    minCompactionLagMs: values.number('min.compaction.lag.ms'),
    minInsyncReplicas: values.number('min.insync.replicas'),
    preallocate: values.boolean('preallocate'),
    remoteLogCopyDisable: values.boolean('remote.log.copy.disable'),
    remoteLogDeleteOnDisable: values.boolean('remote.log.delete.on.disable'),
    remoteStorageEnable: values.boolean('remote.storage.enable'),
    retentionBytes: values.number('retention.bytes'),
    retentionMs: values.number('retention.ms'),
    segmentBytes: values.numberOrNull('internal.segment.bytes') ?? values.number('segment.bytes'),
    segmentIndexBytes: values.number('segment.index.bytes'),
    segmentJitterMs: values.number('segment.jitter.ms'),
    segmentMs: values.number('segment.ms'),
    uncleanLeaderElectionEnable: values.boolean('unclean.leader.election.enable'),
  }
}
