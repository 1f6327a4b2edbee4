/** The file-system port: the only thing a new medium implements. Kafka's rules about logs live above it, once. */

/** What went wrong, whatever the medium. */
export type FileSystemErrorCode =
  | 'not-found'
  | 'exists'
  | 'not-a-file'
  | 'not-a-directory'
  | 'locked'
  | 'too-large'
  | 'no-space'
  | 'permission'
  | 'closed'
  | 'io'

/** A failed operation on the medium. `operation` and `path` say which one; the system's error is the `cause`. */
export class FileSystemError extends Error {
  override readonly name = 'FileSystemError'
  readonly code: FileSystemErrorCode
  readonly operation: string
  readonly path: string

  constructor(code: FileSystemErrorCode, operation: string, path: string, detail: string, cause?: unknown) {
    super(`${operation} ${path}: ${detail}`, cause === undefined ? undefined : { cause })
    this.code = code
    this.operation = operation
    this.path = path
  }
}

/** `read`: existing, reading only. `write`: existing, reading and writing. `create`: as `write`, made when missing. */
export type OpenMode = 'read' | 'write' | 'create'

export interface DirectoryEntry {
  readonly name: string
  readonly kind: 'file' | 'directory'
}

export interface FileStatus {
  readonly kind: 'file' | 'directory'
  /** Bytes; 0 for a directory. */
  readonly size: number
  /** Wall clock of the last change, milliseconds since 1970. */
  readonly modifiedMs: number
}

/** Held until `release`, or until the process ends, however it ends. */
export interface Lock {
  release(): Promise<void>
}

export interface FileSystem {
  /** Opens a file. Codes: `not-found`, `not-a-file`. */
  open(path: string, mode: OpenMode): Promise<File>
  /** What a directory holds, sorted by name. Codes: `not-found`, `not-a-directory`. Neither files nor directories are left out. */
  list(path: string): Promise<DirectoryEntry[]>
  /** Undefined when nothing is there. */
  stat(path: string): Promise<FileStatus | undefined>
  /** The whole file. Code `too-large` above `sizeMax` bytes, before anything is allocated. */
  readFile(path: string, sizeMax: number): Promise<Buffer>
  /** Makes the directory and its parents; one that exists is no error. */
  makeDirectory(path: string): Promise<void>
  /** Atomic; replaces a file at `to`. */
  rename(from: string, to: string): Promise<void>
  /** Removes a file. Code `not-found`. */
  remove(path: string): Promise<void>
  /** Removes a directory and all in it; one that does not exist is no error. */
  removeDirectory(path: string): Promise<void>
  /** Makes creations, renames and removals in the directory durable. */
  syncDirectory(path: string): Promise<void>
  /** An exclusive lock between processes (and within one), released by a crash. Code `locked`. */
  lock(path: string): Promise<Lock>
  /** Bytes that can still be written, where the medium knows. */
  freeSize?(path: string): Promise<number>
  /** Bytes of the volume that holds the path, where the medium knows. */
  totalSize?(path: string): Promise<number>
  /** Does something that makes many short calls while there is little else to do: they may be answered before anybody else is. */
  inPlace?<T>(action: () => Promise<T>): Promise<T>
}

export interface File {
  readonly path: string
  /** The system's descriptor where there is one, for `sendfile`. */
  readonly descriptor?: number
  /** Fills `target` from `position`; the number of bytes read, 0 at the end. May be short. */
  read(target: Buffer, position: number): Promise<number>
  /** One gathered write at `position`; the number of bytes written. May be short. The buffers must stay as they are until it ends. */
  write(buffers: readonly Buffer[], position: number): Promise<number>
  /** Cuts or extends (with zeros) the file. */
  truncate(size: number): Promise<void>
  /** Makes the file's data and size durable (`fdatasync`). After a failure nothing is known about earlier writes: never retry. */
  sync(): Promise<void>
  size(): Promise<number>
  /** Closing twice is no error. */
  close(): Promise<void>
}

/** True for a {@link FileSystemError} with this code. */
export function isFileSystemError(error: unknown, code: FileSystemErrorCode): boolean {
  return error instanceof FileSystemError && error.code === code
}

/** Joins path segments with `/`, which every supported system understands. */
export function joinPath(directory: string, name: string): string {
  return directory.endsWith('/') ? directory + name : `${directory}/${name}`
}

/** The directory part of a path; `/` at the top and `.` without one. */
export function parentPath(path: string): string {
  const trimmed = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
  const cut = trimmed.lastIndexOf('/')
  if (cut < 0) return '.'
  return cut === 0 ? '/' : trimmed.slice(0, cut)
}

/** The last part of a path. */
export function baseName(path: string): string {
  const trimmed = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
  return trimmed.slice(trimmed.lastIndexOf('/') + 1)
}

/** Reads exactly `size` bytes from `position`, or fewer when the file ends first. */
export async function readFully(file: File, target: Buffer, position: number): Promise<number> {
  let filled = 0
  while (filled < target.length) {
    const count = await file.read(filled === 0 ? target : target.subarray(filled), position + filled)
    if (count === 0) break
    filled += count
  }
  return filled
}

/** Writes all of `bytes` at `position`, however often the medium stops short. Fails when it makes no progress. */
export async function writeFully(file: File, bytes: Buffer, position: number): Promise<void> {
  let done = 0
  while (done < bytes.length) {
    const count = await file.write([done === 0 ? bytes : bytes.subarray(done)], position + done)
    if (count <= 0) throw new FileSystemError('no-space', 'write', file.path, 'the medium took no bytes')
    done += count
  }
}
