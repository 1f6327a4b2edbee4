/** A coordinator partition's log in memory, for tests: commits when told, and fails in every way a real one can. */
import { type Deferred, deferred } from '@millrace/base'
import { BatchHeader, ErrorCode, forEachBatch } from '@millrace/protocol'
import type { AppendResult, PartitionLog, PartitionLogListener } from './partition-log.ts'

interface StoredBatch {
  readonly bytes: Buffer
  readonly end: number
}

export class MemoryLog implements PartitionLog {
  readonly #listeners = new Set<PartitionLogListener>()
  #batches: StoredBatch[] = []
  #highWatermark: number
  #refusal: number | undefined
  #commitsAtOnce = false
  #failsAtOnce = false
  #isUnreadable = false
  #held: Deferred<void>[] | undefined
  #readCount = 0
  readonly logStartOffset: number

  constructor(logStartOffset = 0) {
    this.logStartOffset = logStartOffset
    this.#highWatermark = logStartOffset
  }

  /** Holds the batches of a log segment, all committed. What is no batch is kept as it is: for a log that is damaged. */
  static of(segment: Buffer): MemoryLog {
    const log = new MemoryLog()
    let end = 0
    try {
      forEachBatch(segment, 0, segment.length, (position, size) => {
        const bytes = segment.subarray(position, position + size)
        end = BatchHeader.lastOffset(bytes, 0) + 1
        log.#batches.push({ bytes, end })
      })
    } catch {
      log.#batches.push({ bytes: segment, end: end + 1 })
    }
    log.#highWatermark = log.endOffset
    return log
  }

  /** Every read fails. */
  static unreadable(): MemoryLog {
    const log = new MemoryLog()
    log.#batches.push({ bytes: Buffer.alloc(0), end: 1 })
    log.#isUnreadable = true
    return log
  }

  get endOffset(): number {
    return this.#batches.at(-1)?.end ?? this.logStartOffset
  }

  get highWatermark(): number {
    return this.#highWatermark
  }

  get batchCount(): number {
    return this.#batches.length
  }

  get readCount(): number {
    return this.#readCount
  }

  append(batch: Buffer): AppendResult {
    if (this.#refusal !== undefined) return { kind: 'refused', errorCode: this.#refusal }
    const bytes = Buffer.from(batch)
    const baseOffset = this.endOffset
    BatchHeader.setBaseOffset(bytes, 0, baseOffset)
    const lastOffset = BatchHeader.lastOffset(bytes, 0)
    this.#batches.push({ bytes, end: lastOffset + 1 })
    if (this.#failsAtOnce) {
      this.#failsAtOnce = false
      this.failFrom(baseOffset)
    } else if (this.#commitsAtOnce) {
      this.commitAll()
    }
    return { kind: 'appended', baseOffset, lastOffset }
  }

  async read(offset: number, sizeMax: number): Promise<Buffer> {
    this.#readCount++
    if (this.#isUnreadable) throw new Error('the disk is gone')
    if (this.#held !== undefined) {
      const hold = deferred<void>()
      this.#held.push(hold)
      await hold.promise
    }
    const chunks: Buffer[] = []
    let size = 0
    for (const { bytes, end } of this.#batches) {
      if (end <= offset) continue
      if (chunks.length > 0 && size + bytes.length > sizeMax) break
      chunks.push(bytes)
      size += bytes.length
    }
    return Buffer.concat(chunks)
  }

  listen(listener: PartitionLogListener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** All batches, as one segment. */
  get segment(): Buffer {
    return Buffer.concat(this.#batches.map(({ bytes }) => bytes))
  }

  /** A log with what is in this one up to `end`, all committed. */
  prefix(end: number): MemoryLog {
    return MemoryLog.of(Buffer.concat(this.#batches.filter((batch) => batch.end <= end).map(({ bytes }) => bytes)))
  }

  /** The ends of the batches that are not committed. */
  get uncommittedEnds(): number[] {
    return this.#batches.map(({ end }) => end).filter((end) => end > this.#highWatermark)
  }

  commitTo(offset: number): void {
    this.#highWatermark = Math.max(this.#highWatermark, Math.min(offset, this.endOffset))
    for (const listener of [...this.#listeners]) listener.onHighWatermark(this.#highWatermark)
  }

  commitAll(): void {
    this.commitTo(this.endOffset)
  }

  /** From now on appends are committed before they return. */
  autoCommit(on = true): void {
    this.#commitsAtOnce = on
    if (on) this.commitAll()
  }

  /** Refuses appends with this error code, until it is undefined again. */
  refuseWith(errorCode: number | undefined): void {
    this.#refusal = errorCode
  }

  /** A write failed: everything from `offset` on is gone. */
  failFrom(offset: number): void {
    this.#batches = this.#batches.filter(({ end }) => end <= offset)
    for (const listener of [...this.#listeners]) listener.onFailure(offset)
  }

  /** The next append gets offsets, and is lost before it returns. */
  failNextAppendAtOnce(): void {
    this.#failsAtOnce = true
  }

  /** Reads wait until released, one by one. */
  holdReads(): void {
    this.#held = []
  }

  releaseRead(): void {
    this.#held?.shift()?.resolve()
  }
}

/** What a log refuses appends with, for tests that try them all. */
export const refusals: readonly number[] = [
  ErrorCode.NOT_ENOUGH_REPLICAS,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.MESSAGE_TOO_LARGE,
  ErrorCode.KAFKA_STORAGE_ERROR,
]
