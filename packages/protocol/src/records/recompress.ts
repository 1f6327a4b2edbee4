/** Gives a batch another codec, as `compression.type` of a topic may ask for. The records themselves stay as they are. */
import type { Workers } from '@millrace/base'
import type { Codec } from '../compression/codec.ts'
import { BatchHeader, batchHeaderSize, setBatchCodec } from './batch-header.ts'
import { defaultDecompressedSizeMax, openBatch, openBatchAsync, type RecordBatch } from './decode.ts'

export interface RecompressOptions {
  /** The codec's default when left out. */
  readonly level?: number | undefined
  /** Largest size of the records between the two codecs, in bytes. Default `defaultDecompressedSizeMax`. */
  readonly decompressedSizeMax?: number
  /** What works beside the event loop, for the codecs that Node does not have. Default: nothing does. */
  readonly workers?: Workers | undefined
}

/** Whether the batch should be left alone: control batches are never compressed, and there is nothing to do without records. */
function isSettled(bytes: Buffer, position: number, codec: Codec): boolean {
  return (
    BatchHeader.codec(bytes, position) === codec.id ||
    BatchHeader.isControl(bytes, position) ||
    BatchHeader.recordCount(bytes, position) === 0
  )
}

function withRecords(bytes: Buffer, position: number, codec: Codec, records: Buffer): Buffer {
  const batch = Buffer.allocUnsafe(batchHeaderSize + records.length)
  bytes.copy(batch, 0, position, position + batchHeaderSize)
  records.copy(batch, batchHeaderSize)
  setBatchCodec(batch, codec.id)
  return batch
}

function wholeBatch(bytes: Buffer, position: number, batch: RecordBatch): Buffer {
  return bytes.subarray(position, position + batch.size)
}

/**
 * The batch at `position` compressed with `codec`; as it is when it has that codec already, is a control batch, or is empty.
 * Throws RecordsError as `openBatch` does, and CompressionError for a level that does not exist.
 */
export function recompressBatch(
  bytes: Buffer,
  position: number,
  codec: Codec,
  options: RecompressOptions = {},
): Buffer {
  const { level, decompressedSizeMax = defaultDecompressedSizeMax } = options
  const batch = openBatch(bytes, position, { decompressedSizeMax })
  if (isSettled(bytes, position, codec)) return wholeBatch(bytes, position, batch)
  return withRecords(bytes, position, codec, codec.compress(batch.recordBytes, level))
}

/** As {@link recompressBatch}, beside the event loop. `bytes` must not change until it settles. */
export async function recompressBatchAsync(
  bytes: Buffer,
  position: number,
  codec: Codec,
  options: RecompressOptions = {},
): Promise<Buffer> {
  const { level, decompressedSizeMax = defaultDecompressedSizeMax, workers } = options
  const batch = await openBatchAsync(bytes, position, { decompressedSizeMax, workers })
  if (isSettled(bytes, position, codec)) return wholeBatch(bytes, position, batch)
  return withRecords(bytes, position, codec, await codec.compressAsync(batch.recordBytes, level, workers))
}
