/** A follower's side of replication: fetches, appends, cuts off what diverges, loads snapshots, learns the high watermark. */
import { assert } from '@millrace/base'
import { ErrorCode } from '@millrace/protocol'
import type { Core } from './core.ts'
import { startElection } from './election.ts'
import type { OffsetAndEpoch } from './epochs.ts'
import type { PendingRequest } from './in-flight.ts'
import type { SnapshotControl, SnapshotInfo } from './log-state.ts'
import type {
  FetchedBatch,
  FetchRequest,
  FetchResponse,
  FetchSnapshotRequest,
  FetchSnapshotResponse,
} from './message.ts'
import type { Follower, SnapshotDownload } from './role.ts'
import { applyControl, becomeUnattached, learnLeader } from './transition.ts'

export function pollFollower<P>(core: Core<P>, role: Follower): void {
  if (core.now >= role.fetchTimeoutAt && !core.isInstalling) {
    leaderIsSilent(core)
    return
  }
  if (!core.isInstalling) core.wakeAt(role.fetchTimeoutAt)
  const target = { id: core.leaderId, endpoint: role.leaderEndpoint }
  if (role.snapshot !== undefined) core.trySend(target, snapshotRequest(core, role.snapshot))
  // The offset of a fetch tells the leader what this node will still have after a crash: only durable records count.
  else if (!core.isInstalling && core.log.durableOffset === core.log.endOffset) {
    // The first answer is wanted at once: it says that the leader is there.
    core.trySend(target, fetchRequest(core, role.hasFetched ? core.config.fetchWaitMs : 0))
  }
}

function leaderIsSilent<P>(core: Core<P>): void {
  if (core.canStand && core.stopAt === undefined) startElection(core)
  else becomeUnattached(core, core.epoch)
}

export function fetchRequest<P>(core: Core<P>, waitMs: number): FetchRequest {
  const { id, directoryId, clusterId } = core.self
  return {
    kind: 'Fetch',
    clusterId,
    replica: { id, directoryId },
    epoch: core.epoch,
    position: core.log.end,
    highWatermark: core.reportedHighWatermark,
    waitMs,
    sizeMax: core.config.fetchSizeMax,
  }
}

function snapshotRequest<P>(core: Core<P>, download: SnapshotDownload): FetchSnapshotRequest {
  const { id, directoryId, clusterId } = core.self
  return {
    kind: 'FetchSnapshot',
    clusterId,
    replica: { id, directoryId },
    epoch: core.epoch,
    snapshotId: download.id,
    position: download.position,
    sizeMax: core.config.fetchSnapshotSizeMax,
  }
}

export function handleFetchResponse<P>(core: Core<P>, pending: PendingRequest, response: FetchResponse): void {
  learnLeader(core, response)
  const { role } = core
  if (role.kind !== 'follower' || pending.epoch !== core.epoch || pending.target !== core.leaderId) return
  if (response.errorCode !== ErrorCode.NONE) {
    refused(core, pending, response.errorCode)
    return
  }
  role.hasFetched = true
  role.fetchTimeoutAt = core.fetchDeadline()
  if (response.diverging !== undefined) {
    truncateTo(core, response.diverging)
    return
  }
  if (response.snapshotId !== undefined) {
    startSnapshot(core, role, pending, response.snapshotId)
    return
  }
  if (!fits(core, response.batches)) {
    core.emit({
      type: 'warn',
      message: `fetch from leader ${core.leaderId}: batches do not follow offset ${core.log.endOffset}`,
    })
    core.inFlight.pause(pending.target, 'Fetch', core.now)
    return
  }
  if (response.batches.length > 0) appendFetched(core, response.batches)
  core.advanceHighWatermark(Math.min(response.highWatermark, core.log.endOffset))
}

function refused<P>(core: Core<P>, pending: PendingRequest, errorCode: number): void {
  if (errorCode === ErrorCode.INCONSISTENT_CLUSTER_ID) {
    core.emit({
      type: 'warn',
      message: `leader ${core.leaderId} belongs to another cluster than ${core.self.clusterId}`,
    })
  }
  core.inFlight.pause(pending.target, pending.request.kind, core.now)
}

