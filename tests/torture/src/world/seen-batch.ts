/** Batches as a reader sees them, taken apart. */
import { BatchHeader, batchHeaderSize, decodeControlRecord, openBatch } from '@millrace/protocol'
import type { AbortedTransaction, Log } from '@millrace/storage'
import { demand } from '../failure.ts'

export interface SeenRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: string | null
  readonly value: string | null
}

export interface SeenBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly leaderEpoch: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly codec: number
  readonly isTransactional: boolean
  readonly isControl: boolean
  /** What a control batch says; undefined for others, and for one that compaction emptied. */
  readonly marker: 'abort' | 'commit' | undefined
  readonly maxTimestamp: number
  readonly deleteHorizonMs: number | undefined
  /** The whole batch as it was read. */
  readonly bytes: Buffer
  readonly records: readonly SeenRecord[]
}

/** Takes whole batches apart; what is cut at the end is left out. Throws RecordsError for one that is damaged. */
export function parseBatches(bytes: Buffer): SeenBatch[] {
  const batches: SeenBatch[] = []
  for (let at = 0; at + batchHeaderSize <= bytes.length; ) {
    const size = BatchHeader.size(bytes, at)
    if (size < batchHeaderSize || at + size > bytes.length) break
    batches.push(parseBatch(bytes, at))
    at += size
  }
  return batches
}

export function parseBatch(bytes: Buffer, at = 0): SeenBatch {
  const batch = openBatch(bytes, at)
  const views = batch.records()
  return {
    baseOffset: batch.baseOffset,
    lastOffset: batch.lastOffset,
    leaderEpoch: batch.partitionLeaderEpoch,
    producerId: batch.producerId,
    producerEpoch: batch.producerEpoch,
    baseSequence: batch.baseSequence,
    codec: batch.codec,
    isTransactional: batch.isTransactional,
    isControl: batch.isControl,
    marker: batch.isControl ? markerOf(views[0]) : undefined,
    maxTimestamp: batch.maxTimestamp,
    deleteHorizonMs: batch.deleteHorizonMs,
    bytes: Buffer.from(bytes.subarray(at, at + batch.size)),
    records: views.map(({ offset, timestamp, key, value }) => ({
      offset,
      timestamp,
      key: batch.isControl ? null : textOf(key),
      value: batch.isControl ? null : textOf(value),
    })),
  }
}

function textOf(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString('latin1')
}

function markerOf(view: { key: Buffer | null; value: Buffer | null } | undefined): 'abort' | 'commit' | undefined {
  if (!view?.key || !view.value) return undefined
  const { type } = decodeControlRecord(view.key, view.value)
  return type === 'Abort' ? 'abort' : type === 'Commit' ? 'commit' : undefined
}

export interface Reading {
  readonly bytes: Buffer
  readonly aborted: readonly AbortedTransaction[]
}

/** Everything from `offset` on that is written, as it is on the disk. */
export async function readBytes(log: Log, offset = log.logStartOffset, sizeMax = 1 << 20): Promise<Reading> {
  const pieces: Buffer[] = []
  const aborted = new Map<string, AbortedTransaction>()
  let position = offset
  while (position < log.writtenOffset) {
    const options = { sizeMax, upperOffset: log.writtenOffset, minOneBatch: true, needsAborted: true }
    const result = await log.read(position, options)
    demand(result.kind === 'slice', () => `${log.directory}: offset ${position} is out of range`)
    for (const each of result.aborted ?? []) aborted.set(`${each.producerId} ${each.lastOffset}`, each)
    if (result.slice === undefined) break
    const bytes = await result.slice.read()
    result.slice.release()
    let [at, next] = [0, position]
    while (at + batchHeaderSize <= bytes.length) {
      const size = BatchHeader.size(bytes, at)
      // What cannot be a batch is kept, for those who look for damage.
      if (size < batchHeaderSize) return { bytes: Buffer.concat([...pieces, bytes]), aborted: [...aborted.values()] }
      if (at + size > bytes.length) break
      next = BatchHeader.lastOffset(bytes, at) + 1
      at += size
    }
    pieces.push(bytes.subarray(0, at))
    // Nothing more, or an offset that was changed: no reader gets beyond.
    if (next <= position) break
    position = next
  }
  const byFirst = (a: AbortedTransaction, b: AbortedTransaction) => a.firstOffset - b.firstOffset
  return { bytes: Buffer.concat(pieces), aborted: [...aborted.values()].sort(byFirst) }
}

/** The offsets that a reader of committed data gives its application: what Kafka's clients do with the list of aborted transactions. */
export function committedOffsets(batches: readonly SeenBatch[], aborted: readonly AbortedTransaction[]): number[] {
  const coming = [...aborted]
  const under = new Set<number>()
  const offsets: number[] = []
  for (const batch of batches) {
    while (coming[0] !== undefined && coming[0].firstOffset <= batch.lastOffset) {
      under.add((coming.shift() as AbortedTransaction).producerId)
    }
    if (batch.isControl) {
      if (batch.marker === 'abort') under.delete(batch.producerId)
      continue
    }
    if (batch.isTransactional && under.has(batch.producerId)) continue
    for (const { offset } of batch.records) offsets.push(offset)
  }
  return offsets
}
