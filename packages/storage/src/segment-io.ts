/** The file operations of segments: writing groups, syncing, sealing, cutting, setting aside. One log's IO goes through here. */
import type { Clock, Logger, Timer } from '@millrace/base'
import { removeFileIfAny } from './atomic-file.ts'
import { deletedSuffix, logFileName } from './file-names.ts'
import type { FileLease, FilePool } from './file-pool.ts'
import { type FileSystem, FileSystemError, isFileSystemError, joinPath } from './fs/port.ts'
import { type IndexCache, writeIndexes } from './index-files.ts'
import type { Segment } from './segment.ts'

interface SegmentIoPorts {
  readonly fileSystem: FileSystem
  readonly pool: FilePool
  readonly cache: IndexCache
  readonly clock: Clock
  readonly logger: Logger
}

/** True for an error after which nothing is known about earlier writes. */
export function isSyncFailure(error: unknown): boolean {
  return error instanceof FileSystemError && (error.operation === 'sync' || error.operation === 'sync directory')
}

/** A snapshot is named for the segment that it stands before. */
const segmentFileKinds = ['log', 'index', 'timeindex', 'txnindex', 'snapshot'] as const

export class SegmentIo {
  readonly fileSystem: FileSystem
  readonly pool: FilePool
  readonly cache: IndexCache
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #directory: string
  readonly #removals = new Set<Timer>()
  #isClosed = false

  constructor(ports: SegmentIoPorts, directory: string) {
    this.fileSystem = ports.fileSystem
    this.pool = ports.pool
    this.cache = ports.cache
    this.#clock = ports.clock
    this.#logger = ports.logger
    this.#directory = directory
  }

  /** One gathered write at `position`. A short one is a failure: the next would most likely find no space either. */
  async write(segment: Segment, buffers: readonly Buffer[], byteLength: number, position: number): Promise<void> {
    this.#checkOpen('write', segment)
    segment.dirtyLease ??= await this.pool.acquire(segment.path, segment.exists ? 'write' : 'create')
    segment.exists = true
    const count = await segment.dirtyLease.file.write(buffers, position)
    if (count === byteLength) return
    throw new FileSystemError('no-space', 'write', segment.path, `${count} of ${byteLength} bytes were written`)
  }

  /** Makes what is written durable, and the file's name if it is new. Not any more once a sync failed: it would say nothing. */
  async sync(segment: Segment): Promise<void> {
    this.#checkOpen('sync', segment)
    if (segment.exists && segment.durableSize < segment.writtenSize) {
      segment.dirtyLease ??= await this.pool.acquire(segment.path, 'write')
      const size = segment.writtenSize
      await segment.dirtyLease.file.sync()
      segment.durableSize = size
    }
    if (segment.exists && !segment.isNameDurable) {
      await this.fileSystem.syncDirectory(this.#directory)
      segment.isNameDurable = true
    }
    if (segment.durableSize === segment.writtenSize && this.pool.isCrowded) segment.releaseDirty()
  }

  /** Makes the file when nothing was ever written to the segment, so that its base offset is known after a restart. */
  async create(segment: Segment): Promise<void> {
    if (segment.exists) return
    ;(await this.pool.acquire(segment.path, 'create')).release()
    segment.exists = true
  }

  /** Ends a segment: indexes on disk, everything durable, its memory free. */
  async seal(segment: Segment): Promise<void> {
    await this.writeIndexes(segment)
    await this.sync(segment)
    const { indexes } = segment
    if (indexes === undefined) return
    segment.indexes = undefined
    this.cache.put(segment, indexes)
    segment.releaseDirty()
  }

  /** Puts the indexes of a segment that is in memory on disk, with the time index entry that closing forces. */
  async writeIndexes(segment: Segment): Promise<void> {
    if (segment.indexes === undefined || !segment.exists || segment.areIndexesAsFound) return
    segment.finishTimeIndex()
    await writeIndexes(this.fileSystem, segment, segment.indexes)
    await this.fileSystem.syncDirectory(this.#directory)
    segment.isNameDurable = true
  }

  /** Cuts the file to `size` bytes. */
  async cut(segment: Segment, size: number, isSynced: boolean): Promise<void> {
    if (!segment.exists) return
    segment.dirtyLease ??= await this.pool.acquire(segment.path, 'write')
    await segment.dirtyLease.file.truncate(size)
    if (!isSynced) return
    await segment.dirtyLease.file.sync()
    if (segment.isNameDurable) return
    await this.fileSystem.syncDirectory(this.#directory)
    segment.isNameDurable = true
  }

  /** A use of the segment's file for reading. */
  open(segment: Segment): FileLease | Promise<FileLease> {
    if (segment.arriving !== undefined) return segment.arriving.then(() => this.open(segment))
    return this.pool.tryAcquire(segment.path) ?? this.pool.acquire(segment.path, 'write')
  }

  /**
   * Renames the files of segments that left the log, and removes them `delayMs` later, or at the next start when that is
   * undefined. Readers keep what they have open.
   */
  async setAside(segments: readonly Segment[], delayMs: number | undefined): Promise<void> {
    for (const segment of segments) {
      segment.releaseDirty()
      this.cache.drop(segment)
      this.pool.forget(segment.path)
      for (const kind of segmentFileKinds) await this.#retire(logFileName(segment.baseOffset, kind), delayMs)
    }
    if (segments.length > 0) await this.fileSystem.syncDirectory(this.#directory)
  }

  async #retire(name: string, delayMs: number | undefined): Promise<void> {
    const path = joinPath(this.#directory, name)
    try {
      await this.fileSystem.rename(path, path + deletedSuffix)
    } catch (error) {
      if (isFileSystemError(error, 'not-found')) return
      throw error
    }
    if (delayMs !== undefined) this.removeLater([path + deletedSuffix], delayMs)
  }

  /** Removes files that were taken out of the log. */
  removeLater(paths: readonly string[], delayMs: number): void {
    const timer = this.#clock.schedule(delayMs, () => {
      this.#removals.delete(timer)
      for (const path of paths) {
        removeFileIfAny(this.fileSystem, path).catch((error: unknown) => {
          this.#logger.warn('a file could not be removed; the next start does it', { path, error })
        })
      }
    })
    this.#removals.add(timer)
  }

  #checkOpen(operation: string, { path }: Segment): void {
    if (this.#isClosed) throw new FileSystemError('closed', operation, path, 'its log has ended')
  }

  /** Ends writing and syncing, and leaves removals that are due later to the next start. */
  close(): void {
    this.#isClosed = true
    for (const timer of this.#removals) timer.cancel()
    this.#removals.clear()
  }
}
