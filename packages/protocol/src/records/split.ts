/** Where one batch ends and the next one begins, in a fetch response, a produce request or a log. */
import { BatchHeader, batchHeaderSize, batchMagic, batchMagicEnd, batchOverheadSize } from './batch-header.ts'
import { RecordsError } from './records-error.ts'

/** The size that the smallest message of any format counts after its first twelve bytes. */
const legacyOverheadSize = 14

function unsupportedMagic(magic: number, position: number): RecordsError {
  if (magic === 0 || magic === 1) {
    const reason = `the records have message format ${magic}, from before Kafka 0.11; only record batches (format 2) are supported: have a newer client write them`
    return new RecordsError('unsupported-magic', position, reason)
  }
  return new RecordsError('corrupt', position, `there is no record batch with magic ${magic}`)
}

/**
 * The size of the batch that starts at `position`; 0 when it is not all there before `end`. Throws RecordsError: `corrupt` for
 * a size that no batch has and an unknown magic, `unsupported-magic` for magic 0 and 1.
 */
export function batchSizeAt(bytes: Buffer, position: number, end: number): number {
  if (end - position < batchOverheadSize) return 0
  const size = BatchHeader.size(bytes, position)
  if (size < batchOverheadSize + legacyOverheadSize) {
    throw new RecordsError('corrupt', position, `a record batch cannot be ${size} bytes long`)
  }
  if (end - position < batchMagicEnd) return 0
  const magic = BatchHeader.magic(bytes, position)
  if (magic !== batchMagic) throw unsupportedMagic(magic, position)
  if (size < batchHeaderSize) {
    throw new RecordsError('corrupt', position, `a record batch cannot be ${size} bytes long`)
  }
  return size > end - position ? 0 : size
}

/**
 * Calls `visit` for every complete batch in `bytes[start, end)`. Returns where the last of them ends: at `end`, or before it
 * when the last batch is cut, which is normal in a fetch response. Throws RecordsError as {@link batchSizeAt} does.
 */
export function forEachBatch(
  bytes: Buffer,
  start: number,
  end: number,
  visit: (position: number, size: number) => void,
): number {
  let position = start
  for (;;) {
    const size = batchSizeAt(bytes, position, end)
    if (size === 0) return position
    visit(position, size)
    position += size
  }
}
