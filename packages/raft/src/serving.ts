/** A leader's side of replication: answers fetches, now or when there is something to get, and hands out its snapshot. */
import { ErrorCode } from '@millrace/protocol'
import { fetchReply, leaderOnlyError, snapshotReply } from './answer.ts'
import type { Core } from './core.ts'
import type { FetchReply, FetchRequest, FetchSnapshotReply, FetchSnapshotRequest } from './message.ts'
import type { Leader, ParkedFetch } from './role.ts'

/** No replica may make the leader hold a request for longer. */
const waitMsMax = 30_000

/** Answers or parks a fetch. */
export function handleFetch<P>(core: Core<P>, token: number, request: FetchRequest): void {
  const errorCode = leaderOnlyError(core, request.clusterId, request.epoch)
  const { role } = core
  if (errorCode !== ErrorCode.NONE || role.kind !== 'leader') {
    core.reply(token, fetchReply(core, errorCode))
    return
  }
  if (request.position.offset < 0 || request.position.epoch < 0) {
    core.reply(token, fetchReply(core, ErrorCode.INVALID_REQUEST))
    return
  }
  const check = core.log.check(request.position)
  const isTracked = noteProgress(core, role, request, check.kind === 'valid')
  if (check.kind === 'diverging') {
    core.reply(token, fetchReply(core, ErrorCode.NONE, { diverging: check.end }))
    return
  }
  if (check.kind === 'snapshot') {
    core.reply(token, fetchReply(core, ErrorCode.NONE, { snapshotId: check.id }))
    return
  }
  park(core, role, token, request, isTracked)
}

/** Whether the replica is one the leader keeps track of. */
function noteProgress<P>(core: Core<P>, leader: Leader, request: FetchRequest, agrees: boolean): boolean {
  const { replica, position } = request
  if (replica.id < 0 || replica.id === core.self.id) return false
  const progress = leader.replicas.touch(replica, core.voters, core.now)
  if (progress === undefined) return false
  leader.replicas.fetched(progress, agrees ? position.offset : undefined, core.log.endOffset, core.now)
  return true
}

/** The poll that ends every step answers the fetch if there is something to answer with. */
function park<P>(core: Core<P>, leader: Leader, token: number, request: FetchRequest, mayWait: boolean): void {
  const waitMs = mayWait ? Math.min(Math.max(0, request.waitMs), waitMsMax) : 0
  const key = mayWait ? `${request.replica.id}/${request.replica.directoryId}` : `token ${token}`
  const older = leader.parked.get(key)
  if (older !== undefined) core.reply(older.token, fetchReply(core, ErrorCode.NONE))
  leader.parked.set(key, { token, request, expiresAt: core.now + waitMs })
}

/** Answers the parked fetches for which there are records or a newer high watermark, or whose time is over. */
export function completeFetches<P>(core: Core<P>, leader: Leader): void {
  for (const [key, fetch] of leader.parked) {
    const hasRecords = core.log.writtenOffset > fetch.request.position.offset
    const hasNews = leader.isReady && core.log.highWatermark > fetch.request.highWatermark
    if (hasRecords || hasNews || core.now >= fetch.expiresAt) {
      leader.parked.delete(key)
      core.reply(fetch.token, currentReply(core, fetch, hasRecords))
    } else core.wakeAt(fetch.expiresAt)
  }
}

/** While the fetch waited, the log may have moved its start past the position; then the replica asks again and is told. */
function currentReply<P>(core: Core<P>, { request }: ParkedFetch, hasRecords: boolean): FetchReply {
  const isReadable = hasRecords && request.position.offset >= core.log.startOffset
  if (!isReadable) return fetchReply(core, ErrorCode.NONE)
  const { offset } = request.position
  const read = { offset, endOffset: core.log.writtenOffset, sizeMax: Math.max(1, request.sizeMax) }
  return fetchReply(core, ErrorCode.NONE, { read })
}

/** The asking connection is gone. */
export function cancelFetch(leader: Leader, token: number): void {
  for (const [key, fetch] of leader.parked) if (fetch.token === token) leader.parked.delete(key)
}

export function handleFetchSnapshot<P>(core: Core<P>, request: FetchSnapshotRequest): FetchSnapshotReply {
  const errorCode = leaderOnlyError(core, request.clusterId, request.epoch)
  const { role } = core
  if (errorCode !== ErrorCode.NONE || role.kind !== 'leader') return snapshotReply(core, request, errorCode)
  const id = request.snapshotId
  const snapshot = core.log.snapshots.find((each) => each.id.offset === id.offset && each.id.epoch === id.epoch)
  if (snapshot === undefined) return snapshotReply(core, request, ErrorCode.SNAPSHOT_NOT_FOUND)
  if (request.position < 0 || request.position >= snapshot.size) {
    return snapshotReply(core, request, ErrorCode.POSITION_OUT_OF_RANGE)
  }
  noteAlive(core, role, request)
  const read = { position: request.position, sizeMax: Math.max(1, request.sizeMax) }
  return snapshotReply(core, request, ErrorCode.NONE, { size: snapshot.size, read })
}

/** A voter that loads a snapshot is not silent. */
function noteAlive<P>(core: Core<P>, leader: Leader, request: FetchSnapshotRequest): void {
  if (request.replica.id < 0 || request.replica.id === core.self.id) return
  const progress = leader.replicas.touch(request.replica, core.voters, core.now)
  if (progress !== undefined) leader.replicas.fetched(progress, undefined, core.log.endOffset, core.now)
}
