/** What goes wrong above the file system: one error class with a code, and where it happened. */

export type StorageErrorCode =
  /** Bytes that were committed are not what was written. Nothing was changed on disk. */
  | 'damaged'
  /** The log, or its directory, had an error after which nothing may be written: a failed sync, or a failed repair. */
  | 'offline'
  /** A write failed; what it held is not in the log. Later appends work. */
  | 'write-failed'
  /** The log is closed or deleted. */
  | 'closed'
  /** The directory belongs to another topic of the same name. */
  | 'topic-id-mismatch'
  /** A record format that Millrace does not read (magic 0 and 1). */
  | 'unsupported-format'
  /** An offset outside of the log. */
  | 'out-of-range'
  /** A log directory that this node must not open. */
  | 'invalid-directory'
  /** A file whose content is not what its name promises. */
  | 'invalid-file'
  /** A configuration value that Kafka would refuse. */
  | 'invalid-config'
  /** A log that exists already, or does not. */
  | 'wrong-state'

export interface StorageErrorPlace {
  /** The file or directory concerned. */
  readonly path?: string
  /** The byte in that file. */
  readonly position?: number
  readonly cause?: unknown
}

export class StorageError extends Error {
  override readonly name = 'StorageError'
  readonly code: StorageErrorCode
  readonly path: string | undefined
  readonly position: number | undefined

  constructor(code: StorageErrorCode, message: string, place: StorageErrorPlace = {}) {
    super(message, place.cause === undefined ? undefined : { cause: place.cause })
    this.code = code
    this.path = place.path
    this.position = place.position
  }
}

/** True for a {@link StorageError} with this code. */
export function isStorageError(error: unknown, code: StorageErrorCode): error is StorageError {
  return error instanceof StorageError && error.code === code
}
