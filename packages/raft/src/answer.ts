/** Answers that several places give. */
import { ErrorCode } from '@millrace/protocol'
import type { Core } from './core.ts'
import type { FetchReply, FetchSnapshotReply, FetchSnapshotRequest } from './message.ts'

/** Whether a request is for another cluster. Requests that name none are for any. */
export function isForeign<P>(core: Core<P>, clusterId: string | null): boolean {
  return clusterId !== null && core.self.clusterId !== null && clusterId !== core.self.clusterId
}

export function fetchReply<P>(core: Core<P>, errorCode: number, content: Partial<FetchReply> = {}): FetchReply {
  const isReady = core.role.kind === 'leader' && core.role.isReady
  return {
    kind: 'Fetch',
    errorCode,
    ...core.leaderInfo(),
    highWatermark: isReady ? core.log.highWatermark : -1,
    logStartOffset: core.log.startOffset,
    diverging: undefined,
    snapshotId: undefined,
    read: undefined,
    ...content,
  }
}

export function snapshotReply<P>(
  core: Core<P>,
  request: FetchSnapshotRequest,
  errorCode: number,
  content: Partial<FetchSnapshotReply> = {},
): FetchSnapshotReply {
  const { snapshotId, position } = request
  return {
    kind: 'FetchSnapshot',
    errorCode,
    ...core.leaderInfo(),
    snapshotId,
    size: 0,
    position,
    read: undefined,
    ...content,
  }
}

/** Why a request that only the leader of the sender's epoch may answer is refused; NONE when it is not. */
export function leaderOnlyError<P>(core: Core<P>, clusterId: string | null, epoch: number): number {
  if (isForeign(core, clusterId)) return ErrorCode.INCONSISTENT_CLUSTER_ID
  if (epoch < core.epoch) return ErrorCode.FENCED_LEADER_EPOCH
  if (epoch > core.epoch) return ErrorCode.UNKNOWN_LEADER_EPOCH
  return core.role.kind === 'leader' ? ErrorCode.NONE : ErrorCode.NOT_LEADER_OR_FOLLOWER
}
