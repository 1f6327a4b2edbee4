/**
 * One batch in, what stays of it out (reference 3.5). A batch that loses nothing stays as it is, byte for byte. Of one that does,
 * base offset, last offset, sequence and producer never change; base timestamp and largest timestamp become those of its records.
 * Pure.
 */
import {
  BatchBuilder,
  BatchHeader,
  batchHeaderSize,
  batchOverheadSize,
  type Codec,
  codecById,
  openBatch,
  type RecordBatch,
  type RecordView,
} from '@millrace/protocol'
import type { OffsetLookup } from './offset-map.ts'
import { isHorizonPast, type Verdict } from './verdict.ts'

export interface FilterRules {
  readonly lookup: OffsetLookup
  readonly nowMs: number
  readonly deleteRetentionMs: number
  /** Largest size of a batch's records, decompressed, in bytes. */
  readonly decompressedSizeMax: number
}

export interface FilteredBatch {
  /** The batch as it was, another one in its place, or none. */
  readonly kind: 'same' | 'changed' | 'gone'
  /** The batch that takes its place. */
  readonly bytes: Buffer | undefined
  readonly keptCount: number
  /** Records that went because they have no key. */
  readonly keylessCount: number
  /** When the tombstones, or the marker, that stay may go; undefined when none of them waits. */
  readonly deleteHorizonMs: number | undefined
}

const nothingKept = { keptCount: 0, keylessCount: 0, deleteHorizonMs: undefined }

/** Throws RecordsError for a batch that cannot be read. */
export function filterBatch(bytes: Buffer, at: number, verdict: Verdict, rules: FilterRules): FilteredBatch {
  if (verdict.dropsRecords) return withoutRecords(bytes, at, verdict)
  if (BatchHeader.recordCount(bytes, at) === 0) return withoutRecords(bytes, at, verdict)
  const batch = openBatch(bytes, at, { checkCrc: false, decompressedSizeMax: rules.decompressedSizeMax })
  const chosen = chooseRecords(batch, isHorizonPast(bytes, at, rules.nowMs), rules.lookup)
  const { kept, keylessCount } = chosen
  if (kept.length === 0) return { ...withoutRecords(bytes, at, verdict), keylessCount }

  const waits = chosen.hasTombstone || verdict.isIdleMarker
  const canRebase = kept.every(({ timestamp }) => Number.isSafeInteger(timestamp))
  const isHorizonNew = waits && batch.deleteHorizonMs === undefined && canRebase
  const horizonMs = isHorizonNew ? rules.nowMs + rules.deleteRetentionMs : batch.deleteHorizonMs
  const counts = { keptCount: kept.length, keylessCount, deleteHorizonMs: waits ? horizonMs : undefined }
  if (kept.length === batch.recordCount && !isHorizonNew) return { kind: 'same', bytes: undefined, ...counts }
  const rewritten = canRebase ? rebuilt(batch, kept, horizonMs) : spliced(bytes, at, batch, chosen.places)
  return { kind: 'changed', bytes: rewritten, ...counts }
}

interface ChosenRecords {
  readonly kept: readonly RecordView[]
  /** The place of each in the batch. */
  readonly places: readonly number[]
  readonly hasTombstone: boolean
  readonly keylessCount: number
}

/** The records that no later one replaces. Beyond the map nothing is known, so everything stays. */
function chooseRecords(batch: RecordBatch, dropsTombstones: boolean, lookup: OffsetLookup): ChosenRecords {
  const kept: RecordView[] = []
  const places: number[] = []
  let hasTombstone = false
  let keylessCount = 0
  let place = 0
  for (const cursor = batch.cursor(); cursor.next(); place++) {
    const view = cursor.view()
    const isKnown = view.offset <= lookup.latestOffset && !batch.isControl
    if (isKnown && view.keySize < 0) keylessCount++
    if (isKnown && !staysKnown(view, dropsTombstones, lookup)) continue
    kept.push(view)
    places.push(place)
    hasTombstone ||= view.valueSize < 0
  }
  return { kept, places, hasTombstone, keylessCount }
}

