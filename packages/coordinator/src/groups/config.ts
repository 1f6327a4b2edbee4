/** The settings of the group coordinator: a table of Kafka's names, defaults and units. */

/** Times are milliseconds, sizes bytes unless said otherwise. Names in quotes are Kafka's broker settings. */
export interface GroupConfig {
  /** Partitions of `__consumer_offsets` when there is no such topic yet: `offsets.topic.num.partitions`, 50. */
  readonly partitionCount: number
  /** `group.min.session.timeout.ms`, 6 s. */
  readonly sessionTimeoutMinMs: number
  /** `group.max.session.timeout.ms`, 30 min. */
  readonly sessionTimeoutMaxMs: number
  /** How long the first rebalance of an empty group waits for more members: `group.initial.rebalance.delay.ms`, 3 s. */
  readonly initialRebalanceDelayMs: number
  /** How long a new member may wait for its first JoinGroup answer, 5 min; not configurable in Kafka. */
  readonly newMemberJoinTimeoutMs: number
  /** `group.max.size`, 2^31-1. */
  readonly groupSizeMax: number
  /** Members that were given an id and have not joined with it yet, per group. Kafka has no limit. */
  readonly pendingMembersMax: number
  /** Characters (UTF-16 units, as in Kafka) of the metadata beside an offset: `offset.metadata.max.bytes`, 4096. */
  readonly offsetMetadataSizeMax: number
  /** `offsets.retention.minutes`, 7 days. */
  readonly offsetsRetentionMs: number
  /** `offsets.retention.check.interval.ms`, 10 min. */
  readonly offsetsRetentionCheckMs: number
  /** How long an answer may wait for its commit: `offsets.commit.timeout.ms`, 5 s. */
  readonly offsetCommitTimeoutMs: number
  /** `offsets.load.buffer.size`, 5 MiB. */
  readonly loadSizeMax: number
}

export const defaultGroupConfig: GroupConfig = {
  partitionCount: 50,
  sessionTimeoutMinMs: 6_000,
  sessionTimeoutMaxMs: 1_800_000,
  initialRebalanceDelayMs: 3_000,
  newMemberJoinTimeoutMs: 300_000,
  groupSizeMax: 0x7fffffff,
  pendingMembersMax: 10_000,
  offsetMetadataSizeMax: 4096,
  offsetsRetentionMs: 7 * 24 * 3600 * 1000,
  offsetsRetentionCheckMs: 600_000,
  offsetCommitTimeoutMs: 5_000,
  loadSizeMax: 5 * 1024 * 1024,
}
