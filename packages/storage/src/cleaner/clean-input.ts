/** What a cleaning is told, and what it answers: plain data, because it may run in a worker thread. */
import type { StorageErrorCode } from '../errors.ts'
import type { FileSystemErrorCode } from '../fs/port.ts'
import type { AbortedTransaction } from '../transaction-index.ts'
import type { CleanedFileKind } from './segment-writer.ts'
import type { ActiveProducer } from './verdict.ts'

/** A segment as it is on disk. Nothing is appended to what is told here, and nothing cut off, while the cleaning runs. */
export interface CleanSegment {
  readonly baseOffset: number
  /** The base offset of the next segment; of the active one, the end of what `size` bytes hold. */
  readonly nextOffset: number
  /** Bytes of the data file. */
  readonly size: number
}

export interface CleanInput {
  /** Of the log. */
  readonly directory: string
  /** From the first of the log to the last that starts below `firstUncleanableOffset`, in order. */
  readonly segments: readonly CleanSegment[]
  /** As the plan has them. */
  readonly firstDirtyOffset: number
  readonly firstUncleanableOffset: number
  readonly nowMs: number
  /** `delete.retention.ms`. */
  readonly deleteRetentionMs: number
  /** `segment.bytes`, `segment.index.bytes` and `index.interval.bytes`. */
  readonly segmentBytes: number
  readonly segmentIndexBytes: number
  readonly indexIntervalBytes: number
  /** Memory for the keys: the share of `log.cleaner.dedupe.buffer.size`. At least 4096. */
  readonly dedupeBytes: number
  /** `log.cleaner.io.max.bytes.per.second`, read and written; may be infinite. */
  readonly ioBytesPerSecondMax: number
  /** `log.cleaner.io.buffer.size`: bytes read, and written, at once. Default 512 KiB. */
  readonly ioBufferBytes?: number
  /** Largest size of the records of a batch after decompression. Default that of the protocol. */
  readonly decompressedSizeMax?: number
  /** A random 32-bit number. */
  readonly hashSeed: number
  /** Shared memory: once its first element is not 0, the cleaning ends at its next read or write. */
  readonly cancel?: Int32Array
  readonly activeProducers: readonly ActiveProducer[]
  /** The entries of the indexes of aborted transactions that overlap the segments, those of later segments among them. */
  readonly abortedTransactions: readonly AbortedTransaction[]
  /**
   * Where those entries may not be all: the ABORT markers of the dirty segments are looked for, and those of `segments`, the ones
   * after the cleaned ones, up to `endOffset`, the last stable offset. Undefined: they are all.
   */
  readonly abortSearch?: { readonly segments: readonly CleanSegment[]; readonly endOffset: number } | undefined
}

/** A segment that is ready, in `.cleaned` files, to take the place of others. */
export interface CleanedGroup {
  readonly baseOffset: number
  /** The base offsets of the segments that it replaces, its own first. */
  readonly replaces: readonly number[]
  /** The files that it has. */
  readonly files: readonly CleanedFileKind[]
  /** Bytes of the data file. */
  readonly size: number
  /** The offset after its last batch; its base offset when it has none. */
  readonly nextOffset: number
  /** Max timestamp of its first batch, and of all with the last offset of the batch that has it; -1 for none. */
  readonly firstTimestamp: number
  readonly maxTimestamp: number
  readonly maxTimestampOffset: number
}

export interface CleanStatistics {
  /** Bytes, indexes included in what was written. */
  readonly bytesRead: number
  readonly bytesWritten: number
  /** Of the segments that were cleaned. */
  readonly recordsRead: number
  readonly recordsKept: number
  /** Records that went because they have no key. */
  readonly recordsKeyless: number
  /** Keys in the dirty part, and the memory for them. */
  readonly keys: number
  readonly keyBytes: number
}

export interface CleanSuccess {
  readonly kind: 'cleaned'
  /** What changed, in order; segments that stay byte for byte as they are, are in none. */
  readonly groups: readonly CleanedGroup[]
  /** For the checkpoint, once the groups are in place. */
  readonly firstDirtyOffset: number
  /** The memory for keys did not suffice for all of the dirty part: the rest is for the next cleaning. */
  readonly isMapFull: boolean
  /** When the first of the tombstones and markers that were left may go; undefined when none waits. */
  readonly nextDeleteHorizonMs: number | undefined
  readonly statistics: CleanStatistics
}

/** What went wrong. The log's files are as they were, and no `.cleaned` file is left where they could be removed. */
export interface CleanFailure {
  readonly kind: 'failed'
  /** `map-too-small`: not even one batch's keys fit into `dedupeBytes`. Others as the errors of those names. */
  readonly code: StorageErrorCode | FileSystemErrorCode | 'map-too-small'
  readonly message: string
  readonly path: string | undefined
  /** The byte in that file. */
  readonly position: number | undefined
  /** What the file system failed at, if it did: after `sync` nothing more should be written to that disk. */
  readonly operation: string | undefined
}

export type CleanOutput = CleanSuccess | CleanFailure
