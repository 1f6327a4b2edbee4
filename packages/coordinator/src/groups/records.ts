/** The records of `__consumer_offsets` as this coordinator writes and reads them. */
import { type Uuid, zeroUuid } from '@millrace/base'
import {
  DecodeError,
  decodeCoordinatorRecord,
  encodeCoordinatorKey,
  encodeCoordinatorValue,
  type GroupMetadataValue,
  type GroupRecord,
  groupRecords,
  type OffsetCommitValue,
} from '@millrace/protocol'
import type { ShardRecord } from '../runtime/shard.ts'

/** A record of the coordinator's log. A null value is a tombstone. */
export type GroupEntry = GroupRecord

/** A classic group as its record has it. Apache Kafka 4.3.1 writes version 3. */
export type StoredGroup = GroupMetadataValue

/** A committed offset. */
export interface StoredOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** -1 when the client gave none. */
  readonly leaderEpoch: number
  readonly metadata: string
  readonly commitTimestamp: number
  /** Wall clock after which it is gone; -1: the broker's retention decides. */
  readonly expireTimestamp: number
  /** The zero uuid in records of old versions, and in those with an expiry. */
  readonly topicId: Uuid
}

const groupMetadataVersion = 3
const offsetVersion = 4
/** The one version that can carry an expiry, and neither leader epoch nor topic id. */
const offsetWithExpiryVersion = 1

export function groupRecord(group: string, value: StoredGroup): GroupEntry {
  return { type: 'GroupMetadata', key: { group }, value, version: groupMetadataVersion }
}

export function groupTombstone(group: string): GroupEntry {
  return { type: 'GroupMetadata', key: { group }, value: null, version: null }
}

export function offsetRecord(group: string, stored: StoredOffset): GroupEntry {
  const { topic, partition, offset, leaderEpoch, metadata, commitTimestamp, expireTimestamp, topicId } = stored
  const value: OffsetCommitValue = { offset, leaderEpoch, metadata, commitTimestamp, expireTimestamp, topicId }
  const version = expireTimestamp === -1 ? offsetVersion : offsetWithExpiryVersion
  return { type: 'OffsetCommit', key: { group, topic, partition }, value, version }
}

export function offsetTombstone(group: string, topic: string, partition: number): GroupEntry {
  return { type: 'OffsetCommit', key: { group, topic, partition }, value: null, version: null }
}

/** What remains of a consumer group (KIP-848) without members, deleted as Apache Kafka deletes it. */
export function consumerGroupTombstones(groupId: string): GroupEntry[] {
  return [
    { type: 'ConsumerGroupTargetAssignmentMetadata', key: { groupId }, value: null, version: null },
    { type: 'ConsumerGroupPartitionMetadata', key: { groupId }, value: null, version: null },
    { type: 'ConsumerGroupMetadata', key: { groupId }, value: null, version: null },
  ]
}

/** The offset in a record, as every replay of the record sees it: an old version lacks what it cannot carry. */
export function storedOffset(entry: GroupEntry & { type: 'OffsetCommit' | 'LegacyOffsetCommit' }): StoredOffset | null {
  if (entry.value === null) return null
  const { topic, partition } = entry.key
  const { offset, metadata, commitTimestamp } = entry.value
  const common = { topic, partition, offset, metadata, commitTimestamp }
  const version = entry.version ?? 0
  if (entry.type === 'LegacyOffsetCommit' || version < 3) {
    const expireTimestamp = entry.type === 'OffsetCommit' && version === 1 ? entry.value.expireTimestamp : -1
    return { ...common, leaderEpoch: -1, expireTimestamp, topicId: zeroUuid }
  }
  const { leaderEpoch, topicId } = entry.value
  return { ...common, leaderEpoch, expireTimestamp: -1, topicId }
}

export function encodeGroupEntry(entry: GroupEntry): ShardRecord {
  const { type, key, value, version } = entry
  return {
    key: encodeCoordinatorKey(groupRecords, type, key),
    value: value === null || version === null ? null : encodeCoordinatorValue(groupRecords, type, version, value),
  }
}

/** Undefined for record types of newer versions. Throws DecodeError. Nothing in the result is a view of the arguments. */
export function decodeGroupEntry(key: Buffer, value: Buffer | null): GroupEntry | undefined {
  try {
    const entry = decodeCoordinatorRecord(groupRecords, key, value)
    if (entry.type !== 'GroupMetadata' || entry.value === null) return entry
    const members = entry.value.members.map((member) => ({
      ...member,
      subscription: Buffer.from(member.subscription),
      assignment: Buffer.from(member.assignment),
    }))
    return { ...entry, value: { ...entry.value, members } }
  } catch (error) {
    if (error instanceof DecodeError && error.code === 'unknown-type') return undefined
    throw error
  }
}
