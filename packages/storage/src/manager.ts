/** All logs of a broker in its log directories: opening, creating, deleting, checkpoints, and what happens when a disk fails. */
import {
  type Clock,
  inlineWorkers,
  type Logger,
  type Random,
  type Timer,
  type Uuid,
  type Workers,
} from '@millrace/base'
import { highWatermarkFileName, logStartFileName, type PartitionOffset, recoveryPointFileName } from './checkpoint.ts'
import { defaultLogConfig, type LogConfig } from './config.ts'
import { type CheckpointName, DataDirectory } from './data-directory.ts'
import { StorageError } from './errors.ts'
import { logDirectoryName, parseLogDirectoryName, retiredDirectoryName, type TopicPartition } from './file-names.ts'
import { FilePool } from './file-pool.ts'
import { type FileSystem, joinPath } from './fs/port.ts'
import { IndexCache } from './index-files.ts'
import { forEachLimited } from './limited.ts'
import { Log } from './log.ts'
import type { Durability } from './log-options.ts'
import { checkMetaProperties } from './meta-properties.ts'
import { isSyncFailure } from './segment-io.ts'

/** The log of the cluster's metadata: opened by whoever runs consensus, not with the others. */
export const metadataPartition: TopicPartition = { topic: '__cluster_metadata', partition: 0 }

const uniqueSize = 16
const checkpointed = [recoveryPointFileName, logStartFileName, highWatermarkFileName] as const

export interface LogManagerOptions {
  readonly fileSystem: FileSystem
  /** `log.dirs`: formatted directories. */
  readonly directories: readonly string[]
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
  readonly kind: 'stray' | 'future' | 'unknown'
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
  readonly #offline = new Set<DataDirectory>()
  readonly #timers = new Set<Timer>()
  /** The broker epochs that the directories were left with; undefined after a crash. */
  readonly #cleanEpochs = new Map<DataDirectory, number | undefined>()
  #isClosed = false

  private constructor(options: LogManagerOptions, homes: readonly DataDirectory[]) {
    this.#options = options
    this.#homes = homes
    this.#pool = new FilePool(options.fileSystem, options.openFilesMax ?? 4096, options.logger)
    this.#cache = new IndexCache(options.fileSystem, options.indexCacheBytesMax ?? 32 << 20)
  }

