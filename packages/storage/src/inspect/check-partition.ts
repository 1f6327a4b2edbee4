/** One log's directory: its segments in order, what lies beside them, and what the checkpoints promise of it. Reads only. */
import type { Uuid } from '@millrace/base'
import { DecodeError, decodeProducerSnapshot } from '@millrace/protocol'
import { readFileIfAny } from '../atomic-file.ts'
import { checkpointBytesMax } from '../checkpoint.ts'
import { StorageError } from '../errors.ts'
import { logFileName, parseLogDirectoryName, type TopicPartition } from '../file-names.ts'
import { baseName, type DirectoryEntry, type FileSystem, joinPath } from '../fs/port.ts'
import { LeaderEpochs, leaderEpochFileName } from '../leader-epochs.ts'
import { decodePartitionMetadata, partitionMetadataBytesMax, partitionMetadataFileName } from '../partition-metadata.ts'
import { producerSnapshotBytesMax, readProducerSnapshot } from '../producer-snapshot.ts'
import type { ProducerEntry } from '../producer-state.ts'
import { type AbortedTransaction, TransactionIndex, transactionIndexEntrySize } from '../transaction-index.ts'
import { isGap, walkBatches } from './batch-walk.ts'
import { checkSegment, type SegmentDamage, type SegmentResult } from './check-segment.ts'
import { type FileName, parseFileName } from './file-kind.ts'
import type { Findings, Remedy } from './findings.ts'
import { transactionIndexProblem } from './index-checks.ts'
import { indexFileBytesMax } from './index-limits.ts'
import { isKeptOriginal, reportKeptOriginals } from './kept-original.ts'
import { LogHistory } from './log-history.ts'
import { decodeQuorumState, quorumStateBytesMax, quorumStateFileName } from './quorum-state.ts'

/** What the checkpoints of the log directory say of a partition; undefined where they do not name it. */
export interface Promises {
  readonly recoveryPoint?: number | undefined
  readonly highWatermark?: number | undefined
  readonly logStartOffset?: number | undefined
  readonly firstDirtyOffset?: number | undefined
}

export interface PartitionOptions {
  readonly promises: Promises
  /** Whether the last process stopped in order. */
  readonly isClean?: boolean
  /** Check this segment alone. */
  readonly onlySegment?: number
}

export interface PartitionResult {
  readonly directory: string
  readonly topicPartition: TopicPartition | undefined
  /** Undefined when `partition.metadata` is missing or damaged. */
  readonly topicId: Uuid | undefined
  readonly endOffset: number
  readonly segmentCount: number
  readonly batchCount: number
  /** Bytes of the segments. */
  readonly size: number
}

/** Files that something interrupted left, by the end of their names. */
const leftovers: Readonly<Record<string, string>> = {
  '.deleted': 'waiting for their removal',
  '.cleaned': 'output of a compaction that did not complete',
  '.swap': 'output of a compaction that was not yet put in its place',
  '.part': 'a snapshot that was not received completely',
}

export async function checkPartition(
  fileSystem: FileSystem,
  directory: string,
  findings: Findings,
  options: PartitionOptions = { promises: {} },
): Promise<PartitionResult> {
  const entries = await fileSystem.list(directory)
  return new PartitionCheck(fileSystem, directory, entries, findings, options).run()
}

class PartitionCheck {
  readonly #fileSystem: FileSystem
  readonly #directory: string
  readonly #entries: readonly DirectoryEntry[]
  readonly #findings: Findings
  readonly #options: PartitionOptions
  readonly #names: ReadonlySet<string>
  readonly #files: readonly (FileName & { readonly name: string })[]
  readonly #topicPartition: TopicPartition | undefined
  #nextOffset = 0
  /** Where the first segment starts. */
  #firstBase = 0
  /** Damage at its end cost it batches that were durable. */
  #isShort = false
  #batchCount = 0
  #size = 0

