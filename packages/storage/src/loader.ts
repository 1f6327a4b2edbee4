/** Opening a log's directory: trusting it after a clean stop, checking and repairing it after a crash (reference 3.7). */
import type { Clock, Logger, Uuid } from '@millrace/base'
import { BatchHeader, batchHeaderSize } from '@millrace/protocol'
import { readFileIfAny, removeFileIfAny } from './atomic-file.ts'
import { checkpointBytesMax } from './checkpoint.ts'
import type { LogConfig } from './config.ts'
import { isStorageError, StorageError } from './errors.ts'
import { type LogFileName, logFileName, parseLogFileName } from './file-names.ts'
import { type DirectoryEntry, type File, joinPath, readFully } from './fs/port.ts'
import { isTransactionIndexSound, readIndexes, writeIndexes } from './index-files.ts'
import { LeaderEpochs, leaderEpochFileName } from './leader-epochs.ts'
import { finishLeftovers, hasLeftovers } from './leftovers.ts'
import { lastEpochOf } from './locate.ts'
import { decodePartitionMetadata, partitionMetadataBytesMax, partitionMetadataFileName } from './partition-metadata.ts'
import { rebuildProducers, removeStraySnapshots, snapshotsAmong } from './producer-recovery.ts'
import { type ProducerEntry, ProducerState } from './producer-state.ts'
import { type RecoveredSegment, recoverSegment } from './recovery.ts'
import { replayEpoch, replayProducer } from './replay.ts'
import { scanBatches, scanChunkBytes, seekChunkBytes } from './scan.ts'
import { Segment, type SegmentIndexes } from './segment.ts'
import type { SegmentIo } from './segment-io.ts'

/** Bytes read at once where a batch or two are looked at. */
const glanceBytes = 512

interface LoadOptions {
  readonly io: SegmentIo
  readonly directory: string
  readonly config: LogConfig
  readonly clock: Clock
  readonly logger: Logger
  /** Everything below was made durable, indexes included; segments that end below it are not checked. */
  readonly recoveryPoint: number
  /** Everything below must be there. At least `recoveryPoint`. */
  readonly committedOffset: number
  readonly logStartOffset: number
  readonly cleanShutdown: boolean
  /** Whether a segment got bytes only when all before it was durable, as under fsync. */
  readonly isOrdered: boolean
}

/** The producers as they were at an offset below which everything is durable. */
export interface UnwrittenSnapshot {
  readonly offset: number
  readonly producers: readonly ProducerEntry[]
}

export interface LoadedLog {
  /** At least one. */
  readonly segments: Segment[]
  /** Those before them, whose files are to go: they are below the log's start. */
  readonly dropped: readonly Segment[]
  readonly logStartOffset: number
  readonly endOffset: number
  readonly epochs: LeaderEpochs
  /** Whether the epochs differ from the file. */
  readonly epochsChanged: boolean
  readonly producers: ProducerState
  /** Of the newest snapshot of them; undefined when there is none. */
  readonly snapshotOffset: number | undefined
  /** At the start of the active segment, or else at the end of the log, unless a snapshot stands there or behind. */
  readonly unwrittenSnapshot: UnwrittenSnapshot | undefined
  /** From `partition.metadata`; undefined when there is no such file. */
  readonly topicId: Uuid | undefined
}

/** Opens the directory, which must exist. Throws `damaged`, `unsupported-format`, `invalid-file`, or the medium's errors. */
export function loadLog(options: LoadOptions): Promise<LoadedLog> {
  return new Loader(options).load()
}

class Loader {
  readonly #options: LoadOptions
  readonly #io: SegmentIo
  readonly #directory: string
  #epochs = new LeaderEpochs()
  #epochsChanged = false
  #files: LogFileName[] = []
  #names = new Set<string>()
  /** Index files were written whose names are not durable yet. */
  #hasNewIndexes = false
  /** End of the active segment when a clean stop left it as it should be. */
  #trustedEndOffset: number | undefined
  /** Segments below the log's start. */
  #dropped: readonly Segment[] = []
  /** At the end of the segment that was recovered last; undefined when the one after it was not walked. */
  #producers: ProducerState | undefined
  /** Of the last batch of the segment that was recovered last; undefined likewise. */
  #lastEpoch: number | undefined
  /** Where the active segment starts, once it was recovered. */
  #snapshot: UnwrittenSnapshot | undefined

