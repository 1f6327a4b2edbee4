/** The first pass over a log: the last offset of every key of its dirty part (reference 3.5). */
import { BatchHeader } from '@millrace/protocol'
import type { File } from '../fs/port.ts'
import type { AbortedTransaction } from '../transaction-index.ts'
import type { BatchReader } from './batch-reader.ts'
import type { CleanSegment } from './clean-input.ts'
import type { CleanWork } from './clean-work.ts'
import { OffsetMap } from './offset-map.ts'
import { segmentsBetween } from './plan.ts'
import { CleanedTransactions } from './transactions.ts'
import { controlBatchAt } from './verdict.ts'

export interface BuiltMap {
  /** Its latest offset is where the cleaning ends. */
  readonly map: OffsetMap
  /** It ends before the dirty part does. */
  readonly isFull: boolean
}

/** `aborted`: by first offset. Nothing of those transactions is in the map. */
export async function buildOffsetMap(work: CleanWork, aborted: readonly AbortedTransaction[]): Promise<BuiltMap> {
  const { segments, firstDirtyOffset, firstUncleanableOffset, dedupeBytes, hashSeed } = work.input
  const map = new OffsetMap({ sizeMax: dedupeBytes, digest: work.ports.digest, seed: hashSeed })
  map.advanceTo(Math.min(firstDirtyOffset, firstUncleanableOffset) - 1)
  const transactions = new CleanedTransactions(aborted)
  for (const segment of segmentsBetween(segments, firstDirtyOffset, firstUncleanableOffset)) {
    const isWhole = await work.withFile(segment, (file) => addSegment(work, file, segment, map, transactions))
    if (!isWhole) return { map, isFull: true }
    map.advanceTo(Math.min(segment.nextOffset, firstUncleanableOffset) - 1)
  }
  return { map, isFull: false }
}

/** False when the map is full before the segment ends. */
async function addSegment(
  work: CleanWork,
  file: File,
  segment: CleanSegment,
  map: OffsetMap,
  transactions: CleanedTransactions,
): Promise<boolean> {
  const { firstDirtyOffset } = work.input
  const reader = work.reader(file, segment)
  for (let step = reader.step(); step !== 'end'; step = reader.step()) {
    if (step === 'fill') {
      await reader.fill()
      continue
    }
    const lastOffset = BatchHeader.lastOffset(reader.bytes, reader.at)
    if (lastOffset < firstDirtyOffset) continue
    if (hasKeys(reader, transactions)) {
      const isWhole = work.readable(file, reader.position, () => addBatch(work, file, reader, map))
      if (!isWhole) return false
    }
    map.advanceTo(lastOffset)
  }
  return true
}

function hasKeys({ bytes, at }: BatchReader, transactions: CleanedTransactions): boolean {
  if (BatchHeader.isControl(bytes, at)) {
    transactions.onControl(controlBatchAt(bytes, at))
    return false
  }
  const isAborted = transactions.onData({
    producerId: BatchHeader.producerId(bytes, at),
    isTransactional: BatchHeader.isTransactional(bytes, at),
    baseOffset: BatchHeader.baseOffset(bytes, at),
    lastOffset: BatchHeader.lastOffset(bytes, at),
  })
  return !isAborted && BatchHeader.recordCount(bytes, at) > 0
}

/** False when not all keys fit. Those that do stay: the records that they replace lose against one that is kept anyway. */
function addBatch(work: CleanWork, file: File, reader: BatchReader, map: OffsetMap): boolean {
  const { firstDirtyOffset } = work.input
  for (const cursor = work.openBatch(file, reader).cursor(); cursor.next(); ) {
    if (cursor.keySize < 0 || cursor.offset < firstDirtyOffset) continue
    if (!map.put(cursor.view().key as Buffer, cursor.offset)) return false
  }
  return true
}
