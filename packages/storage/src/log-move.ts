/**
 * Copying a log to another one: a move between directories catches up in the background, and is completed while nobody appends.
 * Batches are copied as they are; only what is committed is copied beforehand, so nothing copied is ever taken back.
 */
import { BatchHeader, batchHeaderSize } from '@millrace/protocol'
import { StorageError } from './errors.ts'
import { logDirectoryName, type TopicPartition } from './file-names.ts'
import type { Log } from './log.ts'
import type { LogSlice } from './log-slice.ts'
import { whenAckable } from './when-ackable.ts'

/** Bytes copied at a time, unless a single batch is larger: the memory that a move takes. */
const chunkBytes = 1 << 20

export class LogMove {
  readonly topicPartition: TopicPartition
  readonly source: Log
  readonly target: Log
  /** The log directory that the log moves to. */
  readonly directory: string

  constructor(source: Log, target: Log, directory: string) {
    this.topicPartition = { topic: source.topic, partition: source.partition }
    this.source = source
    this.target = target
    this.directory = directory
  }

  /** Offsets that the copy is behind. */
  get offsetLag(): number {
    return Math.max(0, this.source.endOffset - this.target.endOffset)
  }

  /**
   * Copies the next batches below `upperOffset`, which is at most the source's high watermark unless nobody appends. How many bytes;
   * 0 when the copy has all of them. Rejects with StorageError when either log fails.
   */
  async copyNext(upperOffset: number): Promise<number> {
    const { source, target } = this
    // The source may have lost its oldest records meanwhile, or been cut: what it does not have is not copied.
    if (target.endOffset > source.endOffset) await target.truncateTo(source.endOffset)
    const start = Math.max(target.endOffset, source.logStartOffset)
    const result = await source.read(start, { sizeMax: chunkBytes, upperOffset, minOneBatch: true })
    if (result.kind === 'out-of-range') return this.copyNext(upperOffset)
    if (result.slice === undefined) {
      if (start > target.endOffset) await target.truncateFullyAndStartAt(start)
      return 0
    }
    const bytes = wholeBatches(await readSlice(result.slice))
    if (bytes.length === 0) return 0
    const isBehindStart = target.endOffset < source.logStartOffset && result.firstOffset > target.endOffset
    if (isBehindStart) await target.truncateFullyAndStartAt(result.firstOffset)
    const appended = target.append(bytes, { origin: 'follower', leaderEpoch: -1 })
    if (appended.kind === 'refused') {
      const name = logDirectoryName(source)
      const message = `${name}: its copy in ${this.directory} does not take the batch at offset ${result.firstOffset}: ${appended.message}`
      throw new StorageError('write-failed', message, { path: target.directory })
    }
    await whenAckable(target, appended.lastOffset + 1)
    return bytes.length
  }

  /** Brings the copy to the source's very end, start and high watermark. Only while nobody appends to the source. */
  async complete(): Promise<void> {
    const { source, target } = this
    await source.flush()
    while (target.endOffset !== source.endOffset) {
      const copied = await this.copyNext(source.endOffset)
      if (copied === 0 && target.endOffset !== source.endOffset) await this.#closeGap()
    }
    await target.flush()
    target.advanceHighWatermark(source.highWatermark)
    if (source.logStartOffset > target.logStartOffset) await target.deleteRecordsBefore(source.logStartOffset)
  }

  /** Compaction took all records up to the end: there is nothing to copy, and the end must be the same. */
  async #closeGap(): Promise<void> {
    const { source, target } = this
    if (target.endOffset > target.logStartOffset) {
      const message = `${logDirectoryName(source)}: its copy in ${this.directory} cannot get past offset ${target.endOffset}`
      throw new StorageError('wrong-state', message, { path: target.directory })
    }
    await target.truncateFullyAndStartAt(source.endOffset)
  }
}

async function readSlice(slice: LogSlice): Promise<Buffer> {
  try {
    return await slice.read()
  } finally {
    slice.release()
  }
}

/** Without the batch at the end that the limit cut. */
function wholeBatches(bytes: Buffer): Buffer {
  let end = 0
  while (end + batchHeaderSize <= bytes.length) {
    const size = BatchHeader.size(bytes, end)
    if (end + size > bytes.length) break
    end += size
  }
  return bytes.subarray(0, end)
}
