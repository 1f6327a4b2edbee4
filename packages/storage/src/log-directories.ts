/** The log directories of a broker: which work, which do not and why, and where the next log goes. */
import type { Logger, Uuid } from '@millrace/base'
import { DataDirectory } from './data-directory.ts'
import { StorageError } from './errors.ts'
import { type FileSystem, FileSystemError } from './fs/port.ts'
import { checkMetaProperties } from './meta-properties.ts'
import { isSyncFailure } from './segment-io.ts'

export interface LogDirectoriesOptions {
  readonly fileSystem: FileSystem
  /** `log.dirs`: formatted directories. One that cannot be used is offline, and the others work. */
  readonly directories: readonly string[]
  /** Where the metadata log is, which has to work; it need not be one of `directories`. Default: the first of them. */
  readonly metadataDirectory?: string
  /** Directories that are known to be of no use, with the reason. */
  readonly unusable?: ReadonlyMap<string, Error>
  readonly nodeId: number
  /** Compared with the directories'; undefined: whatever they say, as long as they agree. */
  readonly clusterId?: string
  readonly logger: Logger
}

/** A log directory as it is now. */
export interface LogDirectory {
  readonly path: string
  /** Undefined when `meta.properties` has none, or could not be read. */
  readonly directoryId: Uuid | undefined
  readonly isOnline: boolean
  /** Why it is not online. */
  readonly error?: Error
}

export class LogDirectories {
  readonly #options: LogDirectoriesOptions
  readonly #homes: DataDirectory[] = []
  /** Those that failed while they were used, with the reason. */
  readonly #offline = new Map<DataDirectory, Error>()
  /** Those that could not be used from the start. */
  readonly #unusable = new Map<string, Error>()
  /** The broker epochs that they were left with; undefined after a crash. */
  readonly #cleanEpochs = new Map<DataDirectory, number | undefined>()
  /** How many logs are being made in each. */
  readonly #placing = new Map<DataDirectory, number>()

  constructor(options: LogDirectoriesOptions) {
    this.#options = options
  }

  /**
   * Locks the directories and reads their files; changes nothing. Throws FileSystemError `locked` and StorageError
   * `invalid-directory`, and what is wrong with the directory of the metadata.
   */
  async open(): Promise<void> {
    for (const path of new Set([this.metadataPath, ...this.#options.directories])) await this.#open(path)
    const found = this.#homes.map(({ path, meta }) => ({ directory: path, properties: meta }))
    checkMetaProperties(found, this.#options)
    for (const home of this.#homes) this.#cleanEpochs.set(home, home.cleanEpoch)
  }

  async #open(path: string): Promise<void> {
    const { fileSystem, logger, unusable } = this.#options
    try {
      const known = unusable?.get(path)
      if (known !== undefined) throw known
      this.#homes.push(await DataDirectory.open(fileSystem, path, logger))
    } catch (error) {
      const isLost = error instanceof FileSystemError && error.code !== 'locked'
      if (path === this.metadataPath || !isLost) throw error
      this.#unusable.set(path, error)
    }
  }

  /** Those that were opened, also when they failed since; the one of the metadata first. */
  get opened(): readonly DataDirectory[] {
    return this.#homes
  }

  /** Those that work. */
  get working(): DataDirectory[] {
    return this.#homes.filter((home) => !this.#offline.has(home))
  }

  /** Whether none is missing. */
  get isWhole(): boolean {
    return this.#unusable.size === 0 && this.#offline.size === 0
  }

  get metadataPath(): string {
    return this.#options.metadataDirectory ?? (this.#options.directories[0] as string)
  }

  /** The directory of the metadata log. Throws when it does not work. */
  get metadataHome(): DataDirectory {
    const home = this.at(this.metadataPath)
    if (home !== undefined) return home
    throw this.describe(this.metadataPath).error ?? new StorageError('offline', 'the metadata directory is offline')
  }

  /** The `log.dirs`, in their order. */
  describeAll(): LogDirectory[] {
    return this.#options.directories.map((path) => this.describe(path))
  }

  describe(path: string): LogDirectory {
    const home = this.#homes.find((each) => each.path === path)
    const error = home === undefined ? this.#unusable.get(path) : this.#offline.get(home)
    const isOnline = home !== undefined && error === undefined
    return { path, directoryId: home?.meta?.directoryId, isOnline, ...(error === undefined ? {} : { error }) }
  }

  /** The one with that path, if it works. */
  at(path: string | undefined): DataDirectory | undefined {
    return this.working.find((home) => home.path === path)
  }

  /** The one of `log.dirs` with that path. Throws when it is none of them, and the reason when it does not work. */
  require(path: string): DataDirectory {
    const home = this.#options.directories.includes(path) ? this.at(path) : undefined
    if (home !== undefined) return home
    throw this.describe(path).error ?? new StorageError('invalid-directory', `${path} is no log directory`, { path })
  }

  /** Why a directory does not work; undefined when it does. */
  errorOf(home: DataDirectory): Error | undefined {
    return this.#offline.get(home)
  }

  /** From now on it does not work. False when that was so already. */
  takeOffline(home: DataDirectory, error: Error): boolean {
    if (this.#offline.has(home)) return false
    this.#offline.set(home, error)
    return true
  }

  /** It could not be read as far as it has to be: nobody knows how it was left. */
  takeOfflineUnread(home: DataDirectory, error: Error): void {
    this.#cleanEpochs.set(home, undefined)
    this.takeOffline(home, error)
  }

  /**
   * The broker epoch of the process before, when it stopped cleanly in every directory; undefined after a crash.
   * -1 when it stopped cleanly without saying.
   */
  get previousBrokerEpoch(): number | undefined {
    // One that is not there cannot say how it was left.
    const epochs = this.#options.directories.map((path) => {
      const home = this.#homes.find((each) => each.path === path)
      return home === undefined ? undefined : this.#cleanEpochs.get(home)
    })
    return epochs.every((epoch) => epoch === epochs[0]) ? epochs[0] : undefined
  }

  /**
   * Where the next log goes: the one of `log.dirs` that works and has the fewest. Throws `offline` when none works.
   *
   * @param occupied the directory of every log
   */
  emptiest(occupied: Iterable<DataDirectory>): DataDirectory {
    const usable = this.#options.directories.flatMap((path) => this.at(path) ?? [])
    const counts = new Map(usable.map((home) => [home, this.#placing.get(home) ?? 0]))
    for (const home of occupied) {
      const count = counts.get(home)
      if (count !== undefined) counts.set(home, count + 1)
    }
    const [first] = [...counts].sort(([, a], [, b]) => a - b)
    if (first === undefined) throw new StorageError('offline', 'no log directory works: repair the disks and restart')
    return first[0]
  }

  /** Makes a log in a directory, which counts as one more of its logs meanwhile. */
  async placing<T>(home: DataDirectory, make: () => Promise<T>): Promise<T> {
    this.#placing.set(home, (this.#placing.get(home) ?? 0) + 1)
    try {
      return await make()
    } finally {
      this.#placing.set(home, (this.#placing.get(home) ?? 1) - 1)
    }
  }
}

/** What a disk does that fails, is gone or takes no writes; not a full one, and nothing that is found on a good one. */
export function isDiskFailure(error: unknown): error is FileSystemError {
  if (!(error instanceof FileSystemError)) return false
  return isSyncFailure(error) || ['io', 'permission', 'not-found'].includes(error.code)
}
