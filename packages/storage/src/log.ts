/**
 * One partition's log. What was appended is assigned at once, written by groups, and durable after a sync:
 * `logStartOffset <= highWatermark <= ackable <= written <= end`. State changes are synchronous; IO follows in order behind them.
 */
import { assert, inlineWorkers, type Uuid, zeroUuid } from '@millrace/base'
import { ErrorCode } from '@millrace/protocol'
import { type AppendOptions, type AppendResult, prepareAppend } from './append.ts'
import { replaceFile } from './atomic-file.ts'
import type { LogConfig } from './config.ts'
import { StorageError } from './errors.ts'
import { logDirectoryName } from './file-names.ts'
import { joinPath, parentPath } from './fs/port.ts'
import { GroupCommit, type GroupCommitOwner, type WriteGroup } from './group-commit.ts'
import type { EpochEnd, EpochEntry } from './leader-epochs.ts'
import { type LoadedLog, loadLog } from './loader.ts'
import { LogChanges } from './log-changes.ts'
import { committedBy, type LogListener, type LogOptions } from './log-options.ts'
import { type ReadableLog, type ReadOptions, type ReadResult, readAtTail, readLog } from './log-reader.ts'
import { LogSideFiles } from './log-side-files.ts'
import { LogState } from './log-state.ts'
import { LogTruncation } from './log-truncation.ts'
import { encodePartitionMetadata, partitionMetadataFileName } from './partition-metadata.ts'
import type { ProducerEntry } from './producer-state.ts'
import type { Segment } from './segment.ts'
import { isSyncFailure, SegmentIo } from './segment-io.ts'
import { findMaxTimestamp, findTimestamp, type TimestampedOffset } from './time-search.ts'
import { Upkeep, type UpkeptLog } from './upkeep.ts'
import { convertBeside, isForBeside } from './validate.ts'

/** Appends that wait to be written, before further ones are refused. */
const queuedBytesMax = 256 << 20

export class Log {
  readonly topic: string
  readonly partition: number
  readonly #options: LogOptions
  readonly #state: LogState
  readonly #io: SegmentIo
  readonly #commit: GroupCommit
  readonly #view: ReadableLog
  readonly #changes = new LogChanges(() => this.#checkUsable())
  readonly #files: LogSideFiles
  readonly #truncation: LogTruncation
  /** What keeps it small: retention and cleaning. */
  readonly upkeep: Upkeep
  readonly #listeners = new Set<LogListener>()
  #config: LogConfig
  #isConfigured = false
  #topicId: Uuid | undefined
  /** Segments below the log's start that are out of the log, and whose files may still be found. Oldest first. */
  #dropped: readonly Segment[]
  #failure: StorageError | undefined

  private constructor(options: LogOptions, io: SegmentIo, loaded: LoadedLog) {
    this.#options = options
    this.topic = options.topicPartition.topic
    this.partition = options.topicPartition.partition
    this.#config = options.config
    this.#topicId = loaded.topicId
    this.#state = new LogState(logDirectoryName(options.topicPartition), options.directory, loaded)
    this.#dropped = loaded.dropped
    this.#io = io
    const { logger } = options
    this.#files = new LogSideFiles({ state: this.#state, io, logger, onBroken: (cause) => this.#broken(cause) })
    this.#commit = new GroupCommit(io, options.clock, this.#commitOwner(), loaded.endOffset)
    this.#truncation = this.#newTruncation()
    this.#view = this.#readable()
    this.upkeep = new Upkeep(this.#upkept())
    this.advanceHighWatermark(options.highWatermark ?? 0)
  }

  /**
   * Opens the log, after a crash with recovery. Throws StorageError `damaged`, `unsupported-format`, `topic-id-mismatch` or
   * `invalid-file`, and FileSystemError; nothing that was committed is changed then.
   */
  static async open(options: LogOptions): Promise<Log> {
    try {
      return await Log.#open(options)
    } catch (error) {
      options.pool.forgetDirectory(options.directory)
      throw error
    }
  }

  static async #open(options: LogOptions): Promise<Log> {
    const { fileSystem, directory, topicPartition, topicId } = options
    if ((await fileSystem.stat(directory)) === undefined) {
      await fileSystem.makeDirectory(directory)
      await fileSystem.syncDirectory(parentPath(directory))
    }
    const committedOffset = committedBy(options)
    const io = new SegmentIo(options, directory)
    const loaded = await loadLog({ ...options, io, committedOffset, isOrdered: options.durability === 'fsync' })
    if (topicId !== undefined && loaded.topicId !== undefined && topicId !== loaded.topicId) {
      const name = logDirectoryName(topicPartition)
      const message = `${directory} belongs to topic id ${loaded.topicId}, but ${name} has topic id ${topicId}: move the directory away`
      throw new StorageError('topic-id-mismatch', message, { path: directory })
    }
    const log = new Log(options, io, loaded)
    if (topicId !== undefined && loaded.topicId === undefined) await log.assignTopicId(topicId)
    // Found by walking segments that the recovery point will vouch for: they are not walked again.
    if (loaded.epochsChanged && loaded.segments.length > 1) await log.#files.writeEpochs()
    await log.#dropBelowStart()
    return log
  }

