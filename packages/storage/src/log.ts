/**
 * One partition's log. What was appended is assigned at once, written by groups, and durable after a sync:
 * `logStartOffset <= highWatermark <= ackable <= written <= end`. State changes are synchronous; IO follows in order behind them.
 */
import { assert, type Clock, type Logger, type Uuid, zeroUuid } from '@millrace/base'
import { BatchHeader, ErrorCode } from '@millrace/protocol'
import { type AppendOptions, type AppendResult, type PreparedAppend, prepareAppend } from './append.ts'
import { replaceFile } from './atomic-file.ts'
import type { LogConfig } from './config.ts'
import { StorageError } from './errors.ts'
import { logDirectoryName, type TopicPartition } from './file-names.ts'
import type { FilePool } from './file-pool.ts'
import { type FileSystem, joinPath, parentPath } from './fs/port.ts'
import { GroupCommit, type GroupCommitOwner, type WriteGroup } from './group-commit.ts'
import type { IndexCache } from './index-files.ts'
import { type EpochEnd, type LeaderEpochs, leaderEpochFileName } from './leader-epochs.ts'
import { type LoadedLog, loadLog } from './loader.ts'
import { locateBatch } from './locate.ts'
import { type ReadableLog, type ReadOptions, type ReadResult, readAtTail, readLog } from './log-reader.ts'
import { encodePartitionMetadata, partitionMetadataFileName } from './partition-metadata.ts'
import { findSnapshots, rebuildProducers, removeSnapshotsAbove } from './producer-recovery.ts'
import type { ProducerEntry, ProducerState } from './producer-state.ts'
import { RecentBatches } from './recent-batches.ts'
import { replayEpoch, replayProducer } from './replay.ts'
import { rollJitterMs, rollReason } from './roll.ts'
import { Segment } from './segment.ts'
import { SegmentIo } from './segment-io.ts'
import { Segments } from './segments.ts'
import { findMaxTimestamp, findTimestamp, type TimestampedOffset } from './time-search.ts'

/** What an index entry can count. */
const offsetsPerSegmentMax = 0x7fffffff
/** Appends that wait to be written, before further ones are refused. */
const queuedBytesMax = 256 << 20

/** `fsync`: acknowledged after a sync. `os`: after the write, as Apache Kafka does by default. */
export type Durability = 'fsync' | 'os'

export interface LogOptions {
  readonly fileSystem: FileSystem
  /** Open files, shared by all logs of a process. */
  readonly pool: FilePool
  /** Indexes of closed segments, shared likewise. */
  readonly cache: IndexCache
  /** The log's own directory; made when missing. */
  readonly directory: string
  readonly topicPartition: TopicPartition
  /** Written to `partition.metadata` when that is missing, compared with it when not. Undefined: whatever the file says. */
  readonly topicId: Uuid | undefined
  readonly config: LogConfig
  readonly clock: Clock
  readonly logger: Logger
  /** From the checkpoint: below it nothing needs to be checked. 0 when unknown. */
  readonly recoveryPoint: number
  /** From the checkpoint; 0 when there is none. */
  readonly logStartOffset: number
  /** From the checkpoint; 0 when unknown. Under `fsync`, everything below it must be there. */
  readonly highWatermark?: number
  readonly cleanShutdown: boolean
  readonly durability: Durability
  /**
   * Makes checkpoints durable with the log's {@link Log.recoveryPoint} and {@link Log.checkpointHighWatermark}, which are lower
   * from now on, before the log is cut. A crash in between must not look like lost data.
   */
  readonly beforeTruncation?: (log: Log) => Promise<void>
}

export interface LogListener {
  /** The end, written, durable or start offset moved. Once per turn and step, synchronously. */
  onAdvance?(log: Log): void
  /**
   * Appends at or above the log's end offset, which went back, are not in the log; with code `offline` nothing will be any more.
   * Called before anything else can be appended.
   */
  onFailure?(log: Log, error: StorageError): void
}

