/** Open files, shared by path and counted: a limit on descriptors, with files kept open while anyone uses them. */
import type { Logger } from '@millrace/base'
import { type File, type FileSystem, parentPath } from './fs/port.ts'

/** A use of an open file. The file stays open, also after its removal or renaming, until every use is released. */
export interface FileLease {
  readonly file: File
  /** One more use of the same file. */
  retain(): FileLease
  /** Ends this use; once. */
  release(): void
}

interface PooledFile {
  readonly path: string
  readonly opening: Promise<File>
  file: File | undefined
  uses: number
  /** No longer the file at its path: closed with its last use. */
  isDetached: boolean
}

export class FilePool {
  readonly #fileSystem: FileSystem
  readonly #openMax: number
  readonly #logger: Logger
  readonly #files = new Map<string, PooledFile>()
  readonly #byDirectory = new Map<string, Set<PooledFile>>()
  /** Files without a use, the longest unused first. */
  readonly #idle = new Set<PooledFile>()
  #openCount = 0

  /** `openMax` counts files in use as well, but never makes anyone wait: above it, files are closed with their last use. */
  constructor(fileSystem: FileSystem, openMax: number, logger: Logger) {
    this.#fileSystem = fileSystem
    this.#openMax = openMax
    this.#logger = logger
  }

  get openCount(): number {
    return this.#openCount
  }

  /** True when files that could be released should be. */
  get isCrowded(): boolean {
    return this.#openCount > this.#openMax
  }

  /** A use of the file when it is open already. */
  tryAcquire(path: string): FileLease | undefined {
    const pooled = this.#files.get(path)
    return pooled?.file === undefined ? undefined : this.#lease(pooled, pooled.file)
  }

  async acquire(path: string, mode: 'write' | 'create'): Promise<FileLease> {
    const pooled = this.#files.get(path) ?? this.#open(path, mode)
    // Counted before the wait, so that nobody closes it meanwhile.
    this.#use(pooled)
    try {
      const file = await pooled.opening
      return this.#leaseOf(pooled, file)
    } catch (error) {
      pooled.uses--
      throw error
    }
  }

  /** The path is about to mean another file, or none: later calls open anew. */
  forget(path: string): void {
    const pooled = this.#files.get(path)
    if (pooled !== undefined) this.#forget(pooled)
  }

  /** Forgets every file in the directory. */
  forgetDirectory(directory: string): void {
    for (const pooled of [...(this.#byDirectory.get(directory) ?? [])]) this.#forget(pooled)
  }

  #forget(pooled: PooledFile): void {
    this.#unlist(pooled)
    pooled.isDetached = true
    if (pooled.uses === 0) this.#close(pooled)
  }

  #list(pooled: PooledFile): void {
    this.#files.set(pooled.path, pooled)
    const directory = parentPath(pooled.path)
    const siblings = this.#byDirectory.get(directory)
    if (siblings === undefined) this.#byDirectory.set(directory, new Set([pooled]))
    else siblings.add(pooled)
  }

  #unlist(pooled: PooledFile): void {
    if (this.#files.get(pooled.path) === pooled) this.#files.delete(pooled.path)
    const directory = parentPath(pooled.path)
    const siblings = this.#byDirectory.get(directory)
    siblings?.delete(pooled)
    if (siblings?.size === 0) this.#byDirectory.delete(directory)
  }

  #open(path: string, mode: 'write' | 'create'): PooledFile {
    const opening = this.#fileSystem.open(path, mode)
    const pooled: PooledFile = { path, opening, file: undefined, uses: 0, isDetached: false }
    this.#list(pooled)
    this.#openCount++
    opening.then(
      (file) => {
        pooled.file = file
      },
      () => {
        this.#openCount--
        this.#unlist(pooled)
      },
    )
    return pooled
  }

  #use(pooled: PooledFile): void {
    pooled.uses++
    this.#idle.delete(pooled)
  }

  #lease(pooled: PooledFile, file: File): FileLease {
    this.#use(pooled)
    return this.#leaseOf(pooled, file)
  }

  #leaseOf(pooled: PooledFile, file: File): FileLease {
    let isReleased = false
    return {
      file,
      retain: () => this.#lease(pooled, file),
      release: () => {
        if (isReleased) return
        isReleased = true
        this.#unuse(pooled)
      },
    }
  }

  #unuse(pooled: PooledFile): void {
    if (--pooled.uses > 0) return
    if (pooled.isDetached) {
      this.#close(pooled)
      return
    }
    this.#idle.add(pooled)
    for (const oldest of this.#idle) {
      if (!this.isCrowded) break
      this.#unlist(oldest)
      this.#close(oldest)
    }
  }

  #close(pooled: PooledFile): void {
    this.#idle.delete(pooled)
    pooled.isDetached = true
    this.#openCount--
    pooled.opening
      .then((file) => file.close())
      .catch((error: unknown) => this.#logger.warn('a file could not be closed', { path: pooled.path, error }))
  }
}
