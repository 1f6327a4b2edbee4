/** All batches of a file, sound or not: what scanning calls the end is looked at, named, and stepped over. Reads chunk by chunk. */
import { BatchHeader, batchHeaderSize, codecById } from '@millrace/protocol'
import { findBatch } from '../damage.ts'
import { type File, readFully } from '../fs/port.ts'
import { isZero } from '../offset-index.ts'
import type { IncomingMarker } from '../producer-state.ts'
import { incomingMarker } from '../replay.ts'
import { headerProblem, isLegacyHeader, scanBatches, scanChunkBytes } from '../scan.ts'

/** A batch, by its header. */
export interface FoundBatch {
  readonly kind: 'batch'
  readonly position: number
  /** Bytes. */
  readonly size: number
  readonly baseOffset: number
  readonly lastOffset: number
  readonly recordCount: number
  readonly partitionLeaderEpoch: number
  /** `none`, `gzip`, `snappy`, `lz4`, `zstd`, or the number of a codec that nobody knows. */
  readonly codec: string
  readonly timestampType: 'CreateTime' | 'LogAppendTime'
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly isTransactional: boolean
  readonly isControl: boolean
  /** Whether the base timestamp is the time after which tombstones may go. */
  readonly hasDeleteHorizon: boolean
  readonly crc: number
  /** False: the bytes are not what was written. */
  readonly isCrcValid: boolean
  /** What is wrong with it: its checksum, or where its offsets are. */
  readonly problem?: string
}

/** A batch and, where it ends a transaction, how. */
export interface WalkedBatch {
  readonly batch: FoundBatch
  readonly marker: IncomingMarker | undefined
}

/** Bytes that are no batch. */
export interface FoundGap {
  readonly kind: 'gap'
  readonly position: number
  readonly size: number
  readonly problem: string
  /** `torn`: no sound batch follows, so it may be a write that did not complete. `zeros`: the same, and all zeros. */
  readonly reason: 'torn' | 'zeros' | 'damaged' | 'old-format'
}

export type WalkStep = WalkedBatch | FoundGap

export function isGap(step: WalkStep): step is FoundGap {
  return 'kind' in step
}

interface WalkOptions {
  readonly start: number
  readonly end: number
  /** No batch may start below. */
  readonly nextOffset: number
}

/** Walks `[start, end)` of a file, a chunk's worth of steps at a time. Only failures of the medium are thrown. */
export async function* walkBatches(file: File, options: WalkOptions): AsyncGenerator<readonly WalkStep[]> {
  const { end } = options
  let { start: position, nextOffset } = options
  const search = new SoundBatchSearch(file, end)
  while (position < end) {
    const steps: WalkStep[] = []
    const limit = position + scanChunkBytes
    const range = { start: position, end, nextOffset, verify: true, chunkBytes: scanChunkBytes }
    const found = await scanBatches(file, range, (bytes, at, place) => {
      if (steps.length > 0 && place + BatchHeader.size(bytes, at) > limit) return false
      steps.push(walked(bytes, at, place))
      return true
    })
    position = found.position
    nextOffset = found.nextOffset
    if (found.problem !== undefined) {
      const step = await diagnose(file, position, end, nextOffset, found.problem, search)
      steps.push(step)
      position += isGap(step) ? step.size : step.batch.size
    }
    yield steps
  }
}

function walked(bytes: Buffer, at: number, position: number): WalkedBatch {
  const isControl = BatchHeader.isControl(bytes, at)
  return { batch: describeBatch(bytes, at, position), marker: isControl ? incomingMarker(bytes, at) : undefined }
}

