/** All logs of a broker in its log directories: opening, creating, deleting, checkpoints, and what happens when a disk fails. */
import {
  type Clock,
  inlineWorkers,
  type Logger,
  type Random,
  sha256,
  type Timer,
  type Uuid,
  type Workers,
} from '@millrace/base'
import {
  cleanerFileName,
  highWatermarkFileName,
  logStartFileName,
  type PartitionOffset,
  recoveryPointFileName,
} from './checkpoint.ts'
import { createCleanJob } from './cleaner/clean.ts'
import { defaultLogConfig, type LogConfig } from './config.ts'
import { type CheckpointName, DataDirectory } from './data-directory.ts'
import { StorageError } from './errors.ts'
import { logDirectoryName, parseLogDirectoryName, retiredDirectoryName, type TopicPartition } from './file-names.ts'
import { FilePool } from './file-pool.ts'
import { type FileSystem, FileSystemError, joinPath } from './fs/port.ts'
import { type FoundFuture, FutureLogs, type OpenedAt } from './future-logs.ts'
import { IndexCache } from './index-files.ts'
import { forEachLimited } from './limited.ts'
import { Log } from './log.ts'
import { type CleanerSettings, LogCleaner } from './log-cleaner.ts'
import type { LogMove } from './log-move.ts'
import type { Durability } from './log-options.ts'
import { checkMetaProperties } from './meta-properties.ts'
import { isSyncFailure } from './segment-io.ts'

/** The log of the cluster's metadata: opened by whoever runs consensus, not with the others. */
export const metadataPartition: TopicPartition = { topic: '__cluster_metadata', partition: 0 }

const uniqueSize = 16
const checkpointed = [recoveryPointFileName, logStartFileName, highWatermarkFileName, cleanerFileName] as const

export interface LogManagerOptions {
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
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** What takes too long for the event loop is done here: compression, compaction. In place by default. */
  readonly workers?: Workers
  readonly durability: Durability
  /**
   * The settings of a topic's logs that are found when opening. Recovery depends on `cleanupPolicy`: say `compact` for a topic
   * whose settings are not known, or gaps that compaction left may be taken for damage.
   */
  readonly configFor: (topic: string) => LogConfig
  /** A failed sync, or an error after which its logs are not certain: none of them is written any more. */
  readonly onDirectoryFailure?: (directory: string, error: StorageError) => void
  /** How often recovery points and log starts are written. 60,000 by default. */
  readonly recoveryPointCheckpointMs?: number
  /** How often high watermarks are written. 5,000 by default. */
  readonly highWatermarkCheckpointMs?: number
  /** `producer.id.expiration.ms`, 86,400,000 by default. Read at every check. */
  readonly producerExpirationMs?: number
  /** How often silent producers are looked for. 600,000 by default. */
  readonly producerExpirationCheckMs?: number
  /** How compacted logs are cleaned; read anew for each round. Undefined: they are not. */
  readonly cleanerSettings?: () => CleanerSettings
  /** `log.retention.check.interval.ms`, 300,000 by default; the first time after `initialTaskDelayMs`, 30,000 by default. */
  readonly retentionCheckMs?: number
  readonly initialTaskDelayMs?: number
  /** Open files kept, besides those in use. 4,096 by default. */
  readonly openFilesMax?: number
  /** Memory for indexes of closed segments. 32 MiB by default. */
  readonly indexCacheBytesMax?: number
  /** Logs opened or closed at once. 4 by default (`num.recovery.threads.per.data.dir`). */
  readonly concurrencyMax?: number
}

/** A partition whose log could not be opened. Nothing was changed on disk. */
export interface FailedLog extends TopicPartition {
  readonly directory: string
  readonly error: Error
}