function staysKnown(view: RecordView, dropsTombstones: boolean, lookup: OffsetLookup): boolean {
  if (view.keySize < 0 || (view.valueSize < 0 && dropsTombstones)) return false
  return view.offset >= lookup.get(view.key as Buffer)
}

function withoutRecords(bytes: Buffer, at: number, { staysEmpty }: Verdict): FilteredBatch {
  if (!staysEmpty) return { kind: 'gone', bytes: undefined, ...nothingKept }
  const empty = emptied(bytes, at)
  const isSame = bytes.compare(empty, 0, empty.length, at, at + BatchHeader.size(bytes, at)) === 0
  return { kind: isSame ? 'same' : 'changed', bytes: isSame ? undefined : empty, ...nothingKept }
}

const keptAttributes = ~(0x07 | 0x40)
const sizeAt = 8
const attributesAt = 21
const baseTimestampAt = 27
const recordCountAt = 57

/** The batch's header for a batch without records: without codec and delete horizon, with its largest timestamp. */
function emptied(bytes: Buffer, at: number): Buffer {
  const empty = Buffer.from(bytes.subarray(at, at + batchHeaderSize))
  empty.writeInt32BE(batchHeaderSize - batchOverheadSize, sizeAt)
  empty.writeInt16BE(BatchHeader.attributes(bytes, at) & keptAttributes, attributesAt)
  empty.writeBigInt64BE(-1n, baseTimestampAt)
  empty.writeInt32BE(0, recordCountAt)
  BatchHeader.seal(empty, 0)
  return empty
}

/** A batch of the records that stay, timestamps counted anew from the horizon or from the first of them. */
function rebuilt(batch: RecordBatch, kept: readonly RecordView[], horizonMs: number | undefined): Buffer {
  const sizeHint = batchHeaderSize + batch.recordBytes.length + kept.length * 8
  const builder = new BatchBuilder(horizonMs === undefined ? { sizeHint } : { sizeHint, deleteHorizonMs: horizonMs })
  for (const { timestamp, offsetDelta, content } of kept) builder.appendContent(timestamp, offsetDelta, content)
  return builder.build({
    codec: codecById(batch.codec),
    baseOffset: batch.baseOffset,
    lastOffsetDelta: batch.lastOffset - batch.baseOffset,
    partitionLeaderEpoch: batch.partitionLeaderEpoch,
    producerId: batch.producerId,
    producerEpoch: batch.producerEpoch,
    baseSequence: batch.baseSequence,
    isTransactional: batch.isTransactional,
    isControl: batch.isControl,
    logAppendTimeMs: batch.logAppendTime,
  })
}

/**
 * A batch of the records that stay, each as it is encoded, under the old timestamps: for timestamps beyond 2^53, with which nothing
 * can be reckoned. Such a batch keeps its largest timestamp, and gets no delete horizon: its tombstones stay for good.
 */
function spliced(bytes: Buffer, at: number, batch: RecordBatch, places: readonly number[]): Buffer {
  const { recordBytes } = batch
  const pieces: Buffer[] = []
  let [place, start] = [0, 0]
  for (const cursor = batch.cursor(); cursor.next(); place++) {
    const { content } = cursor.view()
    const end = content.byteOffset + content.length - recordBytes.byteOffset
    if (places[pieces.length] === place) pieces.push(recordBytes.subarray(start, end))
    start = end
  }
  const records = (codecById(batch.codec) as Codec).compress(Buffer.concat(pieces))
  const spliced = Buffer.concat([bytes.subarray(at, at + batchHeaderSize), records])
  spliced.writeInt32BE(spliced.length - batchOverheadSize, sizeAt)
  spliced.writeInt32BE(pieces.length, recordCountAt)
  BatchHeader.seal(spliced, 0)
  return spliced
}