  constructor(options: LoadOptions) {
    this.#options = options
    this.#io = options.io
    this.#directory = options.directory
  }

  async load(): Promise<LoadedLog> {
    const { fileSystem } = this.#io
    let entries = await fileSystem.list(this.#directory)
    if (hasLeftovers(entries)) {
      await finishLeftovers(fileSystem, this.#directory, entries, this.#options.logger)
      entries = await fileSystem.list(this.#directory)
    }
    // A killed process may have made files and not yet synced their names; what is acknowledged from now on relies on them.
    if (!this.#options.cleanShutdown && entries.length > 0) await fileSystem.syncDirectory(this.#directory)
    this.#see(entries)
    const topicId = await this.#readTopicId()
    const segments = await this.#findSegments()
    await this.#removeOrphans(segments)
    // Nothing of them counts any more, and what was next to them may be gone already.
    const firstLive = segments.findLastIndex(({ baseOffset }) => baseOffset <= this.#options.logStartOffset)
    this.#dropped = segments.splice(0, Math.max(0, firstLive))
    const hasEpochs = (await this.#readEpochs()) && this.#epochsReach(segments)
    const firstUntrusted = await this.#firstUntrusted(segments)
    const endOffset = await this.#walk(segments, firstUntrusted, hasEpochs)
    // Nobody misses an index of aborted transactions: it must not be lost once the recovery point vouches for its segment.
    if (this.#hasNewIndexes) await fileSystem.syncDirectory(this.#directory)
    return this.#finish(segments, endOffset, topicId)
  }

  #see(entries: readonly DirectoryEntry[]): void {
    this.#names = new Set(entries.map(({ name }) => name))
    this.#files = entries.flatMap(({ name, kind }) => (kind === 'file' ? (parseLogFileName(name) ?? []) : []))
  }

  async #readTopicId(): Promise<Uuid | undefined> {
    const path = joinPath(this.#directory, partitionMetadataFileName)
    const bytes = await readFileIfAny(this.#io.fileSystem, path, partitionMetadataBytesMax)
    // Another writer's crash between creating and filling the file leaves it empty.
    return bytes === undefined || bytes.length === 0 ? undefined : decodePartitionMetadata(bytes, path)
  }

  async #findSegments(): Promise<Segment[]> {
    const directory = this.#directory
    const createdMs = this.#options.clock.now()
    const found: Segment[] = []
    for (const { offset, kind, suffix } of this.#files) {
      if (kind !== 'log' || suffix !== '') continue
      const status = await this.#io.fileSystem.stat(joinPath(directory, logFileName(offset, 'log')))
      found.push(new Segment({ baseOffset: offset, directory, size: status?.size ?? 0, createdMs, exists: true }))
    }
    return found.sort((a, b) => a.baseOffset - b.baseOffset)
  }

  /** Index files without their data mean nothing. */
  async #removeOrphans(segments: readonly Segment[]): Promise<void> {
    const bases = new Set(segments.map(({ baseOffset }) => baseOffset))
    for (const { kind, offset, suffix } of this.#files) {
      const isIndex = kind === 'index' || kind === 'timeindex' || kind === 'txnindex'
      if (!isIndex || suffix !== '' || bases.has(offset)) continue
      await removeFileIfAny(this.#io.fileSystem, joinPath(this.#directory, logFileName(offset, kind)))
    }
  }

  /** False when the epochs have to be found by walking the whole log. */
  async #readEpochs(): Promise<boolean> {
    const path = joinPath(this.#directory, leaderEpochFileName)
    const bytes = await readFileIfAny(this.#io.fileSystem, path, checkpointBytesMax)
    if (bytes === undefined) return false
    try {
      this.#epochs = LeaderEpochs.decode(bytes, path)
      return true
    } catch (error) {
      if (!isStorageError(error, 'invalid-file')) throw error
      this.#options.logger.warn('leader epochs are read from the log itself', { path, error: error.message })
      return false
    }
  }

  /** A crash may bring records back that were about to be removed, when the file does not know their epochs any more. */
  #epochsReach(segments: readonly Segment[]): boolean {
    const logStartOffset = Math.max(this.#options.logStartOffset, segments[0]?.baseOffset ?? 0)
    const { startOffset = 0 } = this.#epochs.entries[0] ?? {}
    if (this.#options.cleanShutdown || startOffset <= logStartOffset) return true
    this.#epochs = new LeaderEpochs()
    this.#epochsChanged = true
    return false
  }

  /** Place of the first segment that has to be checked batch by batch; the number of segments when all are trusted. */
  async #firstUntrusted(segments: readonly Segment[]): Promise<number> {
    const active = segments.at(-1)
    if (active === undefined) return 0
    if (this.#options.cleanShutdown) return segments.length - ((await this.#trustActive(active)) ? 0 : 1)
    // One that ends at the recovery point may have been rolled after that was written, with indexes of an earlier stop.
    const isBelow = ({ baseOffset }: Segment) => baseOffset < this.#options.recoveryPoint
    return Math.max(0, segments.findLastIndex(isBelow))
  }

  /** Takes the active segment as a clean stop left it: from the last index entry on, headers must lead exactly to its end. */
  async #trustActive(segment: Segment): Promise<boolean> {
    const isWithoutAborted = !this.#names.has(logFileName(segment.baseOffset, 'txnindex'))
    const { indexes, isSound, isExact } = await readIndexes(this.#io.fileSystem, segment, { isWithoutAborted })
    if (!isSound) return false
    const last = indexes.offsets.entry(indexes.offsets.count - 1)
    let firstEnd: number | undefined
    let newest = { lastOffset: -1, maxTimestamp: -1 }
    const end = await this.#withFile(segment, async (file) => {
      segment.firstTimestamp = await firstTimestamp(file)
      const range = { start: last.position, end: segment.size, nextOffset: segment.baseOffset, verify: false }
      return scanBatches(file, { ...range, chunkBytes: seekChunkBytes }, (bytes, at) => {
        const lastOffset = BatchHeader.lastOffset(bytes, at)
        firstEnd ??= lastOffset
        const maxTimestamp = BatchHeader.maxTimestamp(bytes, at)
        if (maxTimestamp > newest.maxTimestamp) newest = { lastOffset, maxTimestamp }
        return true
      })
    })
    // The entries must be of the batches that they name.
    if (end.problem !== undefined || (last.position > 0 && firstEnd !== last.offset)) return false
    if (!(await this.#isNewestRight(segment, indexes))) return false
    segment.openIndexes(indexes)
    segment.observe(newest.lastOffset, newest.maxTimestamp)
    segment.areIndexesAsFound = isExact
    this.#trustedEndOffset = end.nextOffset
    return true
  }

  /** Whether the last entry of the time index, which retention goes by, is of a batch of the segment. */
  async #isNewestRight(segment: Segment, { offsets, times }: SegmentIndexes): Promise<boolean> {
    const { timestamp, offset } = times.last
    if (timestamp < 0) return true
    let isRight = false
    const range = { start: offsets.lookup(offset).position, end: segment.size, nextOffset: segment.baseOffset }
    await this.#withFile(segment, (file) =>
      scanBatches(file, { ...range, verify: false, chunkBytes: glanceBytes }, (bytes, at) => {
        const isThere = BatchHeader.baseOffset(bytes, at) <= offset && offset <= BatchHeader.lastOffset(bytes, at)
        isRight ||= isThere && BatchHeader.maxTimestamp(bytes, at) === timestamp
        return BatchHeader.lastOffset(bytes, at) < offset
      }),
    )
    return isRight
  }

  /** Walks every segment that must be checked; those below keep what the clean stop or the recovery point promised. */
  async #walk(segments: Segment[], firstUntrusted: number, hasEpochs: boolean): Promise<number> {
    let nextOffset = segments[0]?.baseOffset ?? this.#options.logStartOffset
    for (const [place, segment] of segments.entries()) {
      nextOffset = Math.max(nextOffset, segment.baseOffset)
      if (place < firstUntrusted && (await this.#hasIndexes(segment))) {
        this.#producers = undefined
        this.#lastEpoch = undefined
        if (!hasEpochs) await this.#readEpochsFrom(segment)
        nextOffset = segments[place + 1]?.baseOffset ?? this.#trustedEndOffset ?? nextOffset
        continue
      }
      // Where the clean stop or the recovery point vouch for a segment, only its indexes are missing.
      const vouchedOffset = place < firstUntrusted ? (segments[place + 1]?.baseOffset ?? 0) : 0
      const recovered = await this.#recover(segments, place, nextOffset, vouchedOffset)
      nextOffset = recovered.nextOffset
      this.#lastEpoch = recovered.lastEpoch
    }
    return nextOffset
  }

  /** Whether the segment can be read as it is. The index of aborted transactions is rare, and nothing else tells what it must hold. */
  async #hasIndexes(segment: Segment): Promise<boolean> {
    if (segment.indexes !== undefined) return true
    const has = (kind: 'index' | 'timeindex' | 'txnindex') => this.#names.has(logFileName(segment.baseOffset, kind))
    if (!has('index') || !has('timeindex')) return false
    return !has('txnindex') || (await isTransactionIndexSound(this.#io.fileSystem, segment))
  }

  async #recover(
    segments: Segment[],
    place: number,
    nextOffset: number,
    vouchedOffset: number,
  ): Promise<RecoveredSegment> {
    const { config, logger, isOrdered } = this.#options
    const committedOffset = Math.max(this.#options.committedOffset, vouchedOffset)
    const segment = segments[place] as Segment
    const isLast = place === segments.length - 1
    const fileSize = segment.size
    const producers = await this.#producersBefore(segments, place)
    if (isLast) this.#snapshot = { offset: segment.baseOffset, producers: [...producers.entries()] }
    const before = segments[place - 1]
    const epochBefore = this.#lastEpoch ?? (before === undefined ? -1 : await lastEpochOf(this.#io, before))
    segment.size = 0
    const recovered = await this.#withFile(segment, async (file) => {
      const { indexIntervalBytes } = config
      // Compaction never touches the segment that is appended to; a follower copies the gaps that it left at the leader.
      const isContiguous = isLast && !config.cleanupPolicy.includes('compact')
      const promise = { committedOffset, isLast, isContiguous, isOrdered }
      const beforeCut = () => this.#setAside(segments.splice(place + 1).toReversed())
      const range = { file, fileSize, nextOffset, epochBefore }
      const options = { ...range, indexIntervalBytes, logger, beforeCut, ...promise }
      const result = await recoverSegment(segment, options, (bytes, at) => {
        this.#takeEpoch(bytes, at)
        const aborted = replayProducer(producers, bytes, at)
        if (aborted !== undefined) segment.indexes?.aborted.append(aborted)
      })
      // What a killed process wrote is in the file, but not yet durable.
      await file.sync()
      return result
    })
    if (isLast || recovered.cutBytes > 0 || segment.indexes === undefined) return recovered
    await writeIndexes(this.#io.fileSystem, segment, segment.indexes)
    segment.indexes = undefined
    this.#hasNewIndexes = true
    return recovered
  }

  /** The producers where a segment starts. Its batches are replayed into them, which finds the transactions that it aborts. */
  async #producersBefore(segments: readonly Segment[], place: number): Promise<ProducerState> {
    if (this.#producers !== undefined) return this.#producers
    const { baseOffset } = segments[place] as Segment
    const snapshots = snapshotsAmong(this.#files)
    const before = segments.slice(0, place)
    const { logger } = this.#options
    this.#producers = await rebuildProducers(this.#io, this.#directory, snapshots, before, baseOffset, logger)
    return this.#producers
  }

  async #readEpochsFrom(segment: Segment): Promise<void> {
    const range = {
      start: 0,
      end: segment.size,
      nextOffset: segment.baseOffset,
      verify: false,
      chunkBytes: scanChunkBytes,
    }
    await this.#withFile(segment, (file) =>
      scanBatches(file, range, (bytes, at) => {
        this.#takeEpoch(bytes, at)
        return true
      }),
    )
  }

  #takeEpoch(bytes: Buffer, at: number): void {
    if (replayEpoch(this.#epochs, bytes, at)) this.#epochsChanged = true
  }

  async #finish(segments: Segment[], endOffset: number, topicId: Uuid | undefined): Promise<LoadedLog> {
    const { committedOffset, logger } = this.#options
    const directory = this.#directory
    if (endOffset < committedOffset) {
      const message = `${directory} ends at offset ${endOffset}, but everything below ${committedOffset} was durable. Nothing was changed: restore its files, or remove the replica.`
      throw new StorageError('damaged', message, { path: directory })
    }
    const logStartOffset = Math.max(this.#options.logStartOffset, segments[0]?.baseOffset ?? 0)
    if (logStartOffset > endOffset) {
      logger.warn('the log starts above its end: it restarts empty', { directory, logStartOffset, endOffset })
      await this.#setAside([...this.#dropped, ...segments.splice(0)])
      this.#dropped = []
    }
    const bases = segments.map(({ baseOffset }) => baseOffset)
    const usableMax = Math.max(endOffset, logStartOffset)
    const snapshots = await removeStraySnapshots(this.#io.fileSystem, directory, this.#files, bases, usableMax)
    if (segments.length === 0) return this.#empty(logStartOffset, topicId)
    const producers =
      this.#producers ?? (await rebuildProducers(this.#io, directory, snapshots, segments, endOffset, logger))
    const snapshotOffset = snapshots.at(-1)
    const knownOffset = snapshotOffset ?? logStartOffset
    if (endOffset > knownOffset) this.#snapshot ??= { offset: endOffset, producers: [...producers.entries()] }
    const isCut = this.#epochs.truncateFromEnd(endOffset)
    const isShortened = this.#epochs.truncateFromStart(logStartOffset)
    return {
      segments,
      dropped: this.#dropped,
      logStartOffset,
      endOffset,
      epochs: this.#epochs,
      epochsChanged: this.#epochsChanged || isCut || isShortened,
      producers,
      snapshotOffset,
      unwrittenSnapshot:
        this.#snapshot !== undefined && this.#snapshot.offset > knownOffset ? this.#snapshot : undefined,
      topicId,
    }
  }

  async #empty(logStartOffset: number, topicId: Uuid | undefined): Promise<LoadedLog> {
    const directory = this.#directory
    const createdMs = this.#options.clock.now()
    const segment = new Segment({ baseOffset: logStartOffset, directory, size: 0, createdMs, exists: false })
    segment.openIndexes()
    // Its name is all that tells where the log goes on: the checkpoint of log starts does not have what a segment tells.
    if (logStartOffset > 0) {
      await this.#io.create(segment)
      await this.#io.sync(segment)
    }
    return {
      segments: [segment],
      dropped: this.#dropped,
      logStartOffset,
      endOffset: logStartOffset,
      epochs: new LeaderEpochs(),
      epochsChanged: this.#names.has(leaderEpochFileName),
      producers: new ProducerState(),
      snapshotOffset: undefined,
      unwrittenSnapshot: undefined,
      topicId,
    }
  }

  /** Takes segments out of the log. Their files stay beside it, renamed, until the next start. */
  async #setAside(segments: readonly Segment[]): Promise<void> {
    await this.#io.setAside(segments, undefined)
  }

  async #withFile<T>(segment: Segment, use: (file: File) => Promise<T>): Promise<T> {
    const lease = await this.#io.open(segment)
    try {
      return await use(lease.file)
    } finally {
      lease.release()
    }
  }
}

async function firstTimestamp(file: File): Promise<number> {
  const header = Buffer.alloc(batchHeaderSize)
  return (await readFully(file, header, 0)) === batchHeaderSize ? BatchHeader.maxTimestamp(header, 0) : -1
}