/** A directory that is no log of this broker: kept as it is. */
export interface StrayDirectory {
  readonly path: string
  readonly kind: 'stray' | 'unknown'
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

interface Managed {
  readonly log: Log
  readonly home: DataDirectory
}

export class LogManager {
  readonly #options: LogManagerOptions
  readonly #homes: readonly DataDirectory[]
  readonly #pool: FilePool
  readonly #cache: IndexCache
  readonly #logs = new Map<string, Managed>()
  readonly #failed = new Map<string, FailedLog>()
  readonly #creating = new Map<string, Promise<Log>>()
  readonly #strays: StrayDirectory[] = []
  /** Directories that failed while they were used, with the reason. */
  readonly #offline = new Map<DataDirectory, Error>()
  /** Directories that could not be used from the start. */
  readonly #unusable = new Map<string, Error>()
  /** How many logs are being made in each directory. */
  readonly #placing = new Map<DataDirectory, number>()
  readonly #futures: FutureLogs
  readonly #foundFutures: FoundFuture[] = []
  readonly #timers = new Set<Timer>()
  readonly #cleaner: LogCleaner | undefined
  /** Where the last cleaning of a log ended, by its name. */
  readonly #cleaned = new Map<string, PartitionOffset>()
  /** The broker epochs that the directories were left with; undefined after a crash. */
  readonly #cleanEpochs = new Map<DataDirectory, number | undefined>()
  #isClosed = false

  private constructor(options: LogManagerOptions, homes: readonly DataDirectory[]) {
    this.#options = options
    this.#homes = homes
    this.#pool = new FilePool(options.fileSystem, options.openFilesMax ?? 4096, options.logger)
    this.#cache = new IndexCache(options.fileSystem, options.indexCacheBytesMax ?? 32 << 20)
    this.#cleaner = this.#newCleaner()
    this.#futures = this.#newFutures()
  }

  /**
   * Locks and opens the directories and every log in them. A log that cannot be opened is in {@link failedLogs}, and a directory
   * that its disk does not give is offline; the others work. Throws FileSystemError `locked` and StorageError `invalid-directory`
   * before anything is changed, and what is wrong with the directory of the metadata.
   */
  static async open(options: LogManagerOptions): Promise<LogManager> {
    const homes: DataDirectory[] = []
    const manager = new LogManager(options, homes)
    try {
      for (const path of manager.#paths) {
        const home = await manager.#openHome(path)
        if (home !== undefined) homes.push(home)
      }
      const found = homes.map(({ path, meta }) => ({ directory: path, properties: meta }))
      checkMetaProperties(found, options)
      for (const home of homes) await manager.#loadIfPossible(home)
      await manager.#goOnMoving()
      manager.#startTimers()
      return manager
    } catch (error) {
      await manager.close({ clean: false, brokerEpoch: -1 })
      throw error
    }
  }

  /** Every open log. */
  logs(): Log[] {
    return [...this.#logs.values()].map(({ log }) => log)
  }

  get(topicPartition: TopicPartition): Log | undefined {
    return this.#logs.get(logDirectoryName(topicPartition))?.log
  }

  get failedLogs(): FailedLog[] {
    return [...this.#failed.values()]
  }

  get strayDirectories(): readonly StrayDirectory[] {
    return this.#strays
  }

  /** The directories with what their `meta.properties` say, and whether they can be used. */
  get directories(): LogDirectory[] {
    return this.#options.directories.map((path) => this.#directoryAt(path))
  }

  /** The directory of the metadata log. */
  get metadataDirectory(): LogDirectory {
    return this.#directoryAt(this.#metadataPath)
  }

  #directoryAt(path: string): LogDirectory {
    const home = this.#homes.find((each) => each.path === path)
    const error = home === undefined ? this.#unusable.get(path) : this.#offline.get(home)
    const isOnline = home !== undefined && error === undefined
    return { path, directoryId: home?.meta?.directoryId, isOnline, ...(error === undefined ? {} : { error }) }
  }

  /**
   * The broker epoch of the process before, when it stopped cleanly in every directory; undefined after a crash.
   * -1 when it stopped cleanly without saying.
   */
  get previousBrokerEpoch(): number | undefined {
    // A directory that is not there cannot say how it was left.
    const epochs = this.#options.directories.map((path) => {
      const home = this.#homes.find((each) => each.path === path)
      return home === undefined ? undefined : this.#cleanEpochs.get(home)
    })
    return epochs.every((epoch) => epoch === epochs[0]) ? epochs[0] : undefined
  }

  /** The directory that holds a log. */
  directoryOf(topicPartition: TopicPartition): string | undefined {
    return this.#logs.get(logDirectoryName(topicPartition))?.home.path
  }