/** Whether batches continue the log: contiguous, with epochs that do not fall and are not of the future. */
function fits<P>(core: Core<P>, batches: readonly FetchedBatch[]): boolean {
  let { offset, epoch } = core.log.end
  for (const batch of batches) {
    if (batch.baseOffset !== offset || batch.lastOffset < batch.baseOffset) return false
    if (batch.epoch < epoch || batch.epoch > core.epoch) return false
    offset = batch.lastOffset + 1
    epoch = batch.epoch
  }
  return true
}

function appendFetched<P>(core: Core<P>, batches: readonly FetchedBatch[]): void {
  for (const batch of batches) {
    core.log.append(batch.epoch, batch.lastOffset - batch.baseOffset + 1)
    for (const { offset, record } of batch.control ?? []) applyControl(core, offset, record)
  }
  core.emit({ type: 'appendFetched', generation: core.generation, batches })
}

/**
 * The leader's log ends `end.epoch` at `end.offset`, before what this log has of it. Cuts to the last offset that both can have;
 * another round may follow (reference 4.3, "follower start").
 */
function truncateTo<P>(core: Core<P>, end: OffsetAndEpoch): void {
  const own = core.log.epochs.endOf(end.epoch, core.log.endOffset)
  const endOffset = own.epoch === end.epoch ? Math.min(own.offset, end.offset) : own.offset
  const votersBefore = core.voters
  if (endOffset < core.log.highWatermark || endOffset >= core.log.endOffset) {
    core.emit({
      type: 'warn',
      message: `leader ${core.leaderId} has epoch ${end.epoch} end at ${end.offset}, which does not fit this log (committed below ${core.log.highWatermark}, end ${core.log.endOffset})`,
    })
    core.inFlight.pause(core.leaderId, 'Fetch', core.now)
    return
  }
  core.log.truncateTo(endOffset)
  core.generation++
  core.reportedHighWatermark = -1
  core.emit({ type: 'truncate', generation: core.generation, endOffset })
  if (core.voters !== votersBefore) core.emit({ type: 'votersChanged', voters: core.voters })
}

function startSnapshot<P>(core: Core<P>, role: Follower, pending: PendingRequest, id: OffsetAndEpoch): void {
  if (id.offset <= core.log.highWatermark) {
    core.emit({
      type: 'warn',
      message: `leader ${core.leaderId} offers a snapshot at ${id.offset}, below what is committed here`,
    })
    core.inFlight.pause(pending.target, 'Fetch', core.now)
    return
  }
  role.snapshot = { id, position: 0 }
}

export function handleSnapshotResponse<P>(
  core: Core<P>,
  pending: PendingRequest,
  response: FetchSnapshotResponse,
): void {
  learnLeader(core, response)
  const { role } = core
  if (role.kind !== 'follower' || pending.epoch !== core.epoch || role.snapshot === undefined) return
  const { id, position } = role.snapshot
  const isNext =
    response.position === position && response.snapshotId.offset === id.offset && response.snapshotId.epoch === id.epoch
  const end = position + response.bytes.length
  if (response.errorCode !== ErrorCode.NONE || !isNext || end > response.size || response.bytes.length === 0) {
    // The leader may have replaced this snapshot by a newer one: the next fetch tells.
    role.snapshot = undefined
    refused(core, pending, response.errorCode)
    return
  }
  role.fetchTimeoutAt = core.fetchDeadline()
  core.emit({ type: 'writeSnapshot', snapshotId: id, position, bytes: response.bytes })
  role.snapshot.position = end
  if (end < response.size) return
  role.snapshot = undefined
  core.isInstalling = true
  core.emit({ type: 'installSnapshot', snapshotId: id, size: response.size })
}

export function snapshotInstalled<P>(core: Core<P>, snapshot: SnapshotInfo, control: SnapshotControl): void {
  assert(core.isInstalling, 'a snapshot was installed that the machine did not ask for')
  core.isInstalling = false
  core.generation++
  core.log.replaceWith(snapshot, control)
  core.commitTarget = Math.max(core.commitTarget, snapshot.id.offset)
  core.reportedHighWatermark = snapshot.id.offset
  core.emit({ type: 'votersChanged', voters: core.voters })
  core.emit({ type: 'commit', highWatermark: snapshot.id.offset })
  if (core.role.kind === 'follower') core.role.fetchTimeoutAt = core.fetchDeadline()
}
