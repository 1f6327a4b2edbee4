/** The group coordinator as a shard: which rule decides which command, and what each record changes. */
import { unreachable } from '@millrace/base'
import { commitOffsets, commitTransactionalOffsets } from '../offsets/commit.ts'
import { deleteOffsets, forgetTopics } from '../offsets/delete.ts'
import { onExpireOffsets, startExpiry } from '../offsets/expiry.ts'
import { fetchOffsets, fetchStableOffsets } from '../offsets/fetch.ts'
import type { ProducerIdentity, Shard, TransactionMarker } from '../runtime/shard.ts'
import { Turn } from '../runtime/turn.ts'
import type { GroupCommand, GroupQuery, GroupReply, GroupTurn } from './commands.ts'
import type { GroupConfig } from './config.ts'
import { deleteGroup } from './delete.ts'
import { describeGroup, listGroups } from './describe.ts'
import { GroupState } from './group-state.ts'
import { heartbeat, onSessionExpired } from './heartbeat.ts'
import { join } from './join.ts'
import { leave } from './leave.ts'
import { completeJoin, onInitialJoinDue, onSyncDue } from './rebalance.ts'
import { decodeGroupEntry, encodeGroupEntry, type GroupEntry, type StoredGroup, storedOffset } from './records.ts'
import { restoreAll, restoreChanged, restoreGroup } from './restore.ts'
import { sync } from './sync.ts'

export type GroupShard = Shard<GroupState, GroupCommand, GroupQuery, GroupEntry, GroupReply>

/** The shard of `__consumer_offsets`. */
export function groupShard(config: GroupConfig): GroupShard {
  return {
    create: () => new GroupState(config),
    decide(state, command, context) {
      const turn: GroupTurn = new Turn(context)
      decide(state, command, turn)
      return turn
    },
    apply,
    endTransaction,
    query: (state, query, { committedOffset }) => answer(state, query, committedOffset),
    loaded(state, now) {
      const turn: GroupTurn = new Turn({ now })
      restoreAll(state, turn)
      startExpiry(state, turn)
      return turn
    },
    reverted(state, now) {
      const turn: GroupTurn = new Turn({ now })
      restoreChanged(state, turn)
      return turn
    },
    refused(state, entries, now) {
      const turn: GroupTurn = new Turn({ now })
      for (const { type, key } of entries) if (type === 'GroupMetadata') restoreGroup(state, key.group, turn)
      return turn
    },
    encode: encodeGroupEntry,
    decode: decodeGroupEntry,
    inspect,
  }
}

function decide(state: GroupState, command: GroupCommand, turn: GroupTurn) {
  switch (command.kind) {
    case 'join':
      return join(state, command, turn)
    case 'sync':
      return sync(state, command, turn)
    case 'heartbeat':
      return heartbeat(state, command, turn)
    case 'leave':
      return leave(state, command, turn)
    case 'commit':
      return commitOffsets(state, command, turn)
    case 'transactionalCommit':
      return commitTransactionalOffsets(state, command, turn)
    case 'endTransaction':
      turn.marker = command.marker
      return turn.reply(turn.token, { kind: 'error', errorCode: 0 })
    case 'fetchStable':
      return turn.reply(turn.token, fetchStableOffsets(state, command.groupId, command.topics))
    case 'deleteGroup':
      return deleteGroup(state, command, turn)
    case 'deleteOffsets':
      return deleteOffsets(state, command, turn)
    case 'forgetTopics':
      return forgetTopics(state, command, turn)
    case 'sessionExpired':
      return onSessionExpired(state, command.groupId, command.memberId, turn)
    case 'expireOffsets':
      return onExpireOffsets(state, turn)
    default:
      return decideRebalance(state, command, turn)
  }
}

type RebalanceCommand = Extract<GroupCommand, { kind: 'initialJoinDue' | 'joinDue' | 'syncDue' }>

function decideRebalance(state: GroupState, command: RebalanceCommand, turn: GroupTurn) {
  const group = state.live.get(command.groupId)
  if (group === undefined) return
  switch (command.kind) {
    case 'initialJoinDue':
      return onInitialJoinDue(state, group, command, turn)
    case 'joinDue':
      return completeJoin(group, turn)
    case 'syncDue':
      return onSyncDue(state, group, command.generation, turn)
    default:
      return unreachable(command, 'command')
  }
}

function apply(state: GroupState, entry: GroupEntry, offset: number, producer?: ProducerIdentity) {
  switch (entry.type) {
    case 'GroupMetadata':
      return applyGroup(state, entry.key.group, entry.value)
    case 'OffsetCommit':
    case 'LegacyOffsetCommit':
      return applyOffset(state, entry, offset, producer)
    default:
      return state.others.apply(entry)
  }
}

function applyGroup(state: GroupState, groupId: string, value: StoredGroup | null): void {
  if (value === null) {
    state.stored.delete(groupId)
    state.live.delete(groupId)
    return
  }
  state.stored.set(groupId, value)
  state.live.get(groupId)?.adopt(value)
}

function applyOffset(
  state: GroupState,
  entry: GroupEntry & { type: 'OffsetCommit' | 'LegacyOffsetCommit' },
  recordOffset: number,
  producer: ProducerIdentity | undefined,
): void {
  const { group: groupId, topic, partition } = entry.key
  const stored = storedOffset(entry)
  if (stored === null) {
    state.offsets.delete(groupId, topic, partition)
    state.pending.delete(groupId, topic, partition)
  } else if (producer === undefined) {
    state.offsets.set(groupId, { ...stored, recordOffset })
  } else {
    state.pending.set({ ...stored, recordOffset, groupId, producerId: producer.producerId })
  }
}

/** What was committed after the transaction's own commit stays. */
function endTransaction(state: GroupState, { producerId, committed }: TransactionMarker): void {
  for (const { groupId, producerId: _, ...pending } of state.pending.take(producerId)) {
    if (!committed) continue
    const present = state.offsets.get(groupId, pending.topic, pending.partition)
    if (present === undefined || present.recordOffset < pending.recordOffset) state.offsets.set(groupId, pending)
  }
}

function answer(state: GroupState, query: GroupQuery, committedOffset: number): GroupReply {
  switch (query.kind) {
    case 'fetch':
      return fetchOffsets(state, query.groupId, query.topics, committedOffset)
    case 'describe':
      return describeGroup(state, query.groupId, committedOffset)
    case 'list':
      return listGroups(state, committedOffset)
    default:
      return unreachable(query, 'query')
  }
}

function inspect(state: GroupState): unknown {
  const offsets = [...state.offsets.groupIds()].map((groupId) => {
    const places = [...state.offsets.ofGroup(groupId)].map((stored) => [`${stored.topic}-${stored.partition}`, stored])
    return [groupId, Object.fromEntries(places)]
  })
  return {
    groups: Object.fromEntries(state.stored.entries()),
    others: Object.fromEntries(state.others.entries()),
    offsets: Object.fromEntries(offsets),
    pending: state.pending.inspect(),
  }
}
