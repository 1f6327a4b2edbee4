/** Which log directory a replica belongs in, by the metadata and by the directories that work: a pure decision. KIP-858. */
import type { Uuid } from '@millrace/base'
import { directoryOf, namesDirectory } from '@millrace/metadata'
import type { LogDirectory } from '@millrace/storage'
import type { PartitionView } from '../cluster-view.ts'

export type ReplicaPlace =
  /** Wherever its log is; a new one goes to `directory`, or where there are fewest logs. */
  | { readonly kind: 'here'; readonly directory: string | undefined }
  /** Its log may be in a directory that does not work: making an empty one elsewhere could lose it. */
  | { readonly kind: 'offline'; readonly reason: string }

export interface PlaceInput {
  readonly brokerId: number
  readonly directories: readonly LogDirectory[]
  /** Whether a directory that works has the log. */
  readonly hasLog: boolean
  /** Whether the partition was there before this process: then its log was too. */
  readonly isKnown: boolean
}

export function placeReplica(
  view: PartitionView,
  { brokerId, directories, hasLog, isKnown }: PlaceInput,
): ReplicaPlace {
  const id = directoryOf(view, brokerId)
  const assigned = directories.find(({ directoryId }) => directoryId === id)
  if (hasLog || assigned?.isOnline) return { kind: 'here', directory: assigned?.path }
  const failed = directories.filter(({ isOnline }) => !isOnline)
  if (!namesDirectory(id)) {
    const mayHaveLog = isKnown && failed.length > 0
    return mayHaveLog ? { kind: 'offline', reason: maybeIn(failed) } : { kind: 'here', directory: undefined }
  }
  const isLedElsewhere = view.leader !== -1 && view.leader !== brokerId
  // Another broker has the records: a copy of them can be made anew.
  if (isLedElsewhere && failed.length === 0) return { kind: 'here', directory: undefined }
  return { kind: 'offline', reason: assigned === undefined ? isMissing(id, failed) : maybeIn([assigned]) }
}

function isMissing(id: Uuid, failed: readonly LogDirectory[]): string {
  if (failed.length > 0) return `its log directory ${id} does not work, or is none of log.dirs: ${maybeIn(failed)}`
  return `its log directory ${id} is none of log.dirs: put it back, or delete the topic`
}

function maybeIn(directories: readonly LogDirectory[]): string {
  const paths = directories.map(({ path }) => path).join(', ')
  return `its log may be in ${paths}, which cannot be used: repair the disk and restart`
}
