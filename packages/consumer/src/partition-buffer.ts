/** What was fetched of one partition and not yet handed out: whole batches, opened one at a time, records as views on them. */
import type { Workers } from '@millrace/base'
import {
  BatchHeader,
  batchHeaderSize,
  batchSizeAt,
  codecById,
  openBatch,
  openBatchAsync,
  type RecordBatch,
  type RecordCursor,
  type RecordView,
} from '@millrace/protocol'
import type { AbortFilter } from './abort-filter.ts'

export interface BufferOptions {
  readonly checkCrc: boolean
  /** Largest size of a batch's records after decompression. */
  readonly decompressedSizeMax: number
  /** What decompresses beside the event loop. */
  readonly workers: Workers
  /** Called when a batch that was decompressed beside the event loop is open, or could not be opened. */
  readonly onOpened: () => void
}

/** The records of one answer. */
interface Chunk {
  readonly bytes: Buffer
  /** Where the next batch begins. */
  position: number
  readonly filter: AbortFilter
}

export class PartitionBuffer {
  readonly #options: BufferOptions
  #chunks: Chunk[] = []
  #batch: RecordBatch | undefined
  #cursor: RecordCursor | undefined
  #isOpening = false
  /** What is wrong with the data: thrown to whoever asks for the next record. */
  #failure: { readonly error: unknown } | undefined
  /** The answer that the damage was found in. */
  #brokenChunk: Chunk | undefined
  #size = 0
  /** Grows when everything is dropped: what was begun before does not count any more. */
  #generation = 0
  /** The offset to hand out next; records before it are skipped. */
  position: number
  /** The leader epoch of the batch that the last record came from, or of one that was left out after it; -1 when unknown. */
  leaderEpoch = -1
  /** The leader epoch of the last batch that was added; -1 before the first. */
  addedEpoch = -1

  constructor(position: number, options: BufferOptions) {
    this.position = position
    this.#options = options
  }

  /** Bytes that are held, as they were fetched. */
  get size(): number {
    return this.#size
  }

  /** Whether the data is damaged, here or further on. */
  get isBroken(): boolean {
    return this.#failure !== undefined
  }

  /** Whether there may be a record: false means that there is certainly none now. */
  get hasData(): boolean {
    if (this.#failure !== undefined) return true
    return !this.#isOpening && (this.#cursor !== undefined || this.#chunks.length > 0)
  }

  /**
   * Adds the records of an answer. Gives the offset to go on fetching from: after the last whole batch, or `undefined` when there
   * is none. A batch that is cut at the end is left out. Bytes that are no batches make this buffer broken, after the good ones.
   */
  add(bytes: Buffer, filter: AbortFilter): number | undefined {
    let end = 0
    let nextOffset: number | undefined
    try {
      for (let size = batchSizeAt(bytes, 0, bytes.length); size > 0; size = batchSizeAt(bytes, end, bytes.length)) {
        nextOffset = BatchHeader.lastOffset(bytes, end) + 1
        this.addedEpoch = BatchHeader.partitionLeaderEpoch(bytes, end)
        end += size
      }
    } catch (error) {
      this.fail(error)
    }
    if (nextOffset === undefined) return undefined
    this.#chunks.push({ bytes: bytes.subarray(0, end), position: 0, filter })
    this.#size += end
    return nextOffset
  }

  /** The data cannot be read: {@link next} throws `error` once it gets there. */
  fail(error: unknown): void {
    this.#failure ??= { error }
  }

  /** Drops everything and goes on at another offset. */
  reset(position: number): void {
    this.#chunks = []
    this.#batch = undefined
    this.#cursor = undefined
    this.#failure = undefined
    this.#brokenChunk = undefined
    this.#isOpening = false
    this.#size = 0
    this.#generation++
    this.position = position
  }

  /**
   * The next record; undefined when there is none now. Throws RecordsError for damaged data, every time until {@link reset}:
   * nothing is skipped.
   */
  next(): RecordView | undefined {
    try {
      return this.#next()
    } catch (error) {
      this.#break(error)
      throw error
    }
  }

  #next(): RecordView | undefined {
    for (;;) {
      const cursor = this.#cursor
      if (cursor === undefined) {
        if (!this.#openNext()) return undefined
        continue
      }
      while (cursor.next()) {
        const { offset } = cursor
        if (offset < this.position) continue
        this.position = offset + 1
        return cursor.view()
      }
      this.#finishBatch(this.#batch as RecordBatch)
    }
  }

  /** The batch that is being read is damaged. */
  #break(error: unknown): void {
    // A cursor is of no use after an error.
    this.#cursor = undefined
    this.#brokenChunk = this.#chunks[0]
    // It comes before any damage that was known already.
    this.#failure = { error }
  }

  #finishBatch(batch: RecordBatch): void {
    this.#batch = undefined
    this.#cursor = undefined
    // Records may be missing at the end of a compacted batch: its last offset says where to go on.
    this.position = Math.max(this.position, batch.lastOffset + 1)
    const chunk = this.#chunks[0] as Chunk
    chunk.position += batch.size
    this.#size -= batch.size
    if (chunk.position >= chunk.bytes.length) this.#chunks.shift()
  }

  /** Opens the next batch; false when there is none, or not yet. */
  #openNext(): boolean {
    const chunk = this.#chunks[0]
    if (this.#isOpening) return false
    // What came whole before the damage is still good.
    if (this.#failure !== undefined && (chunk === undefined || chunk === this.#brokenChunk)) throw this.#failure.error
    if (chunk === undefined) return false
    const { bytes, position } = chunk
    const codec = codecById(BatchHeader.codec(bytes, position))
    if (codec !== undefined && BatchHeader.size(bytes, position) - batchHeaderSize >= codec.besideSizeMin.decompress) {
      this.#openBeside(chunk)
      return false
    }
    this.#begin(chunk, openBatch(bytes, position, this.#options))
    return true
  }

  #begin(chunk: Chunk, batch: RecordBatch): void {
    const isAdmitted = chunk.filter.admits(batch)
    // Also of what is left out: the position moves beyond it.
    this.leaderEpoch = batch.partitionLeaderEpoch
    if (!isAdmitted) {
      this.#finishBatch(batch)
      return
    }
    this.#batch = batch
    this.#cursor = batch.cursor()
  }

  #openBeside(chunk: Chunk): void {
    this.#isOpening = true
    const generation = this.#generation
    const settle = (end: () => void) => {
      if (generation !== this.#generation) return
      this.#isOpening = false
      end()
      this.#options.onOpened()
    }
    openBatchAsync(chunk.bytes, chunk.position, this.#options)
      .then((batch) => settle(() => this.#begin(chunk, batch)))
      .catch((error) => settle(() => this.#break(error)))
  }
}
