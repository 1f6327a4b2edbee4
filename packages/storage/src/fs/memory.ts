/** A file system in memory: for tests, simulation and brokers that keep nothing. Every operation ends in a later macrotask. */
import type { Clock } from '@millrace/base'
import { Disk, type DiskFile, type DiskObserver } from './disk.ts'
import {
  type DirectoryEntry,
  type File,
  type FileStatus,
  type FileSystem,
  FileSystemError,
  type Lock,
  type OpenMode,
} from './port.ts'

/** When operations take effect: each is handed over as a callback, run once, in a macrotask of its own. A {@link Clock} is one. */
export type MemoryScheduler = Pick<Clock, 'now' | 'defer'>

/** Which call is about to take effect. `size` is the bytes of a write. */
export interface Operation {
  readonly name: OperationName
  readonly path: string
  readonly size: number
}

export type OperationName =
  | 'open'
  | 'read'
  | 'write'
  | 'truncate'
  | 'sync'
  | 'stat'
  | 'list'
  | 'rename'
  | 'remove'
  | 'make directory'
  | 'remove directory'
  | 'sync directory'

/** What the faulty disk adds to the plain one. */
export interface MemoryHooks extends DiskObserver {
  /** Called before an operation takes effect. Throws to fail it; for a write, returns how many bytes to take when fewer. */
  before(operation: Operation): number | undefined
  synced(file: DiskFile): void
  /** A sync failed: what was not durable then never becomes so, though later syncs succeed. */
  syncFailed(file: DiskFile): void
  directorySynced(path: string): void
}

/** A disk as one process sees it. Paths start at `/`; locks are held within the object. */
export class MemoryFileSystem implements FileSystem {
  readonly disk: Disk
  readonly #scheduler: MemoryScheduler
  readonly #hooks: MemoryHooks | undefined
  readonly #locks = new Set<string>()
  #isDead = false

  /** An empty disk, unless there is one already. */
  constructor(scheduler: MemoryScheduler, disk?: Disk, hooks?: MemoryHooks) {
    this.#scheduler = scheduler
    this.#hooks = hooks
    this.disk = disk ?? new Disk(() => scheduler.now(), hooks)
  }

  /** Ends the process, as `kill -9` does: none of its operations takes effect any more, those under way included, or ever ends. */
  kill(): void {
    this.#isDead = true
  }

  /** Ends the process. What the next one finds: everything that was written, no locks. */
  restart(): MemoryFileSystem {
    this.kill()
    return new MemoryFileSystem(this.#scheduler, this.disk, this.#hooks)
  }

  open(path: string, mode: OpenMode): Promise<File> {
    return this.run('open', path, 0, () => {
      const file = mode === 'create' ? this.disk.create(path) : this.disk.file(path, 'open')
      return new MemoryFile(this, this.#hooks, path, file, mode !== 'read')
    })
  }

  list(path: string): Promise<DirectoryEntry[]> {
    return this.run('list', path, 0, () => this.disk.list(path))
  }

  stat(path: string): Promise<FileStatus | undefined> {
    return this.run('stat', path, 0, () => this.disk.stat(path))
  }

  readFile(path: string, sizeMax: number): Promise<Buffer> {
    return this.run('read', path, 0, () => {
      const file = this.disk.file(path, 'read')
      if (file.size > sizeMax) {
        throw new FileSystemError('too-large', 'read', path, `${file.size} bytes, more than the ${sizeMax} allowed`)
      }
      return Buffer.from(file.bytes.subarray(0, file.size))
    })
  }

  makeDirectory(path: string): Promise<void> {
    return this.run('make directory', path, 0, () => this.disk.makeDirectory(path))
  }

  rename(from: string, to: string): Promise<void> {
    return this.run('rename', from, 0, () => this.disk.rename(from, to))
  }

  remove(path: string): Promise<void> {
    return this.run('remove', path, 0, () => this.disk.remove(path))
  }

  removeDirectory(path: string): Promise<void> {
    return this.run('remove directory', path, 0, () => this.disk.removeDirectory(path))
  }

  syncDirectory(path: string): Promise<void> {
    return this.run('sync directory', path, 0, () => {
      this.disk.directory(path, 'sync directory')
      this.#hooks?.directorySynced(path)
    })
  }

  lock(path: string): Promise<Lock> {
    return this.run('open', path, 0, () => {
      if (this.#locks.has(path)) throw new FileSystemError('locked', 'lock', path, 'it is held already')
      this.disk.create(path)
      this.#locks.add(path)
      return { release: async () => void this.#locks.delete(path) }
    })
  }

  /** Runs `effect` in a later macrotask, unless its process is gone by then: such a call never ends. */
  run<T>(name: OperationName, path: string, size: number, effect: (taken: number) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#scheduler.defer(() => {
        if (this.#isDead) return
        try {
          const taken = this.#hooks?.before({ name, path, size })
          resolve(effect(taken ?? size))
        } catch (error) {
          reject(error)
        }
      })
    })
  }
}

class MemoryFile implements File {
  readonly path: string
  readonly #fileSystem: MemoryFileSystem
  readonly #hooks: MemoryHooks | undefined
  readonly #file: DiskFile
  readonly #isWritable: boolean
  #isClosed = false

  constructor(
    fileSystem: MemoryFileSystem,
    hooks: MemoryHooks | undefined,
    path: string,
    file: DiskFile,
    isWritable: boolean,
  ) {
    this.#fileSystem = fileSystem
    this.#hooks = hooks
    this.path = path
    this.#file = file
    this.#isWritable = isWritable
  }

  async read(target: Buffer, position: number): Promise<number> {
    this.#checkOpen('read')
    return this.#fileSystem.run('read', this.path, 0, () => this.#fileSystem.disk.read(this.#file, target, position))
  }

  async write(buffers: readonly Buffer[], position: number): Promise<number> {
    this.#checkOpen('write')
    this.#checkWritable('write')
    const size = buffers.reduce((sum, buffer) => sum + buffer.length, 0)
    return this.#fileSystem.run('write', this.path, size, (taken) => {
      this.#fileSystem.disk.write(this.#file, Buffer.concat(buffers).subarray(0, taken), position)
      return taken
    })
  }

  async truncate(size: number): Promise<void> {
    this.#checkOpen('truncate')
    this.#checkWritable('truncate')
    return this.#fileSystem.run('truncate', this.path, 0, () => this.#fileSystem.disk.truncate(this.#file, size))
  }

  async sync(): Promise<void> {
    this.#checkOpen('sync')
    try {
      await this.#fileSystem.run('sync', this.path, 0, () => this.#hooks?.synced(this.#file))
    } catch (error) {
      this.#hooks?.syncFailed(this.#file)
      throw error
    }
  }

  async size(): Promise<number> {
    this.#checkOpen('stat')
    return this.#fileSystem.run('stat', this.path, 0, () => this.#file.size)
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  #checkOpen(operation: string): void {
    if (this.#isClosed) throw new FileSystemError('closed', operation, this.path, 'the file is closed')
  }

  #checkWritable(operation: string): void {
    if (!this.#isWritable) {
      throw new FileSystemError('permission', operation, this.path, 'the file is open for reading only')
    }
  }
}