  /**
   * The partition's log, made when there is none: a directory, and `partition.metadata` with the topic id. Throws
   * `topic-id-mismatch` when it belongs to another topic of that name, the error of a log that could not be opened, and `offline`
   * when it is in a directory that failed. A new one is made in `directory`, or where there are fewest.
   */
  async ensureLog(
    topicPartition: TopicPartition,
    topicId: Uuid,
    config: LogConfig = this.#options.configFor(topicPartition.topic),
    directory?: string,
  ): Promise<Log> {
    const name = logDirectoryName(topicPartition)
    if (this.#isClosed) throw new StorageError('closed', `${name}: the log manager is closed`)
    const managed = this.#logs.get(name)
    if (managed !== undefined) {
      const error = this.#offline.get(managed.home)
      if (error !== undefined) throw error
      await requireTopicId(managed.log, topicId)
      return managed.log
    }
    const creating = this.#creating.get(name)
    if (creating !== undefined) {
      const log = await creating
      await requireTopicId(log, topicId)
      return log
    }
    const created = this.#create(topicPartition, topicId, config, directory).finally(() => this.#creating.delete(name))
    this.#creating.set(name, created)
    return created
  }

  /**
   * Opens the metadata log in its directory. It is always checked whole, and synced before anything in it counts.
   * Closed by {@link close}, unless its owner did before.
   */
  async openMetadataLog(topicId: Uuid, config: LogConfig = defaultLogConfig): Promise<Log> {
    const home = this.#metadataHome
    const log = await this.#openLog(home, metadataPartition, topicId, config, {
      cleanShutdown: false,
      isMetadata: true,
    })
    this.#adopt(log, home)
    return log
  }

  /**
   * Takes a log out of the broker: its directory is renamed at once, and removed after the log's `file.delete.delay.ms`.
   * Readers keep what they have open. A partition that is not there is no error.
   */
  async deleteLog(topicPartition: TopicPartition): Promise<void> {
    const path = await this.#retire(topicPartition, 'delete')
    if (path !== undefined) this.#removeLater(path, this.#options.configFor(topicPartition.topic).fileDeleteDelayMs)
  }

  /** Takes a log out of the broker and keeps its data aside: nothing in the cluster knows it. The path of the data. */
  async setStray(topicPartition: TopicPartition): Promise<string | undefined> {
    const path = await this.#retire(topicPartition, 'stray')
    if (path !== undefined) this.#strays.push({ path, kind: 'stray' })
    return path
  }

  /** Bytes of the volume that holds a directory, in all and to be written still; undefined where nobody knows. */
  async volumeSize(directory: string): Promise<{ totalBytes: number; usableBytes: number } | undefined> {
    const { fileSystem } = this.#options
    try {
      const totalBytes = await fileSystem.totalSize?.(directory)
      const usableBytes = await fileSystem.freeSize?.(directory)
      return totalBytes === undefined || usableBytes === undefined ? undefined : { totalBytes, usableBytes }
    } catch {
      return undefined
    }
  }

  /** The moves between directories that are under way: their copies catch up when whoever drives them says so. */
  moves(): LogMove[] {
    return this.#futures.moves()
  }

  /**
   * Begins to move a log to another of the directories, or goes on; a move of it to a third one is given up. Undefined when the log
   * is there already. Throws `offline` when the directory does not work, and what is wrong with the copy.
   */
  async beginMove(topicPartition: TopicPartition, directory: string): Promise<LogMove | undefined> {
    const home = this.#homes.find(({ path }) => path === directory && this.#options.directories.includes(path))
    const error = home === undefined ? this.#unusable.get(directory) : this.#offline.get(home)
    if (home === undefined || error !== undefined) {
      throw error ?? new StorageError('invalid-directory', `${directory} is no log directory`, { path: directory })
    }
    const known = this.#futures.get(topicPartition)
    if (known?.directory === directory) return known
    await this.#futures.cancel(topicPartition)
    if (this.directoryOf(topicPartition) === directory) return undefined
    try {
      await this.#futures.begin(topicPartition, home)
    } catch (cause) {
      if (isDiskFailure(cause))
        this.#lose(home, `a copy of ${logDirectoryName(topicPartition)} could not be made`, cause)
      throw cause
    }
    return this.#futures.get(topicPartition)
  }

  /** Gives a move up and removes the copy. Nothing when there is none. */
  cancelMove(topicPartition: TopicPartition): Promise<void> {
    return this.#futures.cancel(topicPartition)
  }

  /**
   * The copy takes the log's place: the caller has completed it, and nobody appends or moves the log meanwhile. The log in its new
   * directory. When it rejects, the partition is offline until the next start, which finds it complete.
   */
  finishMove(topicPartition: TopicPartition): Promise<Log> {
    return this.#futures.finish(topicPartition)
  }

  /** Removes what is too old, or too much, from every log. One that fails is passed over. */
  async applyRetention(): Promise<void> {
    for (const { log } of [...this.#logs.values()]) {
      if (this.#isClosed) return
      // A cleaning goes by the segments that it found.
      if (log.topic === metadataPartition.topic || this.#cleaner?.isCleaning(log)) continue
      try {
        await log.upkeep.applyRetention()
      } catch (error) {
        this.#options.logger.warn('old segments could not be removed', { log: logDirectoryName(log), error })
      }
    }
  }

  /** Writes recovery points, log starts and high watermarks of every directory that works. */
  async checkpoint(): Promise<void> {
    for (const home of this.#homes) {
      if (!this.#offline.has(home)) await this.#checkpoint(home)
    }
  }

  /**
   * Closes every log and releases the directories. Clean: everything is durable, and the directories say so last, so that the
   * next start trusts them; a directory with a log that failed does not. Otherwise as after a crash.
   */
  async close(options: { readonly clean: boolean; readonly brokerEpoch: number }): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const timer of this.#timers) timer.cancel()
    await this.#cleaner?.stop()
    await Promise.allSettled(this.#creating.values())
    for (const home of this.#homes) {
      try {
        await this.#closeHome(home, options)
      } catch (error) {
        this.#options.logger.error('a log directory could not be left in order', { directory: home.path, error })
      }
      await home.release()
    }
  }

  async #load(home: DataDirectory): Promise<void> {
    const { fileSystem, logger, configFor } = this.#options
    const cleanShutdown = home.cleanEpoch !== undefined
    this.#cleanEpochs.set(home, home.cleanEpoch)
    const entries = await fileSystem.list(home.path)
    await home.begin()
    const found: TopicPartition[] = []
    for (const { name, kind } of entries) {
      if (kind !== 'directory') continue
      const meaning = parseLogDirectoryName(name)
      const path = joinPath(home.path, name)
      if (meaning.kind === 'delete') this.#removeLater(path, defaultLogConfig.fileDeleteDelayMs)
      else if (meaning.kind === 'future') this.#foundFutures.push({ ...meaning, home, directoryName: name })
      else if (meaning.kind !== 'log') this.#strays.push({ path, kind: meaning.kind })
      else if (meaning.topic !== metadataPartition.topic) found.push(meaning)
    }
    if (this.#strays.length > 0) logger.warn('directories that are no logs are left alone', { strays: this.#strays })
    await forEachLimited(found, this.#concurrencyMax, async (topicPartition) => {
      await this.#loadLog(home, topicPartition, configFor(topicPartition.topic), cleanShutdown)
    })
  }

  async #loadLog(
    home: DataDirectory,
    topicPartition: TopicPartition,
    config: LogConfig,
    cleanShutdown: boolean,
  ): Promise<void> {
    const name = logDirectoryName(topicPartition)
    const { topic, partition } = topicPartition
    try {
      const other = this.#logs.get(name)
      if (other !== undefined) {
        const message = `${name} is in ${other.home.path} and in ${home.path}: move one of them away`
        throw new StorageError('wrong-state', message, { path: home.path })
      }
      this.#adopt(await this.#openLog(home, topicPartition, undefined, config, { cleanShutdown }), home)
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown))
      this.#options.logger.error('a log could not be opened', { directory: home.path, log: name, error })
      this.#failed.set(name, { topic, partition, directory: home.path, error })
      if (home.path !== this.#metadataPath && isDiskFailure(error) && error.code !== 'not-found') {
        this.#lose(home, `${name} could not be opened`, error)
      }
    }
  }

  #openLog(
    home: DataDirectory,
    topicPartition: TopicPartition,
    topicId: Uuid | undefined,
    config: LogConfig,
    { cleanShutdown, isMetadata = false, directoryName = logDirectoryName(topicPartition) }: OpenHow,
  ): Promise<Log> {
    const { fileSystem, clock, logger, durability } = this.#options
    // What checkpoints have is about the log in place, and not about its copy.
    const isCopy = directoryName !== logDirectoryName(topicPartition)
    const isUnknown = isMetadata || isCopy
    return Log.open({
      fileSystem,
      pool: this.#pool,
      cache: this.#cache,
      directory: joinPath(home.path, directoryName),
      topicPartition,
      topicId,
      config,
      clock,
      logger,
      workers: this.#options.workers ?? inlineWorkers,
      recoveryPoint: isUnknown ? 0 : (home.offset(recoveryPointFileName, topicPartition) ?? 0),
      logStartOffset: isCopy ? 0 : (home.offset(logStartFileName, topicPartition) ?? 0),
      highWatermark: isUnknown ? 0 : (home.offset(highWatermarkFileName, topicPartition) ?? 0),
      cleanShutdown,
      durability: isMetadata ? 'fsync' : durability,
      beforeTruncation: async (log) => {
        this.#lowerCleaned(log)
        await this.#checkpoint(home)
      },
      afterDeletion: () => this.#checkpoint(home, [logStartFileName]),
    })
  }

  #adopt(log: Log, home: DataDirectory): void {
    const { topic, partition } = log
    const cleanedOffset = home.offset(cleanerFileName, log)
    if (cleanedOffset !== undefined)
      this.#cleaned.set(logDirectoryName(log), { topic, partition, offset: cleanedOffset })
    this.#logs.set(logDirectoryName(log), { log, home })
    log.listen({
      onFailure: (_, error) => {
        if (error.code === 'offline') this.#takeOffline(home, error)
        // Nothing of it is in the log, but the disk is not to be trusted with the next one. A full disk is.
        else if (isDiskFailure(error.cause)) this.#lose(home, error.message, error.cause)
      },
    })
  }

  async #create(
    topicPartition: TopicPartition,
    topicId: Uuid,
    config: LogConfig,
    directory: string | undefined,
  ): Promise<Log> {
    const failed = this.#failed.get(logDirectoryName(topicPartition))
    if (failed !== undefined) throw failed.error
    for (;;) {
      const home = this.#homeAt(directory) ?? this.#emptiest()
      this.#placing.set(home, (this.#placing.get(home) ?? 0) + 1)
      try {
        // A checkpoint may still have the log of a deleted topic of the same name, and promise offsets that this one does not have.
        if (this.#isStale(home, topicPartition)) await this.#checkpoint(home)
        const log = await this.#openLog(home, topicPartition, topicId, config, { cleanShutdown: false })
        this.#adopt(log, home)
        return log
      } catch (error) {
        if (!isDiskFailure(error)) throw error
        this.#lose(home, `the log ${logDirectoryName(topicPartition)} could not be made`, error)
      } finally {
        this.#placing.set(home, (this.#placing.get(home) ?? 1) - 1)
      }
    }
  }

  #isStale(home: DataDirectory, topicPartition: TopicPartition): boolean {
    return checkpointed.some((name) => home.offset(name, topicPartition) !== undefined)
  }

  #homeAt(directory: string | undefined): DataDirectory | undefined {
    return this.#homes.find((home) => home.path === directory && !this.#offline.has(home))
  }

  get #metadataPath(): string {
    return this.#options.metadataDirectory ?? (this.#options.directories[0] as string)
  }

  get #metadataHome(): DataDirectory {
    const home = this.#homeAt(this.#metadataPath)
    if (home !== undefined) return home
    throw (
      this.#directoryAt(this.#metadataPath).error ?? new StorageError('offline', 'the metadata directory is offline')
    )
  }

  /** All directories, the one of the metadata first. */
  get #paths(): string[] {
    return [...new Set([this.#metadataPath, ...this.#options.directories])]
  }

  /** Undefined when the disk does not give it. Rejects when it must not be used, or cannot be done without. */
  async #openHome(path: string): Promise<DataDirectory | undefined> {
    const { fileSystem, logger, unusable } = this.#options
    try {
      const known = unusable?.get(path)
      if (known !== undefined) throw known
      return await DataDirectory.open(fileSystem, path, logger)
    } catch (error) {
      const isLost = error instanceof FileSystemError && error.code !== 'locked'
      if (path === this.#metadataPath || !isLost) throw error
      this.#unusable.set(path, error)
      return undefined
    }
  }

  async #loadIfPossible(home: DataDirectory): Promise<void> {
    try {
      await this.#load(home)
    } catch (error) {
      if (home.path === this.#metadataPath || !isDiskFailure(error)) throw error
      this.#cleanEpochs.set(home, undefined)
      this.#offline.set(home, error)
    }
  }

  /** Copies that were found: the step that was interrupted is completed, and the others go on. */
  async #goOnMoving(): Promise<void> {
    const isWhole = this.#unusable.size === 0 && this.#offline.size === 0
    for (const found of this.#foundFutures) {
      const name = logDirectoryName(found)
      if (this.#offline.has(found.home)) continue
      const config = this.#options.configFor(found.topic)
      if (this.#logs.has(name)) await this.#futures.resume(found, config)
      else if (isWhole && !this.#failed.has(name)) {
        await this.#futures.promote(found)
        await this.#loadLog(found.home, found, config, found.home.cleanEpoch !== undefined)
      } else this.#options.logger.warn('A copy of a log waits for the directory of the log', { log: name })
    }
  }

  #newFutures(): FutureLogs {
    const { fileSystem, random, logger } = this.#options
    return new FutureLogs({
      fileSystem,
      random,
      logger,
      current: (name) => this.#logs.get(name),
      open: (home, topicPartition, { topicId, config, isTrusted, directoryName }: OpenedAt) =>
        this.#openLog(home, topicPartition, topicId, config, {
          cleanShutdown: isTrusted,
          ...(directoryName === undefined ? {} : { directoryName }),
        }),
      adopt: (log, home) => this.#adopt(log, home),
      retire: (topicPartition) => this.#retire(topicPartition, 'delete'),
      failed: ({ topic, partition }, home, error) => {
        this.#failed.set(logDirectoryName({ topic, partition }), { topic, partition, directory: home.path, error })
      },
      removeLater: (path, topic) => this.#removeLater(path, this.#options.configFor(topic).fileDeleteDelayMs),
      checkpoint: (home) => this.#checkpoint(home),
      isStale: (home, topicPartition) => this.#isStale(home, topicPartition),
      takeOffline: (home, error) => this.#takeOffline(home, error),
    })
  }

  /** Where the next log goes: the working directory with the fewest. */
  #emptiest(): DataDirectory {
    const { directories } = this.#options
    const usable = directories.flatMap((path) => this.#homeAt(path) ?? [])
    const counts = new Map(usable.map((home) => [home, 0]))
    const count = (home: DataDirectory, logCount: number) => {
      const known = counts.get(home)
      if (known !== undefined) counts.set(home, known + logCount)
    }
    for (const { log, home } of this.#logs.values()) if (log.topic !== metadataPartition.topic) count(home, 1)
    for (const [home, logCount] of this.#placing) count(home, logCount)
    const [first] = [...counts].sort(([, a], [, b]) => a - b)
    if (first === undefined) throw new StorageError('offline', 'no log directory works: repair the disks and restart')
    return first[0]
  }

  /** Renames the directory of a log, also of one that could not be opened, and forgets it. The new path. */
  async #retire(topicPartition: TopicPartition, kind: 'delete' | 'stray'): Promise<string | undefined> {
    const name = logDirectoryName(topicPartition)
    const { fileSystem, random } = this.#options
    await this.#creating.get(name)?.catch(() => {})
    await this.#futures.cancel(topicPartition)
    const managed = this.#logs.get(name)
    const failed = this.#failed.get(name)
    const home = managed?.home ?? this.#homes.find(({ path }) => path === failed?.directory)
    if (home === undefined) return undefined
    this.#logs.delete(name)
    this.#failed.delete(name)
    this.#pool.forgetDirectory(joinPath(home.path, name))
    if (managed !== undefined) await this.#cleaner?.abort(managed.log)
    this.#cleaned.delete(name)
    await managed?.log.close({ clean: kind === 'stray' && managed.log.failure === undefined })
    const path = joinPath(
      home.path,
      retiredDirectoryName(topicPartition, random.bytes(uniqueSize).toString('hex'), kind),
    )
    await fileSystem.rename(joinPath(home.path, name), path)
    await fileSystem.syncDirectory(home.path)
    await this.#checkpoint(home)
    return path
  }

  #removeLater(path: string, delayMs: number): void {
    const { fileSystem, logger } = this.#options
    this.#after(delayMs, () => {
      fileSystem.removeDirectory(path).catch((error: unknown) => {
        logger.warn('a deleted log could not be removed; the next start tries again', { path, error })
      })
    })
  }

  #lose(home: DataDirectory, detail: string, cause: unknown): void {
    const message = `log directory ${home.path} is offline: ${detail}. Repair the disk and restart.`
    this.#takeOffline(home, new StorageError('offline', message, { path: home.path, cause }))
  }

  #takeOffline(home: DataDirectory, error: StorageError): void {
    if (this.#offline.has(home) || this.#isClosed) return
    this.#offline.set(home, error)
    this.#futures.takeOffline(home, error)
    for (const { log, home: other } of this.#logs.values()) if (other === home) log.takeOffline(error)
    this.#options.onDirectoryFailure?.(home.path, error)
  }

  async #checkpoint(home: DataDirectory, names: readonly CheckpointName[] = checkpointed): Promise<void> {
    try {
      for (const name of names) await home.writeOffsets(name, this.#entries(home, name))
    } catch (cause) {
      if (isDiskFailure(cause)) this.#lose(home, 'a checkpoint could not be written', cause)
      throw cause
    }
  }

  #newCleaner(): LogCleaner | undefined {
    const { cleanerSettings, clock, random, logger, fileSystem, workers = inlineWorkers } = this.#options
    if (cleanerSettings === undefined) return undefined
    return new LogCleaner({
      clock,
      random,
      logger,
      workers,
      job: createCleanJob({ fileSystem, clock, digest: sha256 }),
      settings: cleanerSettings,
      logs: () => this.logs().filter(({ topic }) => topic !== metadataPartition.topic),
      cleanedOffset: (log) => this.#cleaned.get(logDirectoryName(log))?.offset,
      onCleaned: (log, offset) => this.#onCleaned(log, offset),
    })
  }

  /** Cleans every compacted log that is due now. */
  async clean(): Promise<void> {
    await this.#cleaner?.cleanAll()
  }

  async #onCleaned(log: Log, offset: number): Promise<void> {
    const name = logDirectoryName(log)
    const managed = this.#logs.get(name)
    if (managed?.log !== log) return
    this.#cleaned.set(name, { topic: log.topic, partition: log.partition, offset })
    await this.#checkpoint(managed.home, [cleanerFileName])
  }

  /** Other records will have the offsets that are cut off, and those were never cleaned. */
  #lowerCleaned(log: Log): void {
    const name = logDirectoryName(log)
    const entry = this.#cleaned.get(name)
    if (entry !== undefined && entry.offset > log.recoveryPoint) {
      this.#cleaned.set(name, { ...entry, offset: log.recoveryPoint })
    }
  }

  /** What a checkpoint file is to hold. Logs that could not be opened keep what was found: it was promised. */
  #entries(home: DataDirectory, name: CheckpointName): PartitionOffset[] {
    const entries = this.#futures.promised(home, name)
    for (const { topic, partition, directory } of this.#failed.values()) {
      const offset = directory === home.path ? home.offset(name, { topic, partition }) : undefined
      if (offset !== undefined) entries.push({ topic, partition, offset })
    }
    for (const { log, home: other } of this.#logs.values()) {
      const isHere = other === home && log.topic !== metadataPartition.topic
      const offset = isHere ? this.#checkpointOffset(log, name) : undefined
      if (offset !== undefined) entries.push({ topic: log.topic, partition: log.partition, offset })
    }
    return entries
  }

  #checkpointOffset(log: Log, name: CheckpointName): number | undefined {
    return name === cleanerFileName ? this.#cleaned.get(logDirectoryName(log))?.offset : checkpointOffset(log, name)
  }

  async #closeHome(
    home: DataDirectory,
    { clean, brokerEpoch }: { clean: boolean; brokerEpoch: number },
  ): Promise<void> {
    const own = [...this.#logs.values()].filter((managed) => managed.home === home)
    let isClean = clean && !this.#offline.has(home)
    await this.#futures.close(home, isClean)
    await forEachLimited(own, this.#concurrencyMax, async ({ log }) => {
      try {
        await log.close({ clean: isClean })
      } catch (error) {
        this.#options.logger.error('a log could not be closed', { log: logDirectoryName(log), error })
        isClean = false
      }
    })
    if (!isClean) return
    await this.#checkpoint(home)
    // A damaged log must be found damaged again: trusted, it would be served.
    if ([...this.#failed.values()].some(({ directory }) => directory === home.path)) return
    await home.finish(brokerEpoch)
  }

  get #concurrencyMax(): number {
    return this.#options.concurrencyMax ?? 4
  }

  #startTimers(): void {
    const { recoveryPointCheckpointMs = 60_000, highWatermarkCheckpointMs = 5_000 } = this.#options
    const { producerExpirationCheckMs = 600_000 } = this.#options
    this.#every(recoveryPointCheckpointMs, () => this.checkpoint())
    this.#every(highWatermarkCheckpointMs, async () => {
      for (const home of this.#homes) {
        if (!this.#offline.has(home)) await this.#checkpoint(home, [highWatermarkFileName])
      }
    })
    this.#every(producerExpirationCheckMs, async () => {
      // Read anew: it may be a getter.
      const { producerExpirationMs = 86_400_000 } = this.#options
      for (const { log } of this.#logs.values()) log.removeExpiredProducers(producerExpirationMs)
    })
    this.#cleaner?.start()
    const { retentionCheckMs = 300_000, initialTaskDelayMs = 30_000 } = this.#options
    this.#after(initialTaskDelayMs, () => {
      const check = () => this.applyRetention()
      check().finally(() => {
        if (!this.#isClosed) this.#every(retentionCheckMs, check)
      })
    })
  }

  #every(periodMs: number, action: () => Promise<void>): void {
    this.#after(periodMs, () => {
      action()
        .catch((error: unknown) => this.#options.logger.error('checkpoints could not be written', { error }))
        .finally(() => {
          if (!this.#isClosed) this.#every(periodMs, action)
        })
    })
  }

  #after(delayMs: number, action: () => void): void {
    const timer = this.#options.clock.schedule(delayMs, () => {
      this.#timers.delete(timer)
      action()
    })
    this.#timers.add(timer)
  }
}

interface OpenHow {
  readonly cleanShutdown: boolean
  readonly isMetadata?: boolean
  /** When it is not the log's own. */
  readonly directoryName?: string
}

/** What a disk does that fails, is gone or takes no writes; not a full one, and nothing that is found on a good one. */
function isDiskFailure(error: unknown): error is FileSystemError {
  if (!(error instanceof FileSystemError)) return false
  return isSyncFailure(error) || ['io', 'permission', 'not-found'].includes(error.code)
}

function checkpointOffset(log: Log, name: CheckpointName): number | undefined {
  if (name === recoveryPointFileName) return log.recoveryPoint
  if (name === highWatermarkFileName) return log.checkpointHighWatermark
  return log.checkpointLogStart
}

async function requireTopicId(log: Log, topicId: Uuid): Promise<void> {
  if (log.topicId === undefined) await log.assignTopicId(topicId)
  if (log.topicId === topicId) return
  const name = logDirectoryName(log)
  const message = `${log.directory} belongs to topic id ${log.topicId}, but ${name} has topic id ${topicId}: delete it, or move it away`
  throw new StorageError('topic-id-mismatch', message, { path: log.directory })
}
