/** Log directories as the metadata names them (KIP-858): ids with a meaning of their own, and which ones count as online. */
import { oneUuid, type Uuid, zeroUuid } from '@millrace/base'
import type { MetadataImage, PartitionImage } from './image.ts'

/** Ids that stand for no directory in particular. */
export const reservedDirectoryId = {
  /** The replica is in some directory, from before directories were recorded. */
  migrating: zeroUuid,
  /** The broker has not said yet where it puts the replica. */
  unassigned: oneUuid,
  /** The replica is in a directory that is gone, whichever it was. */
  lost: 'AAAAAAAAAAAAAAAAAAAAAg',
} as const satisfies Record<string, Uuid>

const reserved: ReadonlySet<Uuid> = new Set(Object.values(reservedDirectoryId))

/** Whether the id is a directory's own, and not one of {@link reservedDirectoryId}. */
export function namesDirectory(directory: Uuid): boolean {
  return !reserved.has(directory)
}

/** Whether a replica that is in `directory` can be used, on a broker that has `onlineDirectories`. */
export function isOnlineDirectory(directory: Uuid, onlineDirectories: readonly Uuid[]): boolean {
  if (directory === reservedDirectoryId.unassigned || directory === reservedDirectoryId.migrating) return true
  if (directory === reservedDirectoryId.lost) return false
  // A registration from before directories were recorded: such a broker stops when it loses one.
  return onlineDirectories.length === 0 || onlineDirectories.includes(directory)
}

/** Where a broker keeps its replica of the partition. */
export function directoryOf(
  { replicas, directories }: Pick<PartitionImage, 'replicas' | 'directories'>,
  brokerId: number,
): Uuid {
  return directories[replicas.indexOf(brokerId)] ?? reservedDirectoryId.migrating
}

/** Whether a registered broker has its replica of the partition in a directory that works. */
export function hasReplicaOnline(
  image: MetadataImage,
  partition: Pick<PartitionImage, 'replicas' | 'directories'>,
  brokerId: number,
): boolean {
  const broker = image.brokers.get(brokerId)
  return broker !== undefined && isOnlineDirectory(directoryOf(partition, brokerId), broker.logDirs)
}
