/** `quorum-state`: the raft epoch and vote of a metadata log's replica, one line of JSON (reference 3.6). */
import { StorageError } from '../errors.ts'

export const quorumStateFileName = 'quorum-state'
export const quorumStateBytesMax = 1 << 20

export interface QuorumState {
  /** 0 for static voters, 1 for a dynamic quorum. */
  readonly dataVersion: 0 | 1
  /** -1 for none. */
  readonly leaderId: number
  readonly leaderEpoch: number
  /** -1 for none. */
  readonly votedId: number
  /** Version 1. */
  readonly votedDirectoryId?: string
  /** Version 0. */
  readonly voterIds?: readonly number[]
}

/** Throws `invalid-file` for what is no such file, or of a version that nobody knows. */
export function decodeQuorumState(bytes: Buffer, path: string): QuorumState {
  const refuse = (detail: string) => new StorageError('invalid-file', `${path} is not valid: ${detail}`, { path })
  if (bytes.length === 0) throw refuse('it is empty, and a node does not start with it')
  const fields = parseObject(bytes)
  if (fields === undefined) throw refuse('it is no JSON object')
  const dataVersion = fields.data_version
  if (dataVersion !== 0 && dataVersion !== 1) throw refuse(`data_version ${String(dataVersion)} is not 0 or 1`)
  const integer = (name: string): number => {
    const value = fields[name]
    if (typeof value !== 'number' || !Number.isInteger(value)) throw refuse(`${name} is no whole number`)
    return value
  }
  const state = {
    dataVersion,
    leaderId: integer('leaderId'),
    leaderEpoch: integer('leaderEpoch'),
    votedId: integer('votedId'),
  } as const
  if (dataVersion === 1) {
    if (typeof fields.votedDirectoryId !== 'string') throw refuse('votedDirectoryId is missing')
    return { ...state, votedDirectoryId: fields.votedDirectoryId }
  }
  if (!Array.isArray(fields.currentVoters)) throw refuse('currentVoters is missing')
  const voterIds = fields.currentVoters.map((voter: unknown) => {
    const id = (voter as { voterId?: unknown } | null)?.voterId
    if (typeof id !== 'number') throw refuse('a voter has no voterId')
    return id
  })
  return { ...state, voterIds }
}

function parseObject(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString())
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