export class Log {
  readonly topic: string
  readonly partition: number
  /** For messages. */
  readonly #name: string
  readonly #io: SegmentIo
  readonly #recent = new RecentBatches()
  readonly #segments: Segments
  readonly #view: ReadableLog
  readonly #options: LogOptions
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #epochs: LeaderEpochs
  readonly #commit: GroupCommit
  readonly #listeners = new Set<LogListener>()
  #directory: string
  #config: LogConfig
  #topicId: Uuid | undefined
  #producers: ProducerState
  #logStartOffset: number
  #endOffset: number
  #highWatermark: number
  #epochsChanged: boolean
  /** Why nothing can be appended now: something that changes the whole log is under way. */
  #blockedBy: string | undefined
  #blockCount = 0
  #exclusive: Promise<unknown> = Promise.resolve()
  /** While a truncation is under way: what is certain to be left. */
  #ceiling = Number.POSITIVE_INFINITY
  #failure: StorageError | undefined

  private constructor(options: LogOptions, io: SegmentIo, loaded: LoadedLog) {
    this.#options = options
    this.topic = options.topicPartition.topic
    this.partition = options.topicPartition.partition
    this.#name = logDirectoryName(options.topicPartition)
    this.#directory = options.directory
    this.#config = options.config
    this.#clock = options.clock
    this.#logger = options.logger
    this.#topicId = loaded.topicId
    this.#segments = new Segments(loaded.segments)
    this.#epochs = loaded.epochs
    this.#epochsChanged = loaded.epochsChanged
    this.#producers = loaded.producers
    this.#logStartOffset = loaded.logStartOffset
    this.#endOffset = loaded.endOffset
    this.#highWatermark = loaded.logStartOffset
    this.#io = io
    this.#commit = new GroupCommit(this.#io, options.clock, this.#commitOwner(), loaded.endOffset)
    this.#view = this.#readable()
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
    await log.#dropBelowStart()
    return log
  }

  /** The log's directory. */
  get directory(): string {
    return this.#directory
  }

  get topicId(): Uuid | undefined {
    return this.#topicId
  }

  get config(): LogConfig {
    return this.#config
  }

  /** First offset that can be read. */
  get logStartOffset(): number {
    return this.#logStartOffset
  }

  /** The offset that the next record gets. */
  get endOffset(): number {
    return this.#endOffset
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
    return this.#highWatermark
  }