  constructor(
    fileSystem: FileSystem,
    directory: string,
    entries: readonly DirectoryEntry[],
    findings: Findings,
    options: PartitionOptions,
  ) {
    this.#fileSystem = fileSystem
    this.#directory = directory
    this.#entries = entries
    this.#findings = findings
    this.#options = options
    this.#names = new Set(entries.map(({ name }) => name))
    this.#files = entries.flatMap(({ name, kind }) =>
      kind === 'file' && !isKeptOriginal(name) ? { ...parseFileName(name), name } : [],
    )
    const parsed = parseLogDirectoryName(baseName(directory))
    this.#topicPartition = parsed.kind === 'log' ? { topic: parsed.topic, partition: parsed.partition } : undefined
  }

  async run(): Promise<PartitionResult> {
    const only = this.#options.onlySegment
    const bases = this.#bases()
    const epochs = await this.#readEpochs()
    this.#firstBase = bases[0] ?? 0
    const history = new LogHistory(epochs, await this.#producersAt(bases[0]))
    const topicId = await this.#readTopicId()
    if (only === undefined) await this.#checkOtherFiles(bases)
    await this.#checkSegments(only === undefined ? bases : [only], bases.at(-1), history)
    this.#reportHistory(history)
    if (only === undefined) {
      this.#checkEpochs(history, epochs)
      this.#checkPromises(bases)
    }
    return {
      directory: this.#directory,
      topicPartition: this.#topicPartition,
      topicId,
      endOffset: this.#nextOffset,
      segmentCount: bases.length,
      batchCount: this.#batchCount,
      size: this.#size,
    }
  }

  #bases(): number[] {
    const segments = this.#files.filter(({ kind, suffix }) => kind === 'segment' && suffix === '')
    return segments.map(({ baseOffset }) => baseOffset).sort((a, b) => a - b)
  }

  async #checkSegments(bases: readonly number[], lastBase: number | undefined, history: LogHistory): Promise<void> {
    this.#nextOffset = bases[0] ?? this.#options.promises.logStartOffset ?? 0
    const place = { directory: this.#directory, names: this.#names }
    let isCut = false
    for (const [index, baseOffset] of bases.entries()) {
      const isLast = baseOffset === lastBase
      const nextOffset = Math.max(this.#nextOffset, baseOffset)
      const gap = index > 0 && !isCut ? baseOffset - this.#nextOffset : 0
      history.startSegment(baseOffset)
      const wasCut = isCut
      const result = await checkSegment(
        this.#fileSystem,
        {
          ...place,
          baseOffset,
          isAbandoned: isLast && this.#options.isClean !== true,
          onDamage: (damage) => this.#reportDamage(baseOffset, damage, isLast, wasCut),
        },
        nextOffset,
        this.#findings,
        history,
      )
      // An empty segment holds the place of what is written next.
      if (gap > 0 && !history.isCompacted && result.batchCount > 0) this.#reportGap(baseOffset, gap)
      await this.#checkTransactions(baseOffset, history, result)
      this.#batchCount += result.batchCount
      this.#size += result.size
      this.#nextOffset = Math.max(nextOffset, result.nextOffset)
      isCut ||= result.damage !== undefined
    }
  }

  /** What no checksum covers, and the batches contradict among themselves. */
  #reportHistory({ epochFall, offsetGap, isCompacted }: LogHistory): void {
    const advice = 'restore the file from a backup, or remove the replica where another has the data'
    if (epochFall !== undefined) {
      const path = this.#path(logFileName(epochFall.segment, 'log'))
      this.#findings.error(path, epochFall.problem, advice, { offset: epochFall.offset })
    }
    if (offsetGap === undefined || isCompacted) return
    const path = this.#path(logFileName(offsetGap.segment, 'log'))
    const what = `offsets ${offsetGap.from} to ${offsetGap.to} are in no batch`
    const hint = 'normal in a compacted topic; otherwise the offset of a batch was changed after it was written'
    this.#findings.warning(path, what, hint, { offset: offsetGap.from })
  }

  #reportGap(baseOffset: number, gap: number): void {
    const path = this.#path(logFileName(baseOffset, 'log'))
    const what = `offsets ${this.#nextOffset} to ${baseOffset - 1} are in no segment (${gap} of them)`
    const advice = 'normal in a compacted topic; otherwise a segment is missing: restore it from a backup or a replica'
    this.#findings.warning(path, what, advice, { offset: this.#nextOffset })
  }

  /** Reports the first damage of a segment, and where the log could be cut: once for a log. */
  #reportDamage(baseOffset: number, damage: SegmentDamage, isLast: boolean, isCut: boolean): void {
    const { position, nextOffset, problem } = damage
    const path = this.#path(logFileName(baseOffset, 'log'))
    const where = { position, offset: nextOffset }
    const restore = 'restore the file from a backup, or remove the replica where another has the data'
    if (damage.isMisplaced || isCut) {
      this.#findings.error(path, problem, damage.isMisplaced ? `${restore}. No repair touches it` : '', where)
      return
    }
    const durable = Math.max(this.#options.promises.recoveryPoint ?? 0, this.#options.promises.highWatermark ?? 0)
    const isTail = isLast && !damage.isFollowed
    const isTornWrite = isTail && nextOffset >= durable
    const cut = { kind: 'cut', directory: this.#directory, baseOffset, position, endOffset: nextOffset } as const
    const remedy = { remedy: { ...cut, isTornWrite } }
    if (isTornWrite) {
      const isCrash = damage.isTearable && this.#options.isClean !== true
      const guess = damage.isTearable ? ': it can be a write that did not complete' : ''
      const what = `${problem}. Nothing says that it was ever durable${guess}`
      const advice = 'millrace log repair cuts it off, and so does the next start of Millrace'
      if (isCrash) this.#findings.warning(path, what, advice, { ...where, ...remedy })
      else this.#findings.error(path, what, advice, { ...where, ...remedy })
      return
    }
    this.#isShort = isTail
    const what = isTail
      ? `${problem}. The log ends at offset ${nextOffset}, but everything below ${durable} was durable`
      : `${problem}. More batches follow it`
    const advice = `${restore}. If there is neither, millrace log repair --truncate-at-damage ends the log at offset ${nextOffset} and keeps the original beside it`
    this.#findings.error(path, what, advice, { ...where, ...remedy })
  }

  async #checkTransactions(baseOffset: number, history: LogHistory, { damage }: SegmentResult): Promise<void> {
    if (this.#options.onlySegment !== undefined) return
    const path = this.#path(logFileName(baseOffset, 'txnindex'))
    const bytes = await readFileIfAny(this.#fileSystem, path, indexFileBytesMax)
    const { index, isSound } = TransactionIndex.decode(bytes ?? Buffer.alloc(0), baseOffset)
    const position = index.count * transactionIndexEntrySize
    const unsound = isSound
      ? undefined
      : { position, offset: undefined, problem: 'the bytes from here on are no entries' }
    // Of a damaged segment, and of a compacted one, the batches do not tell which entries there were.
    const isComparable = damage === undefined && !history.isCompacted && !history.hasGap
    const logStartOffset = Math.max(this.#firstBase, this.#options.promises.logStartOffset ?? 0)
    const entries = index.entries()
    const found =
      unsound ?? (isComparable ? transactionIndexProblem(history.aborted, entries, logStartOffset) : undefined)
    if (found === undefined) return
    const { offset } = found
    const directory = this.#directory
    const remedy = isComparable
      ? {
          remedy: {
            kind: 'rebuild-transaction-index',
            directory,
            baseOffset,
            bytes: transactionIndexOf(history.aborted),
          } as const,
        }
      : {}
    const advice = isComparable
      ? 'millrace log repair builds it again from the segment'
      : 'readers of committed data may see aborted records of this segment: restore the file'
    this.#findings.error(path, found.problem, advice, {
      position,
      ...(offset === undefined ? {} : { offset }),
      ...remedy,
    })
  }

  /** Producers as they were at the first segment: transactions that began in segments deleted since are known from there alone. */
  async #producersAt(baseOffset: number | undefined): Promise<ProducerEntry[]> {
    if (baseOffset === undefined) return []
    const path = this.#path(logFileName(baseOffset, 'snapshot'))
    const bytes = await readFileIfAny(this.#fileSystem, path, producerSnapshotBytesMax)
    return (bytes && readProducerSnapshot(bytes)) ?? []
  }

  async #readTopicId(): Promise<Uuid | undefined> {
    const path = this.#path(partitionMetadataFileName)
    const bytes = await readFileIfAny(this.#fileSystem, path, partitionMetadataBytesMax)
    const advice =
      'Apache Kafka takes such a directory out of service (renamed, ending in -stray) and starts the partition empty; Millrace takes it over for the topic of this name. Restore the file before Apache Kafka opens the directory'
    if (bytes === undefined || bytes.length === 0) {
      const isNeeded = this.#topicPartition !== undefined
      if (isNeeded) this.#findings.warning(path, bytes === undefined ? 'it is missing' : 'it is empty', advice)
      return undefined
    }
    return this.#decoded(path, 'restore it: it must hold the id of the topic', () =>
      decodePartitionMetadata(bytes, path),
    )
  }

  async #readEpochs(): Promise<LeaderEpochs | undefined> {
    const path = this.#path(leaderEpochFileName)
    const bytes = await readFileIfAny(this.#fileSystem, path, checkpointBytesMax)
    if (bytes === undefined) return undefined
    const remedy = { kind: 'set-aside', path } as const
    const advice = 'millrace log repair sets it aside: the next start makes it again from the batches'
    return this.#decoded(path, advice, () => LeaderEpochs.decode(bytes, path), remedy)
  }

  /** Undefined, and a finding, for what is not valid. */
  #decoded<T>(path: string, advice: string, decode: () => T, remedy?: Remedy): T | undefined {
    try {
      return decode()
    } catch (error) {
      if (!(error instanceof StorageError || error instanceof DecodeError)) throw error
      this.#findings.error(path, error.message, advice, remedy === undefined ? {} : { remedy })
      return undefined
    }
  }

  #checkEpochs({ epochProblem, latestEpoch }: LogHistory, epochs: LeaderEpochs | undefined): void {
    const path = this.#path(leaderEpochFileName)
    if (epochs === undefined) {
      if (latestEpoch < 0 || this.#names.has(leaderEpochFileName)) return
      const severity = this.#options.isClean === true ? 'warning' : 'note'
      const advice = 'the next start makes it again from the batches'
      this.#findings.add({ severity, path, what: 'it is missing', advice })
      return
    }
    if (epochProblem !== undefined && epochs.entries.length > 0) {
      const remedy = { kind: 'set-aside', path } as const
      const advice = 'millrace log repair sets it aside: the next start makes it again from the batches'
      this.#findings.error(path, epochProblem.problem, advice, { offset: epochProblem.offset, remedy })
    }
    const beyond = epochs.entries.find(({ startOffset }) => startOffset > this.#nextOffset)
    if (beyond === undefined) return
    const what = `epoch ${beyond.epoch} starts at offset ${beyond.startOffset}, beyond the end of the log at ${this.#nextOffset}`
    this.#findings.warning(path, what, 'the next start drops the entry', { offset: beyond.startOffset })
  }

  #checkPromises(bases: readonly number[]): void {
    const { recoveryPoint, highWatermark, logStartOffset, firstDirtyOffset } = this.#options.promises
    const end = this.#nextOffset
    const checks: [string, number | undefined, string][] = [
      ['recovery-point-offset-checkpoint', recoveryPoint, 'durable'],
      ['replication-offset-checkpoint', highWatermark, 'committed'],
    ]
    for (const [file, offset, promise] of checks) {
      // The damage that made it shorter was reported with this promise.
      if (offset === undefined || offset <= end || this.#isShort) continue
      const what = `it ends at offset ${end}, but ${file} says that everything below ${offset} was ${promise}`
      const advice =
        'records are missing at its end: restore the directory from a backup, or remove the replica where another has the data'
      this.#findings.error(this.#directory, what, advice, { offset: end })
    }
    if (logStartOffset !== undefined && logStartOffset > end) {
      const what = `log-start-offset-checkpoint has offset ${logStartOffset}, beyond the log's end at ${end}`
      this.#findings.error(
        this.#directory,
        what,
        `the next start makes the log empty, from offset ${logStartOffset} on`,
      )
    }
    if (firstDirtyOffset !== undefined && firstDirtyOffset > end) {
      const what = `cleaner-offset-checkpoint has offset ${firstDirtyOffset}, beyond the log's end at ${end}`
      this.#findings.warning(this.#directory, what, 'compaction starts from the beginning')
    }
    if (bases.length === 0) this.#findings.note(this.#directory, 'it has no segment: the log is empty')
  }

  async #checkOtherFiles(bases: readonly number[]): Promise<void> {
    for (const { name, kind } of this.#entries) {
      if (kind === 'directory') {
        this.#findings.note(this.#path(name), 'a directory inside of a log: nothing opens it')
      }
    }
    reportKeptOriginals(this.#directory, this.#entries, this.#findings)
    for (const file of this.#files) await this.#checkOtherFile(file, bases)
    this.#reportLeftovers()
  }

  #reportLeftovers(): void {
    for (const [suffix, what] of Object.entries(leftovers)) {
      const count = this.#files.filter((file) => file.suffix === suffix).length
      if (count === 0) continue
      const text = `${count} file${count === 1 ? '' : 's'} ending in ${suffix}: ${what}`
      this.#findings.note(this.#directory, text, 'the next start finishes what was begun')
    }
  }

  async #checkOtherFile(file: FileName & { readonly name: string }, bases: readonly number[]): Promise<void> {
    const path = this.#path(file.name)
    const { kind, baseOffset, suffix } = file
    if (suffix !== '') return
    if (kind === 'producer-snapshot') await this.#checkProducerSnapshot(path, baseOffset)
    else if (kind === 'metadata-snapshot') await this.#checkMetadataSnapshot(path)
    else if (kind === 'quorum-state') await this.#checkQuorumState(path)
    else if (kind === 'unknown') this.#findings.note(path, 'no file of a log: nothing opens it')
    else if (kind.endsWith('-index') && !bases.includes(baseOffset)) {
      this.#findings.warning(path, 'there is no segment of this name', 'the next start removes it')
    }
  }

  async #checkProducerSnapshot(path: string, endOffset: number): Promise<void> {
    const bytes = await this.#fileSystem.readFile(path, producerSnapshotBytesMax)
    const remedy = { kind: 'set-aside', path } as const
    const advice = 'millrace log repair sets it aside: an older one, or the batches, serve instead'
    const entries = this.#decoded(path, advice, () => decodeProducerSnapshot(bytes), remedy)
    const beyond = entries?.find(({ lastOffset }) => lastOffset >= endOffset)
    if (beyond === undefined) return
    const what = `producer ${beyond.producerId} wrote offset ${beyond.lastOffset}, but its name says that it ends below ${endOffset}`
    this.#findings.error(path, what, advice, { offset: beyond.lastOffset, remedy })
  }

  async #checkMetadataSnapshot(path: string): Promise<void> {
    const file = await this.#fileSystem.open(path, 'read')
    try {
      for await (const steps of walkBatches(file, { start: 0, end: await file.size(), nextOffset: 0 })) {
        for (const step of steps) {
          const { problem, position } = isGap(step) ? step : step.batch
          if (problem === undefined) continue
          const advice = 'restore it; or, when the metadata log still begins at offset 0, move it away'
          this.#findings.error(path, problem, advice, { position })
        }
      }
    } finally {
      await file.close()
    }
  }

  async #checkQuorumState(path: string): Promise<void> {
    const bytes = await this.#fileSystem.readFile(path, quorumStateBytesMax)
    const advice =
      'restore it: it holds the vote of this node. With a single controller, moving it away is safe; with several, this node could vote twice'
    this.#decoded(path, advice, () => decodeQuorumState(bytes, path))
  }

  #path(name: string): string {
    return joinPath(this.#directory, name)
  }
}

/** The file that holds these. */
function transactionIndexOf(aborted: readonly AbortedTransaction[]): Buffer {
  const index = new TransactionIndex()
  for (const transaction of aborted) index.append(transaction)
  return index.bytes
}

/** Whether a directory's files are those of a log, or its name is. */
export function isPartitionDirectory(directory: string, entries: readonly DirectoryEntry[]): boolean {
  const isLog = parseLogDirectoryName(baseName(directory)).kind !== 'unknown'
  const names = entries.filter(({ kind }) => kind === 'file').map(({ name }) => parseFileName(name).kind)
  return (
    names.includes('segment') ||
    (isLog && !names.includes('meta-properties')) ||
    entries.some(({ name }) => name === quorumStateFileName)
  )
}
