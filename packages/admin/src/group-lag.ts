/** How far a group is behind: what it has committed and is assigned, beside the ends of the partitions. */
import type { Cluster } from '@millrace/client'
import { describeGroups, type GroupDescription, type GroupMember, listGroupOffsets } from './groups.ts'
import type { OperationOptions } from './operation.ts'
import { valuesOf } from './result.ts'
import { listOffsets, partitionKey, type TopicPartition } from './topics.ts'

/** A partition that a group has committed for, or that one of its members reads. */
export interface PartitionLag extends TopicPartition {
  /** Null: nothing is committed. */
  readonly committedOffset: number | null
  /** One past the last record; null when the partition's leader did not say. */
  readonly endOffset: number | null
  /** Records between the two; null when one of them is not known. */
  readonly lag: number | null
  /** Who has it now. */
  readonly member: GroupMember | null
}

/** A group, and how far it is behind. */
export interface GroupLag {
  readonly group: GroupDescription
  /** By topic and partition. */
  readonly partitions: readonly PartitionLag[]
  /** Of all partitions where it is known. */
  readonly totalLag: number
}

/** Throws MillraceError `broker` GROUP_ID_NOT_FOUND for a group that does not exist. */
export async function groupLag(cluster: Cluster, groupId: string, options: OperationOptions = {}): Promise<GroupLag> {
  const group = valuesOf(await describeGroups(cluster, [groupId], options)).get(groupId) as GroupDescription
  const offsets = await listGroupOffsets(cluster, groupId, options)
  const committed = new Map(offsets.map((each) => [partitionKey(each), each.offset]))
  const owners = new Map<string, GroupMember>()
  const all = new Map<string, TopicPartition>(offsets.map((each) => [partitionKey(each), each]))
  for (const member of group.members) {
    for (const each of member.assignment) {
      owners.set(partitionKey(each), member)
      all.set(partitionKey(each), each)
    }
  }
  const queries = Array.from(all.values(), ({ topic, partition }) => ({ topic, partition, at: 'latest' as const }))
  const ends = await listOffsets(cluster, queries, options)
  const partitions = Array.from(all, ([key, { topic, partition }]): PartitionLag => {
    const end = ends.get(key)
    const endOffset = end?.ok ? end.value.offset : null
    const committedOffset = committed.get(key) ?? null
    const lag = committedOffset === null || endOffset === null ? null : Math.max(0, endOffset - committedOffset)
    return { topic, partition, committedOffset, endOffset, lag, member: owners.get(key) ?? null }
  })
  partitions.sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1))
  return { group, partitions, totalLag: partitions.reduce((sum, { lag }) => sum + (lag ?? 0), 0) }
}
