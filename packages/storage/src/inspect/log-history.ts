/** What the batches of a whole log say together: its leader epochs, its aborted transactions, whether it was compacted. Pure. */
import type { LeaderEpochs } from '../leader-epochs.ts'
import { type ProducerEntry, ProducerState } from '../producer-state.ts'
import type { AbortedTransaction } from '../transaction-index.ts'
import type { FoundBatch, WalkedBatch } from './batch-walk.ts'
import type { BatchObserver } from './check-segment.ts'

export interface EpochProblem {
  readonly offset: number
  /** Base offset of the segment. */
  readonly segment: number
  readonly problem: string
}

/** A batch whose epoch is not the one that the file says. */
function epochProblem(epochs: LeaderEpochs, batch: FoundBatch): string | undefined {
  const first = epochs.entries[0]
  // Below its first entry the file says nothing: records were deleted up to there.
  if (first === undefined || batch.baseOffset < first.startOffset) return undefined
  const expected = epochs.epochAt(batch.baseOffset)
  if (expected === batch.partitionLeaderEpoch) return undefined
  return `the batch at offset ${batch.baseOffset} was written in leader epoch ${batch.partitionLeaderEpoch}, the file says ${expected}`
}

export class LogHistory implements BatchObserver {
  /** Of the batches shown since {@link startSegment}, in the order of their markers. */
  aborted: AbortedTransaction[] = []
  /** Batches without some of their records: only compaction makes those. */
  isCompacted = false
  /** Whether offsets are in no batch: compaction may have taken batches as a whole. */
  hasGap = false
  /** The first batch that contradicts the epochs of the file. */
  epochProblem: EpochProblem | undefined
  /** The first batch of a leader epoch below one before it: no checksum covers the epoch. */
  epochFall: EpochProblem | undefined
  /** The first batch of a segment that does not begin where the one before it ends: no checksum covers that either. */
  offsetGap: { readonly from: number; readonly to: number; readonly segment: number } | undefined
  /** Greatest epoch of a batch; -1 before any. */
  latestEpoch = -1
  readonly #epochs: LeaderEpochs | undefined
  readonly #producers = new ProducerState()
  #segment = 0
  /** Where the next batch of the segment begins, unless it was compacted; undefined for its first. */
  #nextOffset: number | undefined

  /** `epochs` as the file has them; `producers` as they were at the first batch. */
  constructor(epochs: LeaderEpochs | undefined, producers: readonly ProducerEntry[]) {
    this.#epochs = epochs
    for (const entry of producers) this.#producers.load(entry)
  }

  startSegment(baseOffset: number): void {
    this.aborted = []
    this.#segment = baseOffset
    this.#nextOffset = undefined
  }

  batch({ batch, marker }: WalkedBatch): void {
    this.#follow(batch)
    const count = batch.lastOffset - batch.baseOffset + 1
    if (batch.recordCount !== count || batch.hasDeleteHorizon) this.isCompacted = true
    const problem = this.#epochs && epochProblem(this.#epochs, batch)
    if (problem !== undefined) this.epochProblem ??= { offset: batch.baseOffset, segment: this.#segment, problem }
    if (batch.producerId < 0) return
    if (!batch.isControl) {
      this.#producers.append({ ...batch, epoch: batch.producerEpoch })
      return
    }
    const completed = marker && this.#producers.appendMarker(marker)
    if (completed === undefined || marker === undefined) return
    // Markers are replicated long before anybody looks at these files.
    this.#producers.advanceHighWatermark(marker.offset + 1)
    if (!completed.isAbort) return
    const unstable = this.#producers.firstUnstableOffset
    const { producerId, firstOffset, lastOffset } = completed
    const lastStableOffset = unstable < 0 ? lastOffset + 1 : unstable
    this.aborted.push({ producerId, firstOffset, lastOffset, lastStableOffset })
  }
  #follow({ baseOffset, lastOffset, partitionLeaderEpoch: epoch }: FoundBatch): void {
    if (epoch < this.latestEpoch) {
      const problem = `the batch at offset ${baseOffset} has leader epoch ${epoch}, one before it has ${this.latestEpoch}`
      this.epochFall ??= { offset: baseOffset, segment: this.#segment, problem }
    }
    this.latestEpoch = Math.max(this.latestEpoch, epoch)
    const from = this.#nextOffset
    if (baseOffset > (from ?? this.#segment)) this.hasGap = true
    if (from !== undefined && baseOffset > from) this.offsetGap ??= { from, to: baseOffset - 1, segment: this.#segment }
    this.#nextOffset = lastOffset + 1
  }

  /** Damaged bytes are in between: what follows them is not where it would be. */
  interrupt(): void {
    this.#nextOffset = undefined
  }
}
