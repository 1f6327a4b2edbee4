/** OffsetFetch: what a group has committed. */
import { type Uuid, zeroUuid } from '@millrace/base'
import { ErrorCode } from '@millrace/protocol'
import type { FetchReply, TopicsToFetch } from '../groups/commands.ts'
import type { GroupState } from '../groups/group-state.ts'
import type { TableOffset } from './offset-table.ts'

type Partition = FetchReply['topics'][number]['partitions'][number]

/** Committed offsets as of `committedOffset`. A group or partition without offsets is no error: -1. */
export function fetchOffsets(
  state: GroupState,
  groupId: string,
  topics: TopicsToFetch,
  committedOffset: number,
): FetchReply {
  if (topics === null) return byTopic(state.offsets.ofGroupAt(groupId, committedOffset), shown)
  return fetchEach(topics, (topic, topicId, partition) => {
    const stored = state.offsets.getAt(groupId, topic, partition, committedOffset)
    return stored === undefined || isOfAnotherTopic(stored, topicId) ? absent(partition) : shown(stored)
  })
}

/**
 * The newest offsets, where the answer waits for their commit; those that a transaction may yet change are reported with
 * UNSTABLE_OFFSET_COMMIT, and the client asks again (KIP-447).
 */
export function fetchStableOffsets(state: GroupState, groupId: string, topics: TopicsToFetch): FetchReply {
  const stable = (stored: TableOffset) => {
    return state.pending.has(groupId, stored.topic, stored.partition) ? unstable(stored.partition) : shown(stored)
  }
  if (topics === null) {
    const all = new Map<string, TableOffset>()
    for (const pending of state.pending.ofGroup(groupId)) all.set(`${pending.partition}:${pending.topic}`, pending)
    for (const stored of state.offsets.ofGroup(groupId)) all.set(`${stored.partition}:${stored.topic}`, stored)
    return byTopic(all.values(), stable)
  }
  return fetchEach(topics, (topic, topicId, partition) => {
    if (state.pending.has(groupId, topic, partition)) return unstable(partition)
    const stored = state.offsets.get(groupId, topic, partition)
    return stored === undefined || isOfAnotherTopic(stored, topicId) ? absent(partition) : shown(stored)
  })
}

/** A topic that was deleted and made again starts without offsets. */
function isOfAnotherTopic(stored: TableOffset, topicId: Uuid): boolean {
  return topicId !== zeroUuid && stored.topicId !== zeroUuid && stored.topicId !== topicId
}

function fetchEach(
  topics: NonNullable<TopicsToFetch>,
  fetchOne: (topic: string, topicId: Uuid, partition: number) => Partition,
): FetchReply {
  return {
    kind: 'fetch',
    topics: topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map((partition) => fetchOne(name, topicId, partition)),
    })),
  }
}

/** In order of name and partition: the order of the map depends on its history, and the answer should not. */
function byTopic(offsets: Iterable<TableOffset>, show: (stored: TableOffset) => Partition): FetchReply {
  const topics = new Map<string, Partition[]>()
  for (const stored of offsets) {
    const partitions = topics.get(stored.topic)
    if (partitions === undefined) topics.set(stored.topic, [show(stored)])
    else partitions.push(show(stored))
  }
  const sorted = [...topics].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    kind: 'fetch',
    topics: sorted.map(([name, partitions]) => ({
      name,
      // Whoever asks for everything is told the id of the topic that has the name now.
      topicId: zeroUuid,
      partitions: partitions.sort((a, b) => a.partitionIndex - b.partitionIndex),
    })),
  }
}

function shown({ partition, offset, leaderEpoch, metadata }: TableOffset): Partition {
  return {
    partitionIndex: partition,
    committedOffset: offset,
    committedLeaderEpoch: leaderEpoch,
    metadata,
    errorCode: ErrorCode.NONE,
  }
}

function absent(partitionIndex: number, errorCode: number = ErrorCode.NONE): Partition {
  return { partitionIndex, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode }
}

function unstable(partitionIndex: number): Partition {
  return absent(partitionIndex, ErrorCode.UNSTABLE_OFFSET_COMMIT)
}
