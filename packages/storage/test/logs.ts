/** Logs for tests, on any file system. */
import { silentLogger, systemClock } from '@millrace/base'
import { BatchHeader } from '@millrace/protocol'
import { defaultLogConfig, type LogConfig } from '../src/config.ts'
import { FilePool } from '../src/file-pool.ts'
import type { FileSystem } from '../src/fs/port.ts'
import { IndexCache } from '../src/index-files.ts'
import { Log } from '../src/log.ts'
import type { CleanerSettings } from '../src/log-cleaner.ts'
import type { LogOptions } from '../src/log-options.ts'
import type { ReadResult } from '../src/log-reader.ts'
import { whenAckable } from '../src/when-ackable.ts'
import { batchOffsets } from './batches.ts'

export const testTopicId = 'SJa3GXldTX2z310xe9ZQgg'

export interface OpenOptions extends Partial<Omit<LogOptions, 'config'>> {
  readonly config?: Partial<LogConfig>
}

export function logOptions(fileSystem: FileSystem, options: OpenOptions = {}): LogOptions {
  const logger = options.logger ?? silentLogger
  return {
    fileSystem,
    pool: new FilePool(fileSystem, 100, logger),
    cache: new IndexCache(fileSystem, 1 << 20),
    directory: '/data/t-0',
    topicPartition: { topic: 't', partition: 0 },
    topicId: testTopicId,
    clock: systemClock,
    logger,
    recoveryPoint: 0,
    logStartOffset: 0,
    cleanShutdown: false,
    durability: 'fsync',
    ...options,
    config: { ...defaultLogConfig, ...options.config },
  }
}

export async function openLog(fileSystem: FileSystem, options: OpenOptions = {}): Promise<Log> {
  return Log.open(logOptions(fileSystem, options))
}

/** One cleaning at a time, as fast as it goes, every 15 s. */
export const cleanerSettings: CleanerSettings = {
  isEnabled: true,
  concurrencyMax: 1,
  backoffMs: 15_000,
  dedupeBytes: 1 << 20,
  ioBytesPerSecondMax: Number.POSITIVE_INFINITY,
  ioBufferBytes: 1 << 16,
}

export const client = { origin: 'client', leaderEpoch: 0 } as const

/** Appends, and waits until it may be acknowledged. The base offset. */
export async function appendAcked(log: Log, batch: Buffer, leaderEpoch = 0): Promise<number> {
  const result = log.append(batch, { origin: 'client', leaderEpoch })
  if (result.kind === 'refused') throw new Error(`refused: ${result.errorCode} ${result.message}`)
  await whenAckable(log, result.lastOffset + 1)
  return result.baseOffset
}

/** The bytes of a read; the slice is released. */
export async function bytesOf(result: ReadResult): Promise<Buffer> {
  if (result.kind === 'out-of-range') throw new Error('out of range')
  if (result.slice === undefined) return Buffer.alloc(0)
  try {
    return await result.slice.read()
  } finally {
    result.slice.release()
  }
}

/** All batches from `offset` to `upperOffset`. */
export async function readAll(log: Log, offset = log.logStartOffset, upperOffset = log.endOffset): Promise<Buffer> {
  const pieces: Buffer[] = []
  let position = offset
  while (position < upperOffset) {
    const bytes = await bytesOf(await log.read(position, { sizeMax: 1 << 20, upperOffset, minOneBatch: true }))
    const offsets = batchOffsets(bytes)
    if (offsets.length === 0) break
    let at = 0
    for (let count = 0; count < offsets.length; count++) at += BatchHeader.size(bytes, at)
    pieces.push(bytes.subarray(0, at))
    position = (offsets.at(-1)?.[1] ?? position) + 1
  }
  return Buffer.concat(pieces)
}
