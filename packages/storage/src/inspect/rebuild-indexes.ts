/** Offset and time index of a segment, from its batches: what appending them one after the other would have made. */
import { BatchHeader } from '@millrace/protocol'
import { defaultLogConfig } from '../config.ts'
import { StorageError } from '../errors.ts'
import type { FileSystem } from '../fs/port.ts'
import { scanBatches, scanChunkBytes } from '../scan.ts'
import { Segment, type SegmentIndexes } from '../segment.ts'

/**
 * The indexes of the segment's first `size` bytes (default: all), which must be sound. Entries are as far apart as
 * `index.interval.bytes` is by default; the topic's own setting is in the metadata, not in the log.
 */
export async function buildIndexes(
  fileSystem: FileSystem,
  directory: string,
  baseOffset: number,
  size?: number,
): Promise<SegmentIndexes> {
  const segment = new Segment({ baseOffset, directory, size: 0, createdMs: 0, exists: true })
  segment.openIndexes()
  const file = await fileSystem.open(segment.path, 'read')
  try {
    const end = size ?? (await file.size())
    const range = { start: 0, end, nextOffset: baseOffset, verify: false, chunkBytes: scanChunkBytes }
    const { position, problem } = await scanBatches(file, range, (bytes, at) => {
      const [lastOffset, maxTimestamp] = [BatchHeader.lastOffset(bytes, at), BatchHeader.maxTimestamp(bytes, at)]
      segment.append(BatchHeader.size(bytes, at), lastOffset, maxTimestamp, defaultLogConfig.indexIntervalBytes)
      return true
    })
    if (problem !== undefined) {
      const message = `${segment.path} changed while it was repaired: byte ${position}: ${problem}`
      throw new StorageError('damaged', message, { path: segment.path, position })
    }
  } finally {
    await file.close()
  }
  segment.finishTimeIndex()
  return segment.indexes as SegmentIndexes
}