  /** What readers of committed data may read up to (reference 2.8). */
  get lastStableOffset(): number {
    const unstable = this.#producers.firstUnstableOffset
    if (unstable < 0) return this.#highWatermark
    return Math.max(this.#logStartOffset, Math.min(this.#highWatermark, unstable))
  }

  /** Everything below was made durable together with what describes it. For the checkpoint. */
  get recoveryPoint(): number {
    return Math.min(this.#commit.recoveryPoint(), this.#ceiling)
  }

  /** The high watermark for the checkpoint: never above what a truncation under way leaves. */
  get checkpointHighWatermark(): number {
    return Math.min(this.#highWatermark, this.#ceiling)
  }

  /** Base offset of the first segment: a log start above it has to be in a checkpoint. */
  get firstSegmentOffset(): number {
    return this.#segments.first.baseOffset
  }

  /** The newest leader epoch; -1 before any. */
  get latestEpoch(): number {
    return this.#epochs.latest
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
    return this.#segments.size
  }

  get segmentInfos(): { readonly baseOffset: number; readonly size: number }[] {
    return this.#segments.all.map(({ baseOffset, size }) => ({ baseOffset, size }))
  }

  /** The epochs of the log with their first offsets. */
  get leaderEpochs(): readonly { readonly epoch: number; readonly startOffset: number }[] {
    return this.#epochs.entries
  }

  updateConfig(config: LogConfig): void {
    this.#config = config
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
    const prepared = prepareAppend(batches, options, {
      config: this.#config,
      endOffset: this.#endOffset,
      producers: this.#producers,
      nowMs: this.#clock.now(),
      name: this.#name,
    })
    if (prepared.kind !== 'prepared') return prepared
    this.#assign(prepared)
    const { baseOffset, lastOffset, logAppendTimeMs } = prepared
    return { kind: 'appended', baseOffset, lastOffset, logAppendTimeMs }
  }

  /** Records that this replica leads from here on in `leaderEpoch`, before it appends anything. */
  startEpoch(leaderEpoch: number): void {
    if (leaderEpoch <= this.#epochs.latest) return
    if (this.#epochs.assign(leaderEpoch, this.#endOffset)) this.#epochsChanged = true
  }

  /** Moves the high watermark up to `offset`, never back and never beyond {@link ackableOffset}. True when it moved. */
  advanceHighWatermark(offset: number): boolean {
    const target = Math.min(offset, this.ackableOffset)
    if (target <= this.#highWatermark) return false
    this.#highWatermark = target
    this.#producers.advanceHighWatermark(target)
    return true
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
    return this.#epochs.endOffsetFor(epoch, this.#endOffset)
  }

  /** The epoch that wrote `offset`; -1 when unknown. */
  epochForOffset(offset: number): number {
    return this.#epochs.epochAt(offset)
  }

  /** The producers that the log knows. */
  activeProducers(): ProducerEntry[] {
    return [...this.#producers.entries()]
  }

  /** The open transaction's first offset and epoch of a producer, if the log knows it. */
  producer(producerId: number): ProducerEntry | undefined {
    return this.#producers.get(producerId)
  }

  /** Forgets producers silent for `expirationMs` without an open transaction; how many. */
  removeExpiredProducers(expirationMs: number): number {
    return this.#producers.removeExpired(this.#clock.now(), expirationMs)
  }

  /** Writes the topic id of a log that has none. */
  async assignTopicId(topicId: Uuid): Promise<void> {
    assert(topicId !== zeroUuid, 'a topic id is not zero')
    assert(this.#topicId === undefined || this.#topicId === topicId, 'the topic id of a log never changes')
    this.#topicId = topicId
    const path = joinPath(this.#directory, partitionMetadataFileName)
    await replaceFile(this.#options.fileSystem, path, encodePartitionMetadata(topicId))
  }

  /** Starts a new segment, unless the active one is empty. */
  roll(): void {
    this.#checkUsable()
    if (this.#segments.active.size > 0) this.#roll(this.#endOffset)
  }

  /** Makes everything appended before the call durable. Throws `offline` when that failed. */
  async flush(): Promise<void> {
    this.#checkUsable()
    await this.#commit.flush()
    await this.#writeEpochs()
    if (this.#failure !== undefined) throw this.#failure
  }

  /**
   * Cuts off everything at or above `offset`. What waits to be written is written first; appends are refused meanwhile. Below the
   * log's start everything goes. The result is durable.
   */
  truncateTo(offset: number): Promise<void> {
    return this.#exclusively('truncation', async () => {
      if (offset >= this.#endOffset) return
      if (offset < this.#logStartOffset) return this.#restartAt(offset)
      await this.#lowerCeiling(offset)
      await this.#cut(offset)
    })
  }

  /** Drops everything and starts again, empty, at `offset`. The result is durable. */
  truncateFullyAndStartAt(offset: number): Promise<void> {
    return this.#exclusively('truncation', () => this.#restartAt(offset))
  }

  /**
   * Moves the log's start up to `offset`; whole segments below it are removed. True when it moved. Throws `out-of-range` above
   * the high watermark.
   */
  async deleteRecordsBefore(offset: number): Promise<boolean> {
    this.#checkUsable()
    if (offset > this.#highWatermark) {
      const message = `${this.#name}: offset ${offset} is above the high watermark ${this.#highWatermark}`
      throw new StorageError('out-of-range', message)
    }
    if (offset <= this.#logStartOffset) return false
    this.#logStartOffset = offset
    if (this.#epochs.truncateFromStart(offset)) this.#epochsChanged = true
    this.#notify()
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
      this.#end(new StorageError('closed', `${this.#name} is closed`, { path: this.#directory }))
      this.#options.pool.forgetDirectory(this.#directory)
    }
    if (clean && earlier !== undefined) throw earlier
  }

  /** Ends the log and removes its directory. */
  async delete(): Promise<void> {
    await this.close({ clean: false })
    await this.#options.fileSystem.removeDirectory(this.#directory)
    await this.#options.fileSystem.syncDirectory(parentPath(this.#directory))
  }

  /** Takes the log offline because its directory is: another log's sync failed there. */
  takeOffline(cause: unknown): void {
    this.#broken(cause)
  }

  async #finish(): Promise<void> {
    await this.#commit.flush()
    if (this.#failure !== undefined) throw this.#failure
    await this.#io.create(this.#segments.active)
    await this.#io.writeIndexes(this.#segments.active)
    await this.#writeEpochs()
  }

  /** Stops everything without IO. */
  #end(failure: StorageError): void {
    this.#failure = failure
    this.#commit.stop()
    this.#io.close()
    for (const segment of this.#segments.all) {
      segment.releaseDirty()
      this.#io.cache.drop(segment)
    }
  }

  #refusal(): AppendResult | undefined {
    const refused = (errorCode: number, message: string): AppendResult => ({ kind: 'refused', errorCode, message })
    if (this.#failure !== undefined) return refused(ErrorCode.KAFKA_STORAGE_ERROR, this.#failure.message)
    if (this.#blockedBy !== undefined) {
      return refused(ErrorCode.KAFKA_STORAGE_ERROR, `${this.#name}: ${this.#blockedBy} is under way`)
    }
    if (this.#commit.queuedBytes <= queuedBytesMax) return undefined
    return refused(ErrorCode.REQUEST_TIMED_OUT, `${this.#name}: too much waits to be written`)
  }

  /** The synchronous part of an append: from here on the batches have their place. */
  #assign({ bytes, baseOffset, lastOffset, maxTimestamp }: PreparedAppend): void {
    if (lastOffset - baseOffset <= offsetsPerSegmentMax) {
      this.#assignRun(bytes, baseOffset, lastOffset, maxTimestamp)
      return
    }
    // Compaction left a gap at the leader that no single segment can hold.
    for (let at = 0; at < bytes.length; at += BatchHeader.size(bytes, at)) {
      const batch = bytes.subarray(at, at + BatchHeader.size(bytes, at))
      const batchOffset = BatchHeader.baseOffset(batch, 0)
      this.#assignRun(batch, batchOffset, BatchHeader.lastOffset(batch, 0), BatchHeader.maxTimestamp(batch, 0))
    }
  }

  /** Gives batches that fit into one segment their place. */
  #assignRun(bytes: Buffer, baseOffset: number, lastOffset: number, maxTimestamp: number): void {
    this.#rollIfFull(bytes.length, baseOffset, lastOffset, maxTimestamp)
    const segment = this.#segments.active
    const group = this.#commit.group(segment, () => this.#openGroup(segment))
    for (let at = 0; at < bytes.length; at += BatchHeader.size(bytes, at)) {
      const batchOffset = BatchHeader.baseOffset(bytes, at)
      const size = BatchHeader.size(bytes, at)
      if (replayEpoch(this.#epochs, bytes, at)) this.#epochsChanged = true
      replayProducer(this.#producers, bytes, at, group.producerUndo)
      this.#recent.add(batchOffset, segment.size, size)
      const batchEnd = BatchHeader.lastOffset(bytes, at)
      segment.append(size, batchEnd, BatchHeader.maxTimestamp(bytes, at), this.#config.indexIntervalBytes)
    }
    this.#endOffset = lastOffset + 1
    this.#commit.add(group, bytes, this.#endOffset)
  }

  #openGroup(segment: Segment): WriteGroup {
    return {
      segment,
      startOffset: this.#endOffset,
      position: segment.size,
      mark: segment.mark(),
      epochsBefore: this.#epochs.entries,
      producerUndo: [],
      buffers: [],
      byteLength: 0,
      endOffset: this.#endOffset,
    }
  }

  #rollIfFull(size: number, baseOffset: number, lastOffset: number, maxTimestamp: number): void {
    const active = this.#segments.active
    const jitterMs = rollJitterMs(this.#config, this.#name, active.baseOffset)
    const incoming = { size, lastOffset, maxTimestamp }
    if (rollReason(active, incoming, this.#config, jitterMs, this.#clock.now()) === undefined) return
    // An empty segment rolls only for an offset that is too far from its own.
    this.#roll(baseOffset)
  }

  #roll(baseOffset: number): void {
    const old = this.#segments.active
    old.finishTimeIndex()
    const directory = this.#directory
    const segment = new Segment({ baseOffset, directory, size: 0, createdMs: this.#clock.now(), exists: false })
    segment.openIndexes()
    this.#segments.add(segment)
    this.#recent.clear()
    this.#commit.rolled(old, this.#endOffset)
  }

  async #dropBelowStart(): Promise<void> {
    const dropped = this.#segments.dropBefore(this.#logStartOffset)
    if (dropped.length === 0) return
    // Nothing may be writing, syncing or sealing them any more.
    await this.#commit.flush()
    this.#commit.forgetGone()
    await this.#io.setAside(dropped, this.#config.fileDeleteDelayMs)
  }

  async #lowerCeiling(offset: number): Promise<void> {
    this.#ceiling = offset
    await this.#options.beforeTruncation?.(this)
  }

  async #cut(offset: number): Promise<void> {
    const segment = this.#segments.floor(offset) as Segment
    const batch = await locateBatch(this.#io, segment, offset)
    const position = batch?.position ?? segment.writtenSize
    const indexes = segment.indexes ?? (await this.#io.cache.get(segment))
    await this.#io.setAside(this.#segments.dropAfter(segment), this.#config.fileDeleteDelayMs)
    await this.#io.cut(segment, position, true)
    segment.releaseDirty()
    this.#io.cache.drop(segment)
    segment.openIndexes(indexes)
    segment.truncate(position, offset)
    this.#commit.reopened(segment)
    await this.#afterTruncation(offset)
  }

  async #restartAt(offset: number): Promise<void> {
    await this.#lowerCeiling(0)
    const directory = this.#directory
    const segment = new Segment({ baseOffset: offset, directory, size: 0, createdMs: this.#clock.now(), exists: false })
    segment.openIndexes()
    await this.#io.setAside(this.#segments.replaceAll(segment), this.#config.fileDeleteDelayMs)
    await this.#io.create(segment)
    await this.#io.sync(segment)
    this.#logStartOffset = offset
    this.#epochs.restore([])
    this.#epochsChanged = true
    const { fileSystem } = this.#io
    await removeSnapshotsAbove(fileSystem, this.#directory, await findSnapshots(fileSystem, this.#directory), -1)
    await this.#afterTruncation(offset)
  }

  async #afterTruncation(offset: number): Promise<void> {
    this.#endOffset = offset
    this.#recent.clear()
    if (this.#highWatermark > offset) {
      const fields = { log: this.#name, highWatermark: this.#highWatermark, offset }
      this.#logger.warn('the log was truncated below its high watermark', fields)
    }
    this.#highWatermark = Math.max(this.#logStartOffset, Math.min(this.#highWatermark, offset))
    this.#commit.reset(offset)
    if (this.#epochs.truncateFromEnd(offset)) this.#epochsChanged = true
    if (this.#epochs.truncateFromStart(this.#logStartOffset)) this.#epochsChanged = true
    const { fileSystem } = this.#io
    const snapshots = await findSnapshots(fileSystem, this.#directory)
    await removeSnapshotsAbove(fileSystem, this.#directory, snapshots, offset)
    const { all } = this.#segments
    this.#producers = await rebuildProducers(this.#io, this.#directory, snapshots, all, offset, this.#logger)
    this.#producers.advanceHighWatermark(this.#highWatermark)
    await this.#writeEpochs()
    this.#ceiling = Number.POSITIVE_INFINITY
    this.#notify()
  }

  async #writeEpochs(): Promise<void> {
    if (!this.#epochsChanged) return
    const bytes = this.#epochs.encode()
    this.#epochsChanged = false
    try {
      await replaceFile(this.#io.fileSystem, joinPath(this.#directory, leaderEpochFileName), bytes)
    } catch (error) {
      this.#epochsChanged = true
      throw error
    }
  }

  /** Runs `action` once everything before it is done, with appends refused until it ends. A failure takes the log offline. */
  #exclusively<T>(what: string, action: () => Promise<T>): Promise<T> {
    this.#blockedBy = what
    this.#blockCount++
    const run = async (): Promise<T> => {
      try {
        this.#checkUsable()
        await this.#commit.quiet()
        this.#checkUsable()
        return await action()
      } catch (error) {
        if (this.#failure === undefined) this.#broken(error)
        throw error
      } finally {
        if (--this.#blockCount === 0) this.#blockedBy = undefined
      }
    }
    const result = this.#exclusive.then(run, run)
    this.#exclusive = result.catch(() => {})
    return result
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
      beforeSeal: () => this.#writeEpochs(),
    }
  }

  #readable(): ReadableLog {
    const log = this
    return {
      segments: this.#segments,
      recent: this.#recent,
      io: this.#io,
      get logStartOffset() {
        return log.#logStartOffset
      },
      get endOffset() {
        return log.#endOffset
      },
      get writtenOffset() {
        return log.#commit.writtenOffset
      },
    }
  }

  #notify(): void {
    for (const listener of this.#listeners) listener.onAdvance?.(this)
  }

  /** The groups could not be written: everything since the first of them goes, in one step, before anything else happens. */
  #takeBack(groups: readonly [WriteGroup, ...WriteGroup[]], cause: unknown): void {
    const [first] = groups
    for (const group of groups.toReversed()) this.#producers.revert(group.producerUndo, first.startOffset)
    for (const dropped of this.#segments.dropAfter(first.segment)) dropped.releaseDirty()
    first.segment.restore(first.mark)
    this.#epochs.restore(first.epochsBefore)
    this.#epochsChanged = true
    this.#recent.clear()
    this.#endOffset = first.startOffset
    const path = first.segment.path
    const message = `${this.#name}: appends from offset ${first.startOffset} on could not be written and were taken back`
    this.#logger.error(message, { path, cause })
    this.#fail(new StorageError('write-failed', message, { path, cause }))
  }

  #broken(cause: unknown): void {
    if (this.#failure !== undefined) return
    const path = this.#directory
    const message = `${this.#name} is offline: its disk failed, and what it holds is not certain. Repair the disk and restart.`
    this.#logger.error(message, { path, cause })
    const failure = new StorageError('offline', message, { path, cause })
    this.#end(failure)
    this.#fail(failure)
  }

  #fail(error: StorageError): void {
    for (const listener of this.#listeners) listener.onFailure?.(this, error)
  }
}

/** Under `fsync` nothing is acknowledged before it is durable, so the high watermark is a promise; under `os` only the recovery point is. */
function committedBy({ durability, recoveryPoint, highWatermark = 0 }: LogOptions): number {
  return durability === 'fsync' ? Math.max(recoveryPoint, highWatermark) : recoveryPoint
}
