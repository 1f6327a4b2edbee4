/** OffsetCommit and TxnOffsetCommit: who may commit, and what is written. */
import { ErrorCode } from '@millrace/protocol'
import type { CommitCommand, GroupTurn, PartitionErrorsReply, TransactionalCommitCommand } from '../groups/commands.ts'
import type { GroupState } from '../groups/group-state.ts'
import { offsetRecord } from '../groups/records.ts'
import { startSession } from '../groups/timers.ts'

type Commit = CommitCommand | TransactionalCommitCommand

export function commitOffsets(state: GroupState, command: CommitCommand, turn: GroupTurn): void {
  const errorCode = validateCommit(state, command, command.unknownGroupErrorCode)
  const expireTimestamp =
    command.retentionMs === -1 ? -1 : Math.min(turn.now + command.retentionMs, Number.MAX_SAFE_INTEGER)
  if (errorCode === ErrorCode.NONE) keepSession(state, command, turn)
  turn.reply(turn.token, write(state, command, errorCode, expireTimestamp, turn))
}

/** The offsets take effect when the transaction's marker comes. */
export function commitTransactionalOffsets(
  state: GroupState,
  command: TransactionalCommitCommand,
  turn: GroupTurn,
): void {
  const errorCode = validateCommit(state, command, ErrorCode.ILLEGAL_GENERATION)
  turn.producer = { producerId: command.producerId, producerEpoch: command.producerEpoch }
  turn.reply(turn.token, write(state, command, errorCode, -1, turn))
}

/** kafka-reference, "Offsets", first rule. */
function validateCommit(state: GroupState, command: Commit, unknownGroupErrorCode: number): number {
  const { groupId, memberId, instanceId, generationId } = command
  const isTransactional = command.kind === 'transactionalCommit'
  const other = state.others.get(groupId)
  if (other !== undefined) {
    // No member of such a group can be alive here; without one, offsets may be set while nobody is in the group.
    const isAllowed = generationId < 0 && memberId === '' && (other.memberCount === 0 || isTransactional)
    return isAllowed ? ErrorCode.NONE : ErrorCode.UNKNOWN_MEMBER_ID
  }
  if (generationId < 0 && !state.hasClassic(groupId)) return ErrorCode.NONE
  if (!state.hasClassic(groupId)) return unknownGroupErrorCode
  const group = state.live.get(groupId)
  const isEmpty = group === undefined || group.state === 'Empty'
  if (generationId < 0 && isEmpty) return ErrorCode.NONE
  if (generationId >= 0 || memberId !== '' || instanceId !== null) {
    const errorCode = group?.validateMember(memberId, instanceId) ?? ErrorCode.UNKNOWN_MEMBER_ID
    if (errorCode !== ErrorCode.NONE) return errorCode
    if (generationId !== group?.generation) return ErrorCode.ILLEGAL_GENERATION
  } else if (!isTransactional && !isEmpty) {
    return ErrorCode.UNKNOWN_MEMBER_ID
  }
  // The member knows the new generation, but not yet what it owns in it.
  if (!isTransactional && group?.state === 'CompletingRebalance') return ErrorCode.REBALANCE_IN_PROGRESS
  return ErrorCode.NONE
}

/** A commit shows that the member is alive. */
function keepSession(state: GroupState, { groupId, memberId }: CommitCommand, turn: GroupTurn): void {
  const group = state.live.get(groupId)
  const member = group?.member(memberId)
  if (group !== undefined && member !== undefined && !member.isNew) startSession(turn, group, member)
}

function write(
  state: GroupState,
  command: Commit,
  groupErrorCode: number,
  expireTimestamp: number,
  turn: GroupTurn,
): PartitionErrorsReply {
  const { groupId } = command
  const topics = command.topics.map(({ name, topicId, partitions }) => ({
    name,
    partitions: partitions.map(({ partition, offset, leaderEpoch, metadata }) => {
      if (groupErrorCode !== ErrorCode.NONE) return { partition, errorCode: groupErrorCode }
      if (metadata.length > state.config.offsetMetadataSizeMax) {
        return { partition, errorCode: ErrorCode.OFFSET_METADATA_TOO_LARGE }
      }
      const stored = { topic: name, partition, offset, leaderEpoch, metadata, expireTimestamp, topicId }
      turn.append(offsetRecord(groupId, { ...stored, commitTimestamp: turn.now }))
      return { partition, errorCode: ErrorCode.NONE }
    }),
  }))
  return { kind: 'partitionErrors', errorCode: ErrorCode.NONE, topics }
}
