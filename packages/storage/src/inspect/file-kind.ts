/** What a file of a data directory is, by its name: Apache Kafka's names and ours are the same (reference 3.1). */
import { cleanerFileName, highWatermarkFileName, logStartFileName, recoveryPointFileName } from '../checkpoint.ts'
import { cleanShutdownFileName } from '../clean-shutdown.ts'
import { parseLogFileName } from '../file-names.ts'
import { leaderEpochFileName } from '../leader-epochs.ts'
import { metaPropertiesFileName } from '../meta-properties.ts'
import { partitionMetadataFileName } from '../partition-metadata.ts'
import { withoutKeptSuffix } from './kept-original.ts'

export type FileKind =
  | 'segment'
  | 'offset-index'
  | 'time-index'
  | 'transaction-index'
  | 'producer-snapshot'
  | 'leader-epochs'
  | 'offset-checkpoint'
  | 'partition-metadata'
  | 'meta-properties'
  | 'clean-shutdown'
  | 'quorum-state'
  /** Batches of metadata records between a header and a footer: `bootstrap.checkpoint`, and the snapshots of the metadata log. */
  | 'metadata-snapshot'
  /** Kafka's empty `.lock` file. */
  | 'lock'
  | 'unknown'

export interface FileName {
  readonly kind: FileKind
  /** What the name says: first offset of a segment, end offset of a snapshot. 0 where the name has none. */
  readonly baseOffset: number
  /** Raft epoch in the name of a metadata snapshot. */
  readonly epoch?: number
  /** `.deleted`, `.cleaned`, `.swap`, `.part`, or empty. */
  readonly suffix: string
}

const segmentKinds = {
  log: 'segment',
  index: 'offset-index',
  timeindex: 'time-index',
  txnindex: 'transaction-index',
  snapshot: 'producer-snapshot',
} as const satisfies Record<string, FileKind>

const fixedNames: ReadonlyMap<string, FileKind> = new Map<string, FileKind>([
  [recoveryPointFileName, 'offset-checkpoint'],
  [logStartFileName, 'offset-checkpoint'],
  [highWatermarkFileName, 'offset-checkpoint'],
  [cleanerFileName, 'offset-checkpoint'],
  [leaderEpochFileName, 'leader-epochs'],
  [partitionMetadataFileName, 'partition-metadata'],
  [metaPropertiesFileName, 'meta-properties'],
  [cleanShutdownFileName, 'clean-shutdown'],
  ['quorum-state', 'quorum-state'],
  ['bootstrap.checkpoint', 'metadata-snapshot'],
  ['.lock', 'lock'],
])

/** `name` is the last part of a path. An original that a repair kept is what it was. */
export function parseFileName(name: string): FileName {
  const plain = withoutKeptSuffix(name)
  const fixed = fixedNames.get(plain)
  if (fixed !== undefined) return { kind: fixed, baseOffset: 0, suffix: '' }
  const log = parseLogFileName(plain)
  if (log !== undefined) return { kind: segmentKinds[log.kind], baseOffset: log.offset, suffix: log.suffix }
  const snapshot = /^(\d{20})-(\d{10})\.checkpoint(\.part|\.deleted)?$/.exec(plain)
  const baseOffset = Number(snapshot?.[1])
  if (snapshot === null || !Number.isSafeInteger(baseOffset)) return { kind: 'unknown', baseOffset: 0, suffix: '' }
  return { kind: 'metadata-snapshot', baseOffset, epoch: Number(snapshot[2]), suffix: snapshot[3] ?? '' }
}
