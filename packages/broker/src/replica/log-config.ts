/** A topic's resolved configs as its logs take them. */
import type { LogConfig } from '@millrace/storage'
import type { TopicConfig } from '../config/dynamic.ts'

export function logConfigOf(topic: TopicConfig): LogConfig {
  return {
    segmentBytes: topic.segmentBytes,
    segmentMs: topic.segmentMs,
    segmentJitterMs: topic.segmentJitterMs,
    segmentIndexBytes: topic.segmentIndexBytes,
    indexIntervalBytes: topic.indexIntervalBytes,
    maxMessageBytes: topic.maxMessageBytes,
    messageTimestampType: topic.messageTimestampType,
    messageTimestampBeforeMaxMs: topic.messageTimestampBeforeMaxMs,
    messageTimestampAfterMaxMs: topic.messageTimestampAfterMaxMs,
    compressionType: topic.compressionType,
    compressionGzipLevel: topic.compressionGzipLevel,
    compressionLz4Level: topic.compressionLz4Level,
    compressionZstdLevel: topic.compressionZstdLevel,
    cleanupPolicy: topic.cleanupPolicy,
    retentionMs: topic.retentionMs,
    retentionBytes: topic.retentionBytes,
    minCleanableDirtyRatio: topic.minCleanableDirtyRatio,
    minCompactionLagMs: topic.minCompactionLagMs,
    maxCompactionLagMs: topic.maxCompactionLagMs,
    deleteRetentionMs: topic.deleteRetentionMs,
    fileDeleteDelayMs: topic.fileDeleteDelayMs,
    flushMessages: topic.flushMessages,
  }
}
