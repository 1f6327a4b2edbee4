/** The group coordinator's settings, from the broker's configuration. */
import type { GroupConfig } from '@millrace/coordinator'
import type { BrokerConfig } from './config/broker-config.ts'

export function groupConfigOf(config: BrokerConfig): Partial<GroupConfig> {
  return {
    partitionCount: config.offsetsTopicNumPartitions,
    sessionTimeoutMinMs: config.groupMinSessionTimeoutMs,
    sessionTimeoutMaxMs: config.groupMaxSessionTimeoutMs,
    initialRebalanceDelayMs: config.groupInitialRebalanceDelayMs,
    groupSizeMax: config.groupMaxSize,
    offsetMetadataSizeMax: config.offsetMetadataMaxBytes,
    offsetsRetentionMs: config.offsetsRetentionMs,
    offsetsRetentionCheckMs: config.offsetsRetentionCheckIntervalMs,
    offsetCommitTimeoutMs: config.offsetsCommitTimeoutMs,
    loadSizeMax: config.values.number('offsets.load.buffer.size'),
  }
}
