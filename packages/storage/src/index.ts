export type { AppendOptions, AppendOrigin, AppendResult } from './append.ts'
export { readFileIfAny, replaceFile } from './atomic-file.ts'
export { createCleanJob } from './cleaner/clean.ts'
export {
  type CleanupPolicy,
  type CompressionType,
  defaultLogConfig,
  type LogConfig,
  logConfigTable,
  parseLogConfig,
  type TimestampType,
  unlimited,
} from './config.ts'
export { formatDirectory } from './data-directory.ts'
export { isStorageError, StorageError, type StorageErrorCode, type StorageErrorPlace } from './errors.ts'
export { canBeMoved, logDirectoryName, type TopicPartition } from './file-names.ts'
export { type FileLease, FilePool } from './file-pool.ts'
export { MemoryFileSystem, type MemoryScheduler } from './fs/memory.ts'
export { NodeFileSystem } from './fs/node.ts'
export {
  type DirectoryEntry,
  type File,
  type FileStatus,
  type FileSystem,
  FileSystemError,
  type FileSystemErrorCode,
  isFileSystemError,
  joinPath,
  type Lock,
  type OpenMode,
  parentPath,
  readFully,
  writeFully,
} from './fs/port.ts'
export { IndexCache } from './index-files.ts'
export type { EpochEnd } from './leader-epochs.ts'
export { Log } from './log.ts'
export type { CleanerSettings } from './log-cleaner.ts'
export type { LogDirectory } from './log-directories.ts'
export type { LogMove } from './log-move.ts'
export type { Durability, LogListener, LogOptions } from './log-options.ts'
export type { ReadOptions, ReadResult } from './log-reader.ts'
export type { LogSlice } from './log-slice.ts'
export {
  type FailedLog,
  LogManager,
  type LogManagerOptions,
  metadataPartition,
  type StrayDirectory,
} from './manager.ts'
export {
  decodeMetaProperties,
  encodeMetaProperties,
  type MetaProperties,
  metaPropertiesFileName,
} from './meta-properties.ts'
export type { ProducerBatch, ProducerEntry } from './producer-state.ts'
export type { RetentionPlan, RetentionReason } from './retention.ts'
export type { TimestampedOffset } from './time-search.ts'
export type { AbortedTransaction } from './transaction-index.ts'
export type { RecordError, Refusal } from './validate.ts'
export { whenAckable } from './when-ackable.ts'
