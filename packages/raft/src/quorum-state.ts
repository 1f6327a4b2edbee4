/** The `quorum-state` file: epoch, vote and leader, one line of JSON (reference 3.6). */
import { type Uuid, zeroUuid } from '@millrace/base'

/** What a voter must not forget. `leaderId` and `votedId` are -1 for none. */
export interface QuorumState {
  readonly leaderEpoch: number
  readonly leaderId: number
  readonly votedId: number
  /** `zeroUuid` with kraft.version 0, or without a vote. */
  readonly votedDirectoryId: Uuid
}

export const initialQuorumState: QuorumState = { leaderEpoch: 0, leaderId: -1, votedId: -1, votedDirectoryId: zeroUuid }

/** The file cannot be used. Starting without it could let this node vote twice in one epoch, so the node must not start. */
export class QuorumStateError extends Error {
  override readonly name = 'QuorumStateError'
  readonly code = 'QUORUM_STATE_CORRUPT'
}

/** The file's text: `data_version` 0 with the static voters' ids under kraft.version 0, else `data_version` 1. */
export function encodeQuorumState(state: QuorumState, kraftVersion: number, voterIds: readonly number[]): string {
  const { leaderId, leaderEpoch, votedId, votedDirectoryId } = state
  if (kraftVersion > 0) return JSON.stringify({ leaderId, leaderEpoch, votedId, votedDirectoryId, data_version: 1 })
  const currentVoters = voterIds.map((voterId) => ({ voterId }))
  return JSON.stringify({
    clusterId: '',
    leaderId,
    leaderEpoch,
    votedId,
    appliedOffset: 0,
    currentVoters,
    data_version: 0,
  })
}

/** Reads both versions; the caller rewrites the file when the version does not fit its kraft.version. */
export function decodeQuorumState(text: string): QuorumState {
  const fields = parseObject(text)
  const version = fields.data_version
  if (version !== 0 && version !== 1)
    throw new QuorumStateError(`quorum-state has data_version ${version}, known are 0 and 1`)
  const votedDirectoryId = version === 1 ? fields.votedDirectoryId : zeroUuid
  if (typeof votedDirectoryId !== 'string') throw new QuorumStateError('quorum-state: votedDirectoryId is not a text')
  return {
    leaderEpoch: int32(fields, 'leaderEpoch', 0),
    leaderId: int32(fields, 'leaderId', -1),
    votedId: int32(fields, 'votedId', -1),
    votedDirectoryId,
  }
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new QuorumStateError(`quorum-state is not JSON: ${JSON.stringify(text.slice(0, 100))}`, { cause })
  }
  if (typeof value !== 'object' || value === null) throw new QuorumStateError('quorum-state is not a JSON object')
  return value as Record<string, unknown>
}

function int32(fields: Record<string, unknown>, name: string, min: number): number {
  const value = fields[name]
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= 0x7fffffff) return value
  throw new QuorumStateError(
    `quorum-state: ${name} is ${JSON.stringify(value)}, expected an integer of at least ${min}`,
  )
}
