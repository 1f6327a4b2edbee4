/** A client's batch as the topic must store it, made without the log: what the log wrote is compared with it, byte by byte. */
import { BatchHeader, codecByName, recompressBatch } from '@millrace/protocol'
import type { LogConfig } from '@millrace/storage'
import type { Sending } from './writers.ts'

/** `bytes` as they were before the log had them. */
export function storedForm(
  { bytes, options }: Sending,
  config: LogConfig,
  at: { readonly baseOffset: number; readonly leaderEpoch: number; readonly nowMs: number },
): Buffer {
  let stored = Buffer.from(bytes)
  if (options.origin === 'client') {
    const codec = codecByName(config.compressionType === 'uncompressed' ? 'none' : config.compressionType)
    if (codec !== undefined) stored = Buffer.from(recompressBatch(stored, 0, codec, levelOf(config)))
    if (config.messageTimestampType === 'LogAppendTime') BatchHeader.setLogAppendTime(stored, 0, at.nowMs)
  }
  BatchHeader.setBaseOffset(stored, 0, at.baseOffset)
  BatchHeader.setPartitionLeaderEpoch(stored, 0, at.leaderEpoch)
  return stored
}

function levelOf(config: LogConfig): { readonly level?: number } {
  const { compressionType, compressionGzipLevel, compressionLz4Level, compressionZstdLevel } = config
  if (compressionType === 'gzip') return { level: compressionGzipLevel }
  if (compressionType === 'lz4') return { level: compressionLz4Level }
  return compressionType === 'zstd' ? { level: compressionZstdLevel } : {}
}
