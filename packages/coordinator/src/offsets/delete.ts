/** OffsetDelete, and the offsets of deleted topics. */
import { zeroUuid } from '@millrace/base'
import { ErrorCode } from '@millrace/protocol'
import type { DeleteOffsetsCommand, ForgetTopicsCommand, GroupTurn, PartitionErrorsReply } from '../groups/commands.ts'
import type { GroupState } from '../groups/group-state.ts'
import { type GroupEntry, offsetTombstone } from '../groups/records.ts'

export function deleteOffsets(state: GroupState, command: DeleteOffsetsCommand, turn: GroupTurn): void {
  const errorCode = validateDelete(state, command.groupId)
  const topics = errorCode === ErrorCode.NONE ? deleteEach(state, command, turn) : []
  turn.reply(turn.token, { kind: 'partitionErrors', errorCode, topics })
}

function validateDelete(state: GroupState, groupId: string): number {
  if (state.others.get(groupId) !== undefined) return ErrorCode.NONE
  if (!state.hasClassic(groupId)) return ErrorCode.GROUP_ID_NOT_FOUND
  const group = state.live.get(groupId)
  // Only of consumers is it known which topics they use.
  const isInUse = group !== undefined && group.state !== 'Empty' && !group.usesConsumerProtocol
  return isInUse ? ErrorCode.NON_EMPTY_GROUP : ErrorCode.NONE
}

function deleteEach(state: GroupState, command: DeleteOffsetsCommand, turn: GroupTurn): PartitionErrorsReply['topics'] {
  const { groupId, topics } = command
  return topics.map(({ name, partitions }) => {
    const isSubscribed = isSubscribedTo(state, groupId, name)
    return {
      name,
      partitions: partitions.map((partition) => {
        if (isSubscribed) return { partition, errorCode: ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC }
        const isThere = state.offsets.get(groupId, name, partition) !== undefined
        if (isThere || state.pending.has(groupId, name, partition))
          turn.append(offsetTombstone(groupId, name, partition))
        return { partition, errorCode: ErrorCode.NONE }
      }),
    }
  })
}

function isSubscribedTo(state: GroupState, groupId: string, topic: string): boolean {
  const other = state.others.get(groupId)
  // What its members subscribe to is not known here.
  if (other !== undefined) return other.memberCount > 0
  return state.live.get(groupId)?.isSubscribedTo(topic) ?? false
}

/** One batch must stay far below what the log accepts: what is left is done by the next one, at once. */
const tombstonesPerTurn = 1000

/** Topics are gone: their offsets go too, whoever uses them. */
export function forgetTopics(state: GroupState, command: ForgetTopicsCommand, turn: GroupTurn): void {
  for (const tombstone of tombstonesOf(state, command)) {
    if (turn.entries.length === tombstonesPerTurn) {
      turn.schedule(`forget-topics:${JSON.stringify(command.topics)}`, 0, command)
      break
    }
    turn.append(tombstone)
  }
  turn.reply(turn.token, { kind: 'error', errorCode: ErrorCode.NONE })
}

function* tombstonesOf(state: GroupState, command: ForgetTopicsCommand): Generator<GroupEntry> {
  const deleted = new Map(command.topics.map(({ name, topicId }) => [name, topicId]))
  for (const groupId of state.offsets.groupIds()) {
    for (const { topic, partition, topicId } of state.offsets.ofGroup(groupId)) {
      if (!deleted.has(topic)) continue
      const deletedId = deleted.get(topic)
      const isSame = deletedId === undefined || topicId === zeroUuid || topicId === deletedId
      if (isSame) yield offsetTombstone(groupId, topic, partition)
    }
  }
}
