/**
 * The logs that move between directories: their copies (`<topic>-<partition>.<hex>-future`), and the step in which a copy takes the
 * log's place. Whenever the process dies, one complete log is found: the old one until its directory is renamed, the copy from then on.
 */
import type { Logger, Random, Uuid } from '@millrace/base'
import { highWatermarkFileName, logStartFileName, type PartitionOffset, recoveryPointFileName } from './checkpoint.ts'
import type { LogConfig } from './config.ts'
import type { CheckpointName, DataDirectory } from './data-directory.ts'
import { StorageError } from './errors.ts'
import { futureDirectoryName, logDirectoryName, retiredDirectoryName, type TopicPartition } from './file-names.ts'
import { type FileSystem, joinPath } from './fs/port.ts'
import type { Log } from './log.ts'
import { LogMove } from './log-move.ts'

const uniqueSize = 16

export interface OpenedAt {
  /** The name of its directory, when that is not the log's own. */
  readonly directoryName?: string
  readonly topicId: Uuid | undefined
  readonly config: LogConfig
  /** It was closed cleanly, and the checkpoints of its directory have it. */
  readonly isTrusted: boolean
}

/** What moves need of the logs that are in place. */
export interface FutureLogsHost {
  readonly fileSystem: FileSystem
  readonly random: Random
  readonly logger: Logger
  current(name: string): { readonly log: Log; readonly home: DataDirectory } | undefined
  open(home: DataDirectory, topicPartition: TopicPartition, how: OpenedAt): Promise<Log>
  /** The log is in place in this directory from now on. */
  adopt(log: Log, home: DataDirectory): void
  /** Takes a log out and renames its directory for deletion. The new path. */
  retire(topicPartition: TopicPartition): Promise<string | undefined>
  /** A log that cannot be used until the next start. */
  failed(topicPartition: TopicPartition, home: DataDirectory, error: Error): void
  removeLater(path: string, topic: string): void
  checkpoint(home: DataDirectory): Promise<void>
  isStale(home: DataDirectory, topicPartition: TopicPartition): boolean
  takeOffline(home: DataDirectory, error: StorageError): void
}

interface Future {
  readonly log: Log
  readonly home: DataDirectory
}

/** A copy that was found at a start. */
export interface FoundFuture extends TopicPartition {
  readonly home: DataDirectory
  readonly directoryName: string
}

export class FutureLogs {
  readonly #host: FutureLogsHost
  readonly #futures = new Map<string, Future>()
  /** What the checkpoints of a directory have to say of a log that is about to be there. */
  readonly #promised = new Map<string, { readonly home: DataDirectory; readonly log: Log }>()

  constructor(host: FutureLogsHost) {
    this.#host = host
  }

  /** Every move that is under way. */
  moves(): LogMove[] {
    return [...this.#futures.keys()].flatMap((name) => this.#move(name) ?? [])
  }

  get(topicPartition: TopicPartition): LogMove | undefined {
    return this.#move(logDirectoryName(topicPartition))
  }

  #move(name: string): LogMove | undefined {
    const future = this.#futures.get(name)
    const current = this.#host.current(name)
    if (future === undefined || current === undefined) return undefined
    return new LogMove(current.log, future.log, future.home.path)
  }

  /** Makes the copy, empty, in `home`. The log is in another directory, and no other move of it is under way. */
  async begin(topicPartition: TopicPartition, home: DataDirectory): Promise<void> {
    const { random, open, checkpoint, isStale } = this.#host
    const name = logDirectoryName(topicPartition)
    const current = this.#host.current(name)
    if (current === undefined) throw new StorageError('wrong-state', `${name} is not here`)
    if (isStale(home, topicPartition)) await checkpoint(home)
    const directoryName = futureDirectoryName(topicPartition, random.bytes(uniqueSize).toString('hex'))
    const { topicId, config } = current.log
    try {
      const log = await open(home, topicPartition, { directoryName, topicId, config, isTrusted: false })
      if (this.#host.current(name)?.log !== current.log) {
        await log.close({ clean: false })
        throw new StorageError('wrong-state', `${name} was deleted when its move began`)
      }
      this.#keep(log, home)
    } catch (error) {
      await this.#discard(topicPartition, home, joinPath(home.path, directoryName)).catch(() => {})
      throw error
    }
  }

  /** Goes on with a copy that was found at a start. One that cannot be opened, or is the second one, is given up. */
  async resume(found: FoundFuture, config: LogConfig): Promise<void> {
    const { home, directoryName } = found
    const current = this.#host.current(logDirectoryName(found))
    const isWanted = current !== undefined && current.home !== home && !this.#futures.has(logDirectoryName(found))
    const path = joinPath(home.path, directoryName)
    try {
      if (!isWanted) throw new StorageError('wrong-state', `${path} is no copy that is needed`, { path })
      const { topicId } = current.log
      this.#keep(await this.#host.open(home, found, { directoryName, topicId, config, isTrusted: false }), home)
    } catch (error) {
      this.#host.logger.warn('A copy of a log that was to move is given up', { path, error })
      await this.#discard(found, home, path)
    }
  }

  /** A copy without its log: the process died when it was about to take the log's place. Gives it the log's name. */
  async promote({ home, directoryName, topic, partition }: FoundFuture): Promise<void> {
    const to = joinPath(home.path, logDirectoryName({ topic, partition }))
    await this.#host.fileSystem.rename(joinPath(home.path, directoryName), to)
    await this.#host.fileSystem.syncDirectory(home.path)
  }

