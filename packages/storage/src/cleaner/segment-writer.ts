/** Writes the segment that takes the place of others: `.cleaned` files, data and indexes (reference 3.2, 3.5). */
import { BatchHeader } from '@millrace/protocol'
import { StorageError } from '../errors.ts'
import { cleanedSuffix, logFileName } from '../file-names.ts'
import { type File, type FileSystem, joinPath, readFully, writeFully } from '../fs/port.ts'
import { OffsetIndex } from '../offset-index.ts'
import { TimeIndex } from '../time-index.ts'
import { type AbortedTransaction, TransactionIndex } from '../transaction-index.ts'
import { relativeOffsetMax } from './groups.ts'

/** A file of a segment is positioned with 32 bits. */
const fileBytesMax = 0x7fff_ffff

export type CleanedFileKind = 'log' | 'index' | 'timeindex' | 'txnindex'

export interface SegmentWriterOptions {
  readonly fileSystem: FileSystem
  /** Of the log. */
  readonly directory: string
  readonly baseOffset: number
  readonly indexIntervalBytes: number
  /** What is written goes through it; of the caller, who may use it again afterwards. */
  readonly buffer: Buffer
  /** Counts what is written. */
  readonly meter: (file: File) => File
  /**
   * The one segment that is replaced, where it is only one: as long as nothing differs from it nothing is written, and then what
   * was equal is copied.
   */
  readonly original: File | undefined
}

export class SegmentWriter {
  readonly #options: SegmentWriterOptions
  readonly #offsets: OffsetIndex
  readonly #times: TimeIndex
  readonly #buffer: Buffer
  /** Bytes in the buffer, and bytes in the file. */
  #pending = 0
  #written = 0
  #file: File | undefined
  #bytesSinceIndexEntry = 0
  size = 0
  /** The offset after the last batch. */
  nextOffset: number
  firstTimestamp = -1
  maxTimestamp = -1
  maxTimestampOffset: number

  constructor(options: SegmentWriterOptions) {
    const { baseOffset } = options
    this.#options = options
    this.#offsets = new OffsetIndex(baseOffset)
    this.#times = new TimeIndex(baseOffset)
    this.#buffer = options.buffer
    this.nextOffset = baseOffset
    this.maxTimestampOffset = baseOffset
  }

  /** False while nothing differs from the original. */
  get isOpen(): boolean {
    return this.#file !== undefined
  }

  get offsetIndexCount(): number {
    return this.#offsets.count
  }

  get timeIndexCount(): number {
    return this.#times.count
  }

  /** Begins to write: from here on the new segment differs from the original, if there is one. */
  async open(): Promise<void> {
    if (this.#file !== undefined) return
    const { fileSystem, original, meter } = this.#options
    this.#file = meter(await fileSystem.open(this.#path('log'), 'create'))
    await this.#file.truncate(0)
    while (original !== undefined && this.#written < this.size) {
      const piece = this.#buffer.subarray(0, Math.min(this.#buffer.length, this.size - this.#written))
      const length = await readFully(original, piece, this.#written)
      if (length < piece.length) throw new StorageError('damaged', `${original.path} got shorter`, original)
      await writeFully(this.#file, piece, this.#written)
      this.#written += length
    }
  }

  /** Whether `size` bytes can be added without a flush before. */
  hasRoom(size: number): boolean {
    return this.#file === undefined || this.#pending + size <= this.#buffer.length
  }

  async flush(): Promise<void> {
    if (this.#pending === 0) return
    await writeFully(this.#file as File, this.#buffer.subarray(0, this.#pending), this.#written)
    this.#written += this.#pending
    this.#pending = 0
  }

  /** Adds the batch at `at`. There must be room for it. */
  add(bytes: Buffer, at: number): void {
    const size = BatchHeader.size(bytes, at)
    this.#index(bytes, at, size)
    if (this.#file !== undefined) this.#pending += bytes.copy(this.#buffer, this.#pending, at, at + size)
  }

  /** Adds a batch that is larger than the buffer. Nothing may wait for a flush. */
  async addLarge(bytes: Buffer, at: number): Promise<void> {
    const size = BatchHeader.size(bytes, at)
    this.#index(bytes, at, size)
    await writeFully(this.#file as File, bytes.subarray(at, at + size), this.#written)
    this.#written += size
  }

  /** Writes what is left and the indexes, all of it durable but for the names. The kinds of the files. */
  async finish(aborted: readonly AbortedTransaction[]): Promise<CleanedFileKind[]> {
    await this.open()
    await this.flush()
    await this.#file?.sync()
    await this.close()
    this.#times.maybeAppend(this.maxTimestamp, this.maxTimestampOffset)
    await this.#writeFile('index', this.#offsets.bytes)
    await this.#writeFile('timeindex', this.#times.bytes)
    if (aborted.length === 0) return ['log', 'index', 'timeindex']
    const transactions = new TransactionIndex()
    for (const transaction of aborted) transactions.append(transaction)
    await this.#writeFile('txnindex', transactions.bytes)
    return ['log', 'index', 'timeindex', 'txnindex']
  }

  async close(): Promise<void> {
    await this.#file?.close()
  }

  #index(bytes: Buffer, at: number, size: number): void {
    const lastOffset = BatchHeader.lastOffset(bytes, at)
    const maxTimestamp = BatchHeader.maxTimestamp(bytes, at)
    if (lastOffset - this.#options.baseOffset > relativeOffsetMax || this.size + size > fileBytesMax) {
      const what = `offset ${lastOffset} at byte ${this.size} is out of reach for the index`
      throw new StorageError('out-of-range', `${this.#path('log')}: ${what}`, { path: this.#path('log') })
    }
    if (this.size === 0) this.firstTimestamp = maxTimestamp
    if (maxTimestamp > this.maxTimestamp) {
      this.maxTimestamp = maxTimestamp
      this.maxTimestampOffset = lastOffset
    }
    if (this.#bytesSinceIndexEntry > this.#options.indexIntervalBytes) {
      this.#offsets.append(lastOffset, this.size)
      this.#times.maybeAppend(this.maxTimestamp, this.maxTimestampOffset)
      this.#bytesSinceIndexEntry = 0
    }
    this.#bytesSinceIndexEntry += size
    this.size += size
    this.nextOffset = lastOffset + 1
  }

  async #writeFile(kind: CleanedFileKind, bytes: Buffer): Promise<void> {
    const { fileSystem, meter } = this.#options
    const file = meter(await fileSystem.open(this.#path(kind), 'create'))
    try {
      await file.truncate(0)
      await writeFully(file, bytes, 0)
      await file.sync()
    } finally {
      await file.close()
    }
  }

  #path(kind: CleanedFileKind): string {
    const { directory, baseOffset } = this.#options
    return joinPath(directory, logFileName(baseOffset, kind) + cleanedSuffix)
  }
}
