/** All logs of a broker in its log directories: opening, creating, deleting, checkpoints, and what happens when a disk fails. */
import { type Clock, inlineWorkers, type Random, sha256, type Uuid, type Workers } from '@millrace/base'
import {
  cleanerFileName,
  highWatermarkFileName,
  logStartFileName,
  type PartitionOffset,
  recoveryPointFileName,
} from './checkpoint.ts'
import { createCleanJob } from './cleaner/clean.ts'
import { defaultLogConfig, type LogConfig } from './config.ts'
import type { CheckpointName, DataDirectory } from './data-directory.ts'
import { StorageError } from './errors.ts'
import { logDirectoryName, parseLogDirectoryName, retiredDirectoryName, type TopicPartition } from './file-names.ts'
import { FilePool } from './file-pool.ts'
import { joinPath } from './fs/port.ts'
import { type FoundFuture, FutureLogs, type OpenedAt } from './future-logs.ts'
import { IndexCache } from './index-files.ts'
import { forEachLimited } from './limited.ts'
import { Log } from './log.ts'
import { type CleanerSettings, LogCleaner } from './log-cleaner.ts'
import { isDiskFailure, LogDirectories, type LogDirectoriesOptions, type LogDirectory } from './log-directories.ts'
import type { LogMove } from './log-move.ts'
import type { Durability } from './log-options.ts'
import { Tasks } from './tasks.ts'

/** The log of the cluster's metadata: opened by whoever runs consensus, not with the others. */
export const metadataPartition: TopicPartition = { topic: '__cluster_metadata', partition: 0 }

const uniqueSize = 16
const checkpointed = [recoveryPointFileName, logStartFileName, highWatermarkFileName, cleanerFileName] as const

export interface LogManagerOptions extends LogDirectoriesOptions {
  readonly clock: Clock
  readonly random: Random
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
  /** Awaited before logs are opened that were not closed in order: the time to load what makes checking them faster. */
  readonly beforeRecovery?: () => Promise<unknown>
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

interface Managed {
  readonly log: Log
  readonly home: DataDirectory
}

export class LogManager {
  readonly #options: LogManagerOptions
  readonly #directories: LogDirectories
  readonly #pool: FilePool
  readonly #cache: IndexCache
  readonly #logs = new Map<string, Managed>()
  readonly #failed = new Map<string, FailedLog>()
  readonly #creating = new Map<string, Promise<Log>>()
  readonly #strays: StrayDirectory[] = []
  readonly #futures: FutureLogs
  readonly #foundFutures: FoundFuture[] = []
  readonly #tasks: Tasks
  readonly #cleaner: LogCleaner | undefined
  /** Where the last cleaning of a log ended, by its name. */
  readonly #cleaned = new Map<string, PartitionOffset>()
  #isClosed = false