  /** Gives a move up: the copy is removed. Nothing when there is none. */
  async cancel(topicPartition: TopicPartition): Promise<void> {
    const name = logDirectoryName(topicPartition)
    const future = this.#futures.get(name)
    if (future === undefined) return
    this.#futures.delete(name)
    await future.log.close({ clean: false })
    if (future.log.failure?.code === 'offline') return
    await this.#discard(topicPartition, future.home, future.log.directory)
  }

  /**
   * The copy takes the log's place. The caller has completed it, and nobody appends. The log as it is opened in its new directory;
   * when this rejects, the partition is offline until the next start, which finds one complete log.
   */
  async finish(topicPartition: TopicPartition): Promise<Log> {
    const { retire, open, adopt, removeLater, checkpoint } = this.#host
    const name = logDirectoryName(topicPartition)
    const future = this.#futures.get(name)
    const current = this.#host.current(name)
    if (future === undefined || current === undefined) throw new StorageError('wrong-state', `${name} does not move`)
    const { home, log } = future
    this.#promised.set(name, { home, log })
    try {
      await log.close({ clean: true })
      // First, so that the log finds its start and high watermark there, whenever it is opened under its name.
      await checkpoint(home)
      this.#futures.delete(name)
      const retired = await this.#retireFor(topicPartition, current.home, retire)
      await this.#rename(log.directory, joinPath(home.path, name), { home, retired, back: current })
      const opened = await open(home, topicPartition, {
        topicId: log.topicId,
        config: current.log.config,
        isTrusted: true,
      })
      adopt(opened, home)
      if (retired !== undefined) removeLater(retired, topicPartition.topic)
      return opened
    } catch (error) {
      if (this.#host.current(name) === undefined) {
        const { home: last } = this.#promised.get(name) ?? future
        this.#host.failed(topicPartition, last, error instanceof Error ? error : new Error(String(error)))
      }
      throw error
    } finally {
      if (this.#promised.get(name)?.home === home) this.#promised.delete(name)
    }
  }

  async #retireFor(
    topicPartition: TopicPartition,
    home: DataDirectory,
    retire: FutureLogsHost['retire'],
  ): Promise<string | undefined> {
    try {
      return await retire(topicPartition)
    } catch (cause) {
      // Whether its old name is still there is not certain: nothing in that directory is used before the next start.
      this.#lost(home, `${logDirectoryName(topicPartition)} could not be taken out of it`, cause)
      throw cause
    }
  }

  async #rename(
    from: string,
    to: string,
    {
      home,
      retired,
      back,
    }: { home: DataDirectory; retired: string | undefined; back: { home: DataDirectory; log: Log } },
  ): Promise<void> {
    const { fileSystem } = this.#host
    try {
      await fileSystem.rename(from, to)
      await fileSystem.syncDirectory(home.path)
    } catch (cause) {
      this.#lost(home, `${from} could not be renamed`, cause)
      if (retired !== undefined) await this.#putBack(retired, back)
      throw cause
    }
  }

  /** Nobody knows what the failing disk has: the old data must not wait for its removal, and its start must not be forgotten. */
  async #putBack(retired: string, back: { readonly home: DataDirectory; readonly log: Log }): Promise<void> {
    const { fileSystem, checkpoint } = this.#host
    this.#promised.set(logDirectoryName(back.log), back)
    await checkpoint(back.home)
    await fileSystem.rename(retired, back.log.directory)
    await fileSystem.syncDirectory(back.home.path)
  }

  #lost(home: DataDirectory, detail: string, cause: unknown): void {
    const message = `log directory ${home.path} is offline: ${detail}`
    this.#host.takeOffline(home, new StorageError('offline', message, { path: home.path, cause }))
  }

  /** What a checkpoint of `home` has to hold besides its logs. */
  promised(home: DataDirectory, name: CheckpointName): PartitionOffset[] {
    const entries: PartitionOffset[] = []
    for (const { home: other, log } of this.#promised.values()) {
      if (other !== home) continue
      const { topic, partition } = log
      if (name === recoveryPointFileName) entries.push({ topic, partition, offset: log.endOffset })
      if (name === highWatermarkFileName) entries.push({ topic, partition, offset: log.highWatermark })
      const logStartOffset = log.checkpointLogStart
      if (name === logStartFileName && logStartOffset !== undefined) {
        entries.push({ topic, partition, offset: logStartOffset })
      }
    }
    return entries
  }

  /** The directory failed: its copies are of no use. */
  takeOffline(home: DataDirectory, error: StorageError): void {
    for (const [name, { log, home: other }] of this.#futures) {
      if (other !== home) continue
      this.#futures.delete(name)
      log.takeOffline(error)
    }
  }

  /** Closes the copies in a directory; they are gone on with at the next start. */
  async close(home: DataDirectory, clean: boolean): Promise<void> {
    for (const [name, { log, home: other }] of this.#futures) {
      if (other !== home) continue
      this.#futures.delete(name)
      await log.close({ clean: clean && log.failure === undefined })
    }
  }

  #keep(log: Log, home: DataDirectory): void {
    this.#futures.set(logDirectoryName(log), { log, home })
    log.listen({
      onFailure: (_, error) => {
        if (error.code === 'offline') this.#host.takeOffline(home, error)
      },
    })
  }

  async #discard(topicPartition: TopicPartition, home: DataDirectory, path: string): Promise<void> {
    const { fileSystem, random, removeLater } = this.#host
    const hex = random.bytes(uniqueSize).toString('hex')
    const retired = joinPath(home.path, retiredDirectoryName(topicPartition, hex, 'delete'))
    await fileSystem.rename(path, retired)
    await fileSystem.syncDirectory(home.path)
    removeLater(retired, topicPartition.topic)
  }
}