  /**
   * Locks and opens the directories and every log in them. A log that cannot be opened is in {@link failedLogs}; the others
   * work. Throws FileSystemError `locked` and StorageError `invalid-directory` before anything is changed.
   */
  static async open(options: LogManagerOptions): Promise<LogManager> {
    const homes: DataDirectory[] = []
    const manager = new LogManager(options, homes)
    try {
      for (const path of options.directories) {
        homes.push(await DataDirectory.open(options.fileSystem, path, options.logger))
      }
      const found = homes.map(({ path, meta }) => ({ directory: path, properties: meta }))
      checkMetaProperties(found, options)
      for (const home of homes) await manager.#load(home)
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
  get directories(): { readonly path: string; readonly directoryId: Uuid | undefined; readonly isOnline: boolean }[] {
    return this.#homes.map((home) => ({
      path: home.path,
      directoryId: home.meta?.directoryId,
      isOnline: !this.#offline.has(home),
    }))
  }

  /**
   * The broker epoch of the process before, when it stopped cleanly in every directory; undefined after a crash.
   * -1 when it stopped cleanly without saying.
   */
  get previousBrokerEpoch(): number | undefined {
    const epochs = this.#homes.map((home) => this.#cleanEpochs.get(home))
    return epochs.includes(undefined) ? undefined : epochs[0]
  }

  /** The directory that holds a log. */
  directoryOf(topicPartition: TopicPartition): string | undefined {
    return this.#logs.get(logDirectoryName(topicPartition))?.home.path
  }

  /**
   * The partition's log, made when there is none: a directory, and `partition.metadata` with the topic id. Throws
   * `topic-id-mismatch` when it belongs to another topic of that name, and the error of a log that could not be opened.
   */
  async ensureLog(
    topicPartition: TopicPartition,
    topicId: Uuid,
    config: LogConfig = this.#options.configFor(topicPartition.topic),
  ): Promise<Log> {
    const name = logDirectoryName(topicPartition)
    if (this.#isClosed) throw new StorageError('closed', `${name}: the log manager is closed`)
    const managed = this.#logs.get(name)
    if (managed !== undefined) {
      await requireTopicId(managed.log, topicId)
      return managed.log
    }
    const creating = this.#creating.get(name)
    if (creating !== undefined) {
      const log = await creating
      await requireTopicId(log, topicId)
      return log
    }
    const created = this.#create(topicPartition, topicId, config).finally(() => this.#creating.delete(name))
    this.#creating.set(name, created)
    return created
  }

  /**
   * Opens the metadata log in the first directory. It is always checked whole, and synced before anything in it counts.
   * Closed by {@link close}, unless its owner did before.
   */
  async openMetadataLog(topicId: Uuid, config: LogConfig = defaultLogConfig): Promise<Log> {
    const home = this.#homes[0] as DataDirectory
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

  /** Removes what is too old, or too much, from every log. One that fails is passed over. */
  async applyRetention(): Promise<void> {
    for (const { log } of [...this.#logs.values()]) {
      if (this.#isClosed) return
      if (log.topic === metadataPartition.topic) continue
      try {
        await log.applyRetention()
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
    }
  }

  #openLog(
    home: DataDirectory,
    topicPartition: TopicPartition,
    topicId: Uuid | undefined,
    config: LogConfig,
    { cleanShutdown, isMetadata = false }: { readonly cleanShutdown: boolean; readonly isMetadata?: boolean },
  ): Promise<Log> {
    const { fileSystem, clock, logger, durability } = this.#options
    return Log.open({
      fileSystem,
      pool: this.#pool,
      cache: this.#cache,
      directory: joinPath(home.path, logDirectoryName(topicPartition)),
      topicPartition,
      topicId,
      config,
      clock,
      logger,
      workers: this.#options.workers ?? inlineWorkers,
      recoveryPoint: isMetadata ? 0 : (home.offset(recoveryPointFileName, topicPartition) ?? 0),
      logStartOffset: home.offset(logStartFileName, topicPartition) ?? 0,
      highWatermark: isMetadata ? 0 : (home.offset(highWatermarkFileName, topicPartition) ?? 0),
      cleanShutdown,
      durability: isMetadata ? 'fsync' : durability,
      beforeTruncation: () => this.#checkpoint(home),
    })
  }

  #adopt(log: Log, home: DataDirectory): void {
    this.#logs.set(logDirectoryName(log), { log, home })
    log.listen({
      onFailure: (_, error) => {
        if (error.code === 'offline') this.#takeOffline(home, error)
      },
    })
  }

  async #create(topicPartition: TopicPartition, topicId: Uuid, config: LogConfig): Promise<Log> {
    const failed = this.#failed.get(logDirectoryName(topicPartition))
    if (failed !== undefined) throw failed.error
    const home = this.#emptiest()
    // A checkpoint may still have the log of a deleted topic of the same name, and promise offsets that this one does not have.
    if (checkpointed.some((name) => home.offset(name, topicPartition) !== undefined)) await this.#checkpoint(home)
    const log = await this.#openLog(home, topicPartition, topicId, config, { cleanShutdown: false })
    this.#adopt(log, home)
    return log
  }

  /** Where the next log goes: the working directory with the fewest. */
  #emptiest(): DataDirectory {
    const counts = new Map(this.#homes.filter((home) => !this.#offline.has(home)).map((home) => [home, 0]))
    for (const { home } of this.#logs.values()) {
      const count = counts.get(home)
      if (count !== undefined) counts.set(home, count + 1)
    }
    const [first] = [...counts].sort(([, a], [, b]) => a - b)
    if (first === undefined) throw new StorageError('offline', 'no log directory works: repair the disks and restart')
    return first[0]
  }

  /** Renames the directory of a log, also of one that could not be opened, and forgets it. The new path. */
  async #retire(topicPartition: TopicPartition, kind: 'delete' | 'stray'): Promise<string | undefined> {
    const name = logDirectoryName(topicPartition)
    const { fileSystem, random } = this.#options
    await this.#creating.get(name)?.catch(() => {})
    const managed = this.#logs.get(name)
    const failed = this.#failed.get(name)
    const home = managed?.home ?? this.#homes.find(({ path }) => path === failed?.directory)
    if (home === undefined) return undefined
    this.#logs.delete(name)
    this.#failed.delete(name)
    this.#pool.forgetDirectory(joinPath(home.path, name))
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

  #takeOffline(home: DataDirectory, error: StorageError): void {
    if (this.#offline.has(home) || this.#isClosed) return
    this.#offline.add(home)
    for (const { log, home: other } of this.#logs.values()) if (other === home) log.takeOffline(error)
    this.#options.onDirectoryFailure?.(home.path, error)
  }

  async #checkpoint(home: DataDirectory, names: readonly CheckpointName[] = checkpointed): Promise<void> {
    try {
      for (const name of names) await home.writeOffsets(name, this.#entries(home, name))
    } catch (cause) {
      if (isSyncFailure(cause)) {
        const message = `log directory ${home.path} is offline: a checkpoint could not be made durable`
        this.#takeOffline(home, new StorageError('offline', message, { path: home.path, cause }))
      }
      throw cause
    }
  }

  /** What a checkpoint file is to hold. Logs that could not be opened keep what was found: it was promised. */
  #entries(home: DataDirectory, name: CheckpointName): PartitionOffset[] {
    const entries: PartitionOffset[] = []
    for (const { topic, partition, directory } of this.#failed.values()) {
      const offset = directory === home.path ? home.offset(name, { topic, partition }) : undefined
      if (offset !== undefined) entries.push({ topic, partition, offset })
    }
    for (const { log, home: other } of this.#logs.values()) {
      const offset = other === home && log.topic !== metadataPartition.topic ? checkpointOffset(log, name) : undefined
      if (offset !== undefined) entries.push({ topic: log.topic, partition: log.partition, offset })
    }
    return entries
  }

  async #closeHome(
    home: DataDirectory,
    { clean, brokerEpoch }: { clean: boolean; brokerEpoch: number },
  ): Promise<void> {
    const own = [...this.#logs.values()].filter((managed) => managed.home === home)
    let isClean = clean && !this.#offline.has(home)
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

function checkpointOffset(log: Log, name: CheckpointName): number | undefined {
  if (name === recoveryPointFileName) return log.recoveryPoint
  if (name === highWatermarkFileName) return log.checkpointHighWatermark
  return log.logStartOffset > log.firstSegmentOffset ? log.logStartOffset : undefined
}

async function requireTopicId(log: Log, topicId: Uuid): Promise<void> {
  if (log.topicId === undefined) await log.assignTopicId(topicId)
  if (log.topicId === topicId) return
  const name = logDirectoryName(log)
  const message = `${log.directory} belongs to topic id ${log.topicId}, but ${name} has topic id ${topicId}: delete it, or move it away`
  throw new StorageError('topic-id-mismatch', message, { path: log.directory })
}