  /** The log's directory. */
  get directory(): string {
    return this.#options.directory
  }

  get topicId(): Uuid | undefined {
    return this.#topicId
  }

  get config(): LogConfig {
    return this.#config
  }

  /** First offset that can be read. */
  get logStartOffset(): number {
    return this.#state.logStartOffset
  }

  /** The offset that the next record gets. */
  get endOffset(): number {
    return this.#state.endOffset
  }

  get writtenOffset(): number {
    return this.#commit.writtenOffset
  }

  get durableOffset(): number {
    return this.#commit.durableOffset
  }

  /** What may be acknowledged by this replica: the durable offset under `fsync` (or flush.messages=1), else the written one. */
  get ackableOffset(): number {
    return this.#isSynced ? this.#commit.durableOffset : this.#commit.writtenOffset
  }

  get highWatermark(): number {
    return this.#state.highWatermark
  }

  /** What readers of committed data may read up to (reference 2.8). */
  get lastStableOffset(): number {
    return this.#state.lastStableOffset
  }

  /** Everything below was made durable together with what describes it. For the checkpoint. */
  get recoveryPoint(): number {
    return Math.min(this.#commit.recoveryPoint(), this.#truncation.ceiling)
  }

  /** The high watermark for the checkpoint: never above what a truncation under way leaves. */
  get checkpointHighWatermark(): number {
    return Math.min(this.#state.highWatermark, this.#truncation.ceiling)
  }

  /** The log's start for the checkpoint: when the first segment does not tell it, and never above what a restart under way leaves. */
  get checkpointLogStart(): number | undefined {
    const { logStartOffset, segments } = this.#state
    const offset = Math.min(logStartOffset, this.#truncation.startCeiling)
    return offset > segments.first.baseOffset || this.#dropped.length > 0 ? offset : undefined
  }

  /** The newest leader epoch; -1 before any. */
  get latestEpoch(): number {
    return this.#state.epochs.latest
  }

  get #isSynced(): boolean {
    return this.#options.durability === 'fsync' || this.#config.flushMessages === 1
  }

  /** Set once nothing can be written any more; `closed` after {@link close}. */
  get failure(): StorageError | undefined {
    return this.#failure
  }

  /** Bytes of all segments. */
  get sizeInBytes(): number {
    return this.#state.segments.size
  }

  get segmentInfos(): { readonly baseOffset: number; readonly size: number }[] {
    return this.#state.segments.all.map(({ baseOffset, size }) => ({ baseOffset, size }))
  }

  /** The epochs of the log with their first offsets. */
  get leaderEpochs(): readonly EpochEntry[] {
    return this.#state.epochs.entries
  }

  /** Whether its topic's settings are known: what was there before they were is no reason to remove anything. */
  get isConfigured(): boolean {
    return this.#isConfigured
  }

  updateConfig(config: LogConfig): void {
    this.#config = config
    this.#isConfigured = true
    // What is written and not durable may be waited for from now on.
    if (this.#isSynced && this.#failure === undefined) void this.#commit.flush()
  }

  /** Calls back until the returned function is called. */
  listen(listener: LogListener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /**
   * Checks and takes in batches: they have their offsets when this returns, and are in the log once {@link ackableOffset} passes
   * them (a listener tells), unless `onFailure` comes first. The answer to a duplicate waits for the same. The buffer is changed
   * (offsets, epoch, timestamps) and must not be touched until then. One batch from a client; several, contiguous, from others.
   */
  append(batches: Buffer, options: AppendOptions): AppendResult {
    const refusal = this.#refusal()
    if (refusal !== undefined) return refusal
    const nowMs = this.#options.clock.now()
    const prepared = prepareAppend(batches, options, {
      config: this.#config,
      endOffset: this.#state.endOffset,
      producers: this.#state.producers,
      nowMs,
      name: this.#state.name,
    })
    if (prepared.kind !== 'prepared') return prepared
    this.#state.assign(prepared, this.#commit, this.#config, nowMs)
    const { baseOffset, lastOffset, logAppendTimeMs } = prepared
    return { kind: 'appended', baseOffset, lastOffset, logAppendTimeMs }
  }

  /**
   * A client's batch in the compression that the topic asks for, when making it is too long a stop for the event loop; undefined when it
   * can be appended as it is. The buffer must not be touched until it settles.
   */
  prepare(batch: Buffer): Promise<Buffer> | undefined {
    if (!isForBeside(batch, this.#config)) return undefined
    return convertBeside(batch, this.#config, this.#options.workers ?? inlineWorkers)
  }

  /** Records that this replica leads from here on in `leaderEpoch`, before it appends anything. */
  startEpoch(leaderEpoch: number): void {
    this.#state.startEpoch(leaderEpoch)
  }

  /** Moves the high watermark up to `offset`, never back and never beyond {@link ackableOffset}. True when it moved. */
  advanceHighWatermark(offset: number): boolean {
    return this.#state.advanceHighWatermark(Math.min(offset, this.ackableOffset))
  }

  /** Reads from the batch that holds `offset`; the last batch may be cut. Never beyond what is written. */
  read(offset: number, options: ReadOptions): Promise<ReadResult> {
    return this.#failure?.code === 'closed' ? Promise.reject(this.#failure) : readLog(this.#view, offset, options)
  }

  /** As {@link read}, when that needs no IO; undefined otherwise. */
  tryRead(offset: number, options: ReadOptions): ReadResult | undefined {
    return this.#failure?.code === 'closed' ? undefined : readAtTail(this.#view, offset, options)
  }

  /** The first record at or after the log's start whose timestamp is at least `timestamp`. May be above the high watermark. */
  async offsetForTimestamp(timestamp: number): Promise<TimestampedOffset | undefined> {
    await this.#commit.written()
    return findTimestamp(this.#view, timestamp)
  }

  /** The first record with the largest timestamp; undefined when no record has one. */
  async offsetOfMaxTimestamp(): Promise<TimestampedOffset | undefined> {
    await this.#commit.written()
    return findMaxTimestamp(this.#view)
  }

  /** Where `epoch` ends, as OffsetForLeaderEpoch answers (reference 2.12); -1 for both when unknown. */
  endOffsetForEpoch(epoch: number): EpochEnd {
    return this.#state.epochs.endOffsetFor(epoch, this.#state.endOffset)
  }

  /** The epoch that wrote `offset`; -1 when unknown. */
  epochForOffset(offset: number): number {
    return this.#state.epochs.epochAt(offset)
  }

  /** The producers that the log knows. */
  activeProducers(): ProducerEntry[] {
    return [...this.#state.producers.entries()]
  }

  /** The open transaction's first offset and epoch of a producer, if the log knows it. */
  producer(producerId: number): ProducerEntry | undefined {
    return this.#state.producers.get(producerId)
  }

  /** Forgets producers silent for `expirationMs` without an open transaction; how many. */
  removeExpiredProducers(expirationMs: number): number {
    return this.#state.producers.removeExpired(this.#options.clock.now(), expirationMs)
  }

  /** Writes the topic id of a log that has none. */
  async assignTopicId(topicId: Uuid): Promise<void> {
    assert(topicId !== zeroUuid, 'a topic id is not zero')
    assert(this.#topicId === undefined || this.#topicId === topicId, 'the topic id of a log never changes')
    this.#topicId = topicId
    const path = joinPath(this.#options.directory, partitionMetadataFileName)
    await replaceFile(this.#options.fileSystem, path, encodePartitionMetadata(topicId))
  }

  /** Starts a new segment, unless the active one is empty. Throws `wrong-state` while the log is truncated. */
  roll(): void {
    this.#checkFree()
    const { segments, endOffset } = this.#state
    if (segments.active.size > 0) this.#state.roll(endOffset, this.#commit, this.#options.clock.now())
  }

  /** Makes everything appended before the call durable. Throws `offline` when that failed. */
  async flush(): Promise<void> {
    this.#checkUsable()
    await this.#commit.flush()
    await this.#files.writeEpochs()
    if (this.#failure !== undefined) throw this.#failure
  }

  /**
   * Cuts off everything at or above `offset`. A batch that holds it goes as a whole: the log may end below. What waits to be
   * written is written first; appends are refused meanwhile. Below the log's start everything goes. The result is durable.
   */
  truncateTo(offset: number): Promise<void> {
    return this.#exclusively('truncation', () => this.#truncation.cutAt(offset))
  }

  /** Drops everything and starts again, empty, at `offset`. The result is durable. */
  truncateFullyAndStartAt(offset: number): Promise<void> {
    return this.#exclusively('truncation', () => this.#truncation.restartAt(offset))
  }

  /**
   * Moves the log's start up to `offset`; whole segments below it are removed. True when it moved. Throws `out-of-range` above
   * the high watermark, `wrong-state` while the log is truncated.
   */
  async deleteRecordsBefore(offset: number): Promise<boolean> {
    this.#checkFree()
    if (offset > this.#state.highWatermark) {
      const message = `${this.#state.name}: offset ${offset} is above the high watermark ${this.#state.highWatermark}`
      throw new StorageError('out-of-range', message)
    }
    if (offset <= this.#state.logStartOffset) return false
    this.#startAt(offset)
    await this.#options.afterDeletion?.(this)
    await this.#dropBelowStart()
    return true
  }

  /**
   * Ends the log. Clean: everything is written and durable, indexes and epochs are on disk. Otherwise what was not written is
   * lost, as in a crash. The log cannot be used afterwards. Throws `offline` when a clean end was not possible.
   */
  async close({ clean }: { readonly clean: boolean }): Promise<void> {
    if (this.#failure?.code === 'closed') return
    const earlier = this.#failure
    try {
      if (clean && earlier === undefined) await this.#exclusively('closing', () => this.#finish())
    } finally {
      this.#end(new StorageError('closed', `${this.#state.name} is closed`, { path: this.#options.directory }))
      this.#options.pool.forgetDirectory(this.#options.directory)
    }
    if (clean && earlier !== undefined) throw earlier
  }

  /** Ends the log and removes its directory. */
  async delete(): Promise<void> {
    await this.close({ clean: false })
    await this.#options.fileSystem.removeDirectory(this.#options.directory)
    await this.#options.fileSystem.syncDirectory(parentPath(this.#options.directory))
  }

  /** Takes the log offline because its directory is: another log's sync failed there. */
  takeOffline(cause: unknown): void {
    this.#broken(cause)
  }

  async #finish(): Promise<void> {
    await this.#commit.flush()
    if (this.#failure !== undefined) throw this.#failure
    await this.#io.create(this.#state.segments.active)
    await this.#io.writeIndexes(this.#state.segments.active)
    await this.#files.writeEpochs()
    if (this.#state.endOffset > this.#state.snapshotOffset) {
      await this.#files.writeSnapshot({ offset: this.#state.endOffset, producers: this.activeProducers() })
    }
  }

  /** Stops everything without IO. */
  #end(failure: StorageError): void {
    this.#failure = failure
    this.#commit.stop()
    this.#io.close()
    for (const segment of this.#state.segments.all) {
      segment.releaseDirty()
      this.#io.cache.drop(segment)
    }
  }

  #refusal(): AppendResult | undefined {
    const refused = (errorCode: number, message: string): AppendResult => ({ kind: 'refused', errorCode, message })
    if (this.#failure !== undefined) return refused(ErrorCode.KAFKA_STORAGE_ERROR, this.#failure.message)
    if (this.#changes.blockedBy !== undefined) {
      return refused(ErrorCode.KAFKA_STORAGE_ERROR, `${this.#state.name}: ${this.#changes.blockedBy} is under way`)
    }
    if (this.#commit.queuedBytes <= queuedBytesMax) return undefined
    return refused(ErrorCode.REQUEST_TIMED_OUT, `${this.#state.name}: too much waits to be written`)
  }

  #startAt(offset: number): void {
    this.#state.startAt(offset)
    this.#notify()
  }

  #dropBelowStart(): Promise<void> {
    return this.#changes.inOrder(() => this.#dropNow())
  }

  async #dropNow(): Promise<void> {
    // With those whose files could not be renamed: were they left and newer ones gone, a start would find a hole between them.
    this.#dropped = [...this.#dropped, ...this.#state.segments.dropBefore(this.#state.logStartOffset)]
    if (this.#dropped.length === 0) return
    // Not one that is begun meanwhile: it must not be there before what is below it.
    const { active } = this.#state.segments
    // Nothing may be writing, syncing or sealing them any more.
    await this.#commit.flush()
    this.#checkUsable()
    this.#commit.forgetGone()
    // What is left must tell where the log ends, whenever the process dies.
    await this.#io.create(active)
    await this.#io.sync(active)
    await this.#io.setAside(this.#dropped, this.#config.fileDeleteDelayMs)
    this.#dropped = []
  }

  #newTruncation(): LogTruncation {
    const { clock, logger, beforeTruncation } = this.#options
    const [state, io, commit] = [this.#state, this.#io, this.#commit]
    return new LogTruncation({
      state,
      commit,
      parts: () => ({ state, io, commit, clock, logger, fileDeleteDelayMs: this.#config.fileDeleteDelayMs }),
      beforeCut: async () => beforeTruncation?.(this),
      afterCut: () => this.#files.writeEpochs(),
      onCut: () => this.#notify(),
    })
  }

  /** Runs `action` alone, with appends refused until it ends. A failure takes the log offline. */
  #exclusively<T>(what: string, action: () => Promise<T>): Promise<T> {
    return this.#changes.exclusively(what, async () => {
      try {
        this.#checkUsable()
        await this.#commit.quiet()
        this.#checkUsable()
        return await action()
      } catch (error) {
        // A truncation that could not begin, for want of space, has changed nothing.
        const isWhole = what === 'truncation' && !this.#truncation.isCut && !isSyncFailure(error)
        if (this.#failure === undefined && !isWhole) this.#broken(error)
        throw error
      }
    })
  }

  /** Throws unless the segments may change now. */
  #checkFree(): void {
    this.#checkUsable()
    if (this.#changes.blockedBy === undefined) return
    throw new StorageError('wrong-state', `${this.#state.name}: ${this.#changes.blockedBy} is under way`)
  }

  #checkUsable(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  #commitOwner(): GroupCommitOwner {
    return {
      isSynced: () => this.#isSynced,
      flushMessages: () => this.#config.flushMessages,
      onAdvance: () => this.#notify(),
      onWriteFailed: (groups, cause) => this.#takeBack(groups, cause),
      onBroken: (cause) => this.#broken(cause),
      beforeSeal: () => this.#files.writeEpochs(),
      onSealed: (offset, producers) => this.#files.writeSnapshot({ offset, producers }),
    }
  }

  #upkept(): UpkeptLog {
    return {
      view: this.#view,
      state: this.#state,
      io: this.#io,
      clock: this.#options.clock,
      logger: this.#options.logger,
      config: () => this.#config,
      sealedOffset: () => this.recoveryPoint,
      mayChange: () => this.#isConfigured && this.#failure === undefined && this.#changes.blockedBy === undefined,
      startAt: (offset) => this.#startAt(offset),
      roll: () => this.roll(),
      dropBelowStart: () => this.#dropBelowStart(),
      flush: () => this.flush(),
      hasSnapshotFrom: (offset) => this.#changes.inOrder(() => this.#files.hasSnapshotFrom(offset)),
      inOrder: (action) => this.#changes.inOrder(action),
      onBroken: (cause) => this.#broken(cause),
    }
  }

  #readable(): ReadableLog {
    const [state, commit] = [this.#state, this.#commit]
    return {
      segments: state.segments,
      recent: state.recent,
      io: this.#io,
      get logStartOffset() {
        return state.logStartOffset
      },
      get endOffset() {
        return state.endOffset
      },
      get writtenOffset() {
        return commit.writtenOffset
      },
    }
  }

  #notify(): void {
    for (const listener of this.#listeners) listener.onAdvance?.(this)
  }

  /** In one step, before anything else happens. */
  #takeBack(groups: readonly [WriteGroup, ...WriteGroup[]], cause: unknown): void {
    this.#state.takeBack(groups)
    const [{ segment, startOffset }] = groups
    const { path } = segment
    const message = `${this.#state.name}: appends from offset ${startOffset} on could not be written and were taken back`
    this.#options.logger.error(message, { path, cause })
    this.#fail(new StorageError('write-failed', message, { path, cause }))
  }

  #broken(cause: unknown): void {
    if (this.#failure !== undefined) return
    const path = this.#options.directory
    const message = `${this.#state.name} is offline: its disk failed, and what it holds is not certain. Repair the disk and restart.`
    this.#options.logger.error(message, { path, cause })
    const failure = new StorageError('offline', message, { path, cause })
    this.#end(failure)
    this.#fail(failure)
  }

  #fail(error: StorageError): void {
    for (const listener of this.#listeners) listener.onFailure?.(this, error)
  }
}