function describeBatch(bytes: Buffer, at: number, position: number): FoundBatch {
  const codec = BatchHeader.codec(bytes, at)
  return {
    kind: 'batch',
    position,
    size: BatchHeader.size(bytes, at),
    baseOffset: BatchHeader.baseOffset(bytes, at),
    lastOffset: BatchHeader.lastOffset(bytes, at),
    recordCount: BatchHeader.recordCount(bytes, at),
    partitionLeaderEpoch: BatchHeader.partitionLeaderEpoch(bytes, at),
    codec: codecById(codec)?.name ?? String(codec),
    timestampType: BatchHeader.timestampType(bytes, at),
    baseTimestamp: BatchHeader.baseTimestamp(bytes, at),
    maxTimestamp: BatchHeader.maxTimestamp(bytes, at),
    producerId: BatchHeader.producerId(bytes, at),
    producerEpoch: BatchHeader.producerEpoch(bytes, at),
    baseSequence: BatchHeader.baseSequence(bytes, at),
    isTransactional: BatchHeader.isTransactional(bytes, at),
    isControl: BatchHeader.isControl(bytes, at),
    hasDeleteHorizon: BatchHeader.hasDeleteHorizon(bytes, at),
    crc: BatchHeader.crc(bytes, at),
    isCrcValid: true,
  }
}

/** Where the next sound batch is, remembered: a file full of damage is searched once, not once for each damaged batch. */
class SoundBatchSearch {
  readonly #file: File
  readonly #end: number
  #searchedFrom = Number.POSITIVE_INFINITY
  #found: number | undefined

  constructor(file: File, end: number) {
    this.#file = file
    this.#end = end
  }

  /** Start of the first sound batch from `from` on; undefined when there is none. */
  async after(from: number, nextOffset: number): Promise<number | undefined> {
    const isKnown = from >= this.#searchedFrom && (this.#found === undefined || from <= this.#found)
    if (isKnown) return this.#found
    this.#found = await findBatch(this.#file, from, this.#end, nextOffset)
    this.#searchedFrom = from
    return this.#found
  }
}

/** What is at `position`, where a scan found no batch that can follow. */
async function diagnose(
  file: File,
  position: number,
  end: number,
  nextOffset: number,
  problem: string,
  search: SoundBatchSearch,
): Promise<WalkStep> {
  const header = Buffer.alloc(batchHeaderSize)
  const held = await readFully(file, header, position)
  const isWhole =
    held === batchHeaderSize &&
    headerProblem(header, 0, end - position, Number.NEGATIVE_INFINITY) === undefined &&
    position + BatchHeader.size(header, 0) <= end
  if (!isWhole && isLegacyHeader(header, 0, end - position, nextOffset) && !isZero(header, 0)) {
    const format = BatchHeader.magic(header, 0)
    const text = `record format ${format}, from before Kafka 0.11, which Millrace and Apache Kafka 4 do not read`
    return { kind: 'gap', position, size: end - position, problem: text, reason: 'old-format' }
  }
  if (isWhole) {
    const size = BatchHeader.size(header, 0)
    const crcProblem = await crcProblemOf(file, position, size)
    // Its checksum is right, so it is a batch, wherever its offsets are.
    if (crcProblem === undefined)
      return { batch: { ...describeBatch(header, 0, position), problem }, marker: undefined }
    const next = await search.after(position + 1, nextOffset)
    const stands = next === undefined ? position + size === end : next >= position + size
    if (stands) {
      const batch = { ...describeBatch(header, 0, position), isCrcValid: false, problem: crcProblem }
      return { batch, marker: undefined }
    }
  }
  const next = await search.after(position + 1, nextOffset)
  if (next !== undefined) return { kind: 'gap', position, size: next - position, problem, reason: 'damaged' }
  const isEmpty = await holdsOnlyZeros(file, position, end)
  const text = isEmpty ? `${end - position} bytes of zeros up to the end of the file` : problem
  return { kind: 'gap', position, size: end - position, problem: text, reason: isEmpty ? 'zeros' : 'torn' }
}

async function crcProblemOf(file: File, position: number, size: number): Promise<string | undefined> {
  const range = { start: position, end: position + size, nextOffset: Number.NEGATIVE_INFINITY, verify: true }
  const { problem } = await scanBatches(file, { ...range, chunkBytes: scanChunkBytes }, () => true)
  return problem
}

async function holdsOnlyZeros(file: File, from: number, end: number): Promise<boolean> {
  const chunk = Buffer.allocUnsafe(Math.min(scanChunkBytes, end - from))
  for (let position = from; position < end; ) {
    const held = await readFully(file, chunk.subarray(0, Math.min(chunk.length, end - position)), position)
    if (held === 0) break
    if (!isZero(chunk, 0, held)) return false
    position += held
  }
  return true
}
