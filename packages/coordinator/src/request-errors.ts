/** Error codes on their way from the runtime and the log to the client, who knows fewer of them. */
import { ErrorCode } from '@millrace/protocol'
import type { Outcome } from './runtime/shard.ts'

/** What a client of the group protocol is told: try again, find the coordinator again, or give up. */
export function groupErrorCode(errorCode: number): number {
  switch (errorCode) {
    case ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
    case ErrorCode.NOT_ENOUGH_REPLICAS:
    case ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case ErrorCode.REQUEST_TIMED_OUT:
      return ErrorCode.COORDINATOR_NOT_AVAILABLE
    case ErrorCode.NOT_LEADER_OR_FOLLOWER:
    case ErrorCode.KAFKA_STORAGE_ERROR:
      return ErrorCode.NOT_COORDINATOR
    case ErrorCode.MESSAGE_TOO_LARGE:
    case ErrorCode.RECORD_LIST_TOO_LARGE:
    case ErrorCode.INVALID_FETCH_SIZE:
      return ErrorCode.UNKNOWN_SERVER_ERROR
    default:
      return errorCode
  }
}

/** The same for commits, where a client can do something about a batch that is too large. */
export function commitErrorCode(errorCode: number): number {
  switch (errorCode) {
    case ErrorCode.MESSAGE_TOO_LARGE:
    case ErrorCode.RECORD_LIST_TOO_LARGE:
    case ErrorCode.INVALID_FETCH_SIZE:
      return ErrorCode.INVALID_COMMIT_OFFSET_SIZE
    default:
      return groupErrorCode(errorCode)
  }
}

/** The reply of the kind that was asked for, or the error code why there is none. */
export function replyOf<Reply extends { readonly kind: string }, K extends Reply['kind']>(
  outcome: Outcome<Reply>,
  kind: K,
): Extract<Reply, { readonly kind: K }> | number {
  if (outcome.kind === 'failed') return outcome.errorCode
  if (outcome.reply.kind !== kind) throw new TypeError(`a shard replied ${outcome.reply.kind} instead of ${kind}`)
  return outcome.reply as Extract<Reply, { readonly kind: K }>
}