  private constructor(options: LogManagerOptions) {
    this.#options = options
    this.#directories = new LogDirectories(options)
    this.#tasks = new Tasks(options.clock, options.logger)
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
    const manager = new LogManager(options)
    const load = async () => {
      for (const home of manager.#directories.opened) await manager.#loadIfPossible(home)
      await manager.#goOnMoving()
    }
    try {
      await manager.#directories.open()
      await (options.fileSystem.inPlace?.(load) ?? load())
      manager.#startTasks()
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
    return this.#directories.describeAll()
  }

  /** The directory of the metadata log. */
  get metadataDirectory(): LogDirectory {
    return this.#directories.describe(this.#directories.metadataPath)
  }

  /**
   * The broker epoch of the process before, when it stopped cleanly in every directory; undefined after a crash.
   * -1 when it stopped cleanly without saying.
   */
  get previousBrokerEpoch(): number | undefined {
    return this.#directories.previousBrokerEpoch
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
      const error = this.#directories.errorOf(managed.home)
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
    const home = this.#directories.metadataHome
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
    const home = this.#directories.require(directory)
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
    for (const home of this.#directories.working) await this.#checkpoint(home)
  }

  /**
   * Closes every log and releases the directories. Clean: everything is durable, and the directories say so last, so that the
   * next start trusts them; a directory with a log that failed does not. Otherwise as after a crash.
   */
  async close(options: { readonly clean: boolean; readonly brokerEpoch: number }): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#tasks.stop()
    await this.#cleaner?.stop()
    await Promise.allSettled(this.#creating.values())
    for (const home of this.#directories.opened) {
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
    if (!cleanShutdown && found.length > 0) await this.#options.beforeRecovery?.()
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
      if (home.path !== this.#directories.metadataPath && isDiskFailure(error) && error.code !== 'not-found') {
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
      const occupied = [...this.#logs.values()].filter(({ log }) => log.topic !== metadataPartition.topic)
      const home = this.#directories.at(directory) ?? this.#directories.emptiest(occupied.map((each) => each.home))
      try {
        return await this.#directories.placing(home, () => this.#createIn(home, topicPartition, topicId, config))
      } catch (error) {
        if (!isDiskFailure(error)) throw error
        this.#lose(home, `the log ${logDirectoryName(topicPartition)} could not be made`, error)
      }
    }
  }

  async #createIn(home: DataDirectory, topicPartition: TopicPartition, topicId: Uuid, config: LogConfig): Promise<Log> {
    // A checkpoint may still have the log of a deleted topic of the same name, and promise offsets that this one does not have.
    if (this.#isStale(home, topicPartition)) await this.#checkpoint(home)
    const log = await this.#openLog(home, topicPartition, topicId, config, { cleanShutdown: false })
    this.#adopt(log, home)
    return log
  }

  #isStale(home: DataDirectory, topicPartition: TopicPartition): boolean {
    return checkpointed.some((name) => home.offset(name, topicPartition) !== undefined)
  }

  async #loadIfPossible(home: DataDirectory): Promise<void> {
    try {
      await this.#load(home)
    } catch (error) {
      if (home.path === this.#directories.metadataPath || !isDiskFailure(error)) throw error
      this.#directories.takeOfflineUnread(home, error)
    }
  }

  /** Copies that were found: the step that was interrupted is completed, and the others go on. */
  async #goOnMoving(): Promise<void> {
    const { isWhole } = this.#directories
    for (const found of this.#foundFutures) {
      const name = logDirectoryName(found)
      if (this.#directories.errorOf(found.home) !== undefined) continue
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

  /** Renames the directory of a log, also of one that could not be opened, and forgets it. The new path. */
  async #retire(topicPartition: TopicPartition, kind: 'delete' | 'stray'): Promise<string | undefined> {
    const name = logDirectoryName(topicPartition)
    const { fileSystem, random } = this.#options
    await this.#creating.get(name)?.catch(() => {})
    await this.#futures.cancel(topicPartition)
    const managed = this.#logs.get(name)
    const failed = this.#failed.get(name)
    const home = managed?.home ?? this.#directories.opened.find(({ path }) => path === failed?.directory)
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
    this.#tasks.after(delayMs, () => {
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
    if (this.#isClosed || !this.#directories.takeOffline(home, error)) return
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
    let isClean = clean && this.#directories.errorOf(home) === undefined
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

  #startTasks(): void {
    const { recoveryPointCheckpointMs = 60_000, highWatermarkCheckpointMs = 5_000 } = this.#options
    const { producerExpirationCheckMs = 600_000 } = this.#options
    const { retentionCheckMs = 300_000, initialTaskDelayMs = 30_000 } = this.#options
    this.#tasks.every(recoveryPointCheckpointMs, 'writing checkpoints', () => this.checkpoint())
    this.#tasks.every(highWatermarkCheckpointMs, 'writing high watermarks', async () => {
      for (const home of this.#directories.working) await this.#checkpoint(home, [highWatermarkFileName])
    })
    this.#tasks.every(producerExpirationCheckMs, 'removing silent producers', async () => {
      // Read anew: it may be a getter.
      const { producerExpirationMs = 86_400_000 } = this.#options
      for (const { log } of this.#logs.values()) log.removeExpiredProducers(producerExpirationMs)
    })
    this.#tasks.every(retentionCheckMs, 'removing old segments', () => this.applyRetention(), initialTaskDelayMs)
    this.#cleaner?.start()
  }
}

interface OpenHow {
  readonly cleanShutdown: boolean
  readonly isMetadata?: boolean
  /** When it is not the log's own. */
  readonly directoryName?: string
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
