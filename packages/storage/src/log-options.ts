/** What a log is opened with, and what it tells those who listen. */
import type { Clock, Logger, Uuid, Workers } from '@millrace/base'
import type { LogConfig } from './config.ts'
import type { StorageError } from './errors.ts'
import type { TopicPartition } from './file-names.ts'
import type { FilePool } from './file-pool.ts'
import type { FileSystem } from './fs/port.ts'
import type { IndexCache } from './index-files.ts'
import type { Log } from './log.ts'

/** `fsync`: acknowledged after a sync. `os`: after the write, as Apache Kafka does by default. */
export type Durability = 'fsync' | 'os'

export interface LogOptions {
  readonly fileSystem: FileSystem
  /** Open files, shared by all logs of a process. */
  readonly pool: FilePool
  /** Indexes of closed segments, shared likewise. */
  readonly cache: IndexCache
  /** The log's own directory; made when missing. */
  readonly directory: string
  readonly topicPartition: TopicPartition
  /** Written to `partition.metadata` when that is missing, compared with it when not. Undefined: whatever the file says. */
  readonly topicId: Uuid | undefined
  readonly config: LogConfig
  readonly clock: Clock
  readonly logger: Logger
  /** What takes too long for the event loop is done here. In place by default. */
  readonly workers?: Workers
  /** From the checkpoint: below it nothing needs to be checked. 0 when unknown. */
  readonly recoveryPoint: number
  /** From the checkpoint; 0 when there is none. */
  readonly logStartOffset: number
  /** From the checkpoint; 0 when unknown. Under `fsync`, everything below it must be there. */
  readonly highWatermark?: number
  readonly cleanShutdown: boolean
  readonly durability: Durability
  /**
   * Makes checkpoints durable with the log's `recoveryPoint` and `checkpointHighWatermark`, which are lower from now on, before
   * the log is cut. A crash in between must not look like lost data.
   */
  readonly beforeTruncation?: (log: Log) => Promise<void>
  /** Makes the log's start durable, before records that were deleted on request count as deleted. */
  readonly afterDeletion?: (log: Log) => Promise<void>
}

export interface LogListener {
  /** The end, written, durable or start offset moved. Once per turn and step, synchronously. */
  onAdvance?(log: Log): void
  /**
   * Appends at or above the log's end offset, which went back, are not in the log; with code `offline` nothing will be any more.
   * Called before anything else can be appended.
   */
  onFailure?(log: Log, error: StorageError): void
}

/**
 * The offset below which everything must be there. Under `fsync` nothing is acknowledged before it is durable, so the high
 * watermark is a promise; under `os` only the recovery point is.
 */
export function committedBy({ durability, recoveryPoint, highWatermark = 0 }: LogOptions): number {
  return durability === 'fsync' ? Math.max(recoveryPoint, highWatermark) : recoveryPoint
}
