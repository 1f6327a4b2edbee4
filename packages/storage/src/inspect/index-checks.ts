/** Index entries against the batches of their segment, which are shown one after the other. Pure. */
import { type OffsetIndex, offsetIndexEntrySize } from '../offset-index.ts'
import { type TimeIndex, timeIndexEntrySize } from '../time-index.ts'
import { type AbortedTransaction, transactionIndexEntrySize } from '../transaction-index.ts'
import type { FoundBatch, FoundGap } from './batch-walk.ts'

export interface IndexProblem {
  /** Byte in the index file. */
  readonly position: number
  readonly offset: number
  readonly problem: string
}

/** Problems of one index that are kept: one is enough to build it again. */
const problemsMax = 5

export class OffsetIndexCheck {
  readonly problems: IndexProblem[] = []
  readonly #index: OffsetIndex
  #place = 0

  constructor(index: OffsetIndex) {
    this.#index = index
  }

  batch(batch: FoundBatch): void {
    while (this.#place < this.#index.count) {
      const { offset, position } = this.#index.entry(this.#place)
      if (position > batch.position) return
      if (position < batch.position) this.#fail(`no batch starts at byte ${position}, where it points`)
      else if (offset !== batch.lastOffset) {
        this.#fail(`the batch at byte ${position}, where it points, ends at offset ${batch.lastOffset}`)
      }
      this.#place++
    }
  }

  /** Entries into damaged bytes say nothing about the index. */
  gap({ position, size }: FoundGap): void {
    while (this.#place < this.#index.count && this.#index.entry(this.#place).position < position + size) this.#place++
  }

  finish(logSize: number): void {
    for (; this.#place < this.#index.count; this.#place++) {
      const { position } = this.#index.entry(this.#place)
      const isBeyond = position >= logSize
      this.#fail(
        isBeyond
          ? `it points at byte ${position}, beyond the segment's ${logSize} bytes`
          : `no batch starts at byte ${position}, where it points`,
      )
    }
  }

  #fail(problem: string): void {
    if (this.problems.length >= problemsMax) return
    const { offset } = this.#index.entry(this.#place)
    this.problems.push({ position: this.#place * offsetIndexEntrySize, offset, problem })
  }
}

export class TimeIndexCheck {
  readonly problems: IndexProblem[] = []
  readonly #index: TimeIndex
  #place = 0
  #latest = -1
  #hasGap = false

  constructor(index: TimeIndex) {
    this.#index = index
  }

  /** Latest timestamp of all batches shown. */
  get latest(): number {
    return this.#latest
  }

  batch(batch: FoundBatch): void {
    while (this.#place < this.#index.count) {
      const { timestamp, offset } = this.#index.entry(this.#place)
      if (offset > batch.lastOffset) break
      const isInGap = this.#hasGap && offset < batch.baseOffset
      if (isInGap) {
        this.#place++
        continue
      }
      if (timestamp < this.#latest) this.#fail(`a batch before its offset has the later timestamp ${this.#latest}`)
      else if (timestamp !== batch.maxTimestamp) {
        this.#fail(`the batch at its offset has timestamp ${batch.maxTimestamp}`)
      }
      this.#place++
    }
    this.#latest = Math.max(this.#latest, batch.maxTimestamp)
    this.#hasGap = false
  }

  /** Damaged bytes follow: entries for offsets in there say nothing about the index. */
  gap(): void {
    this.#hasGap = true
  }

  finish(nextOffset: number, hasGaps: boolean): void {
    for (; !hasGaps && this.#place < this.#index.count; this.#place++) {
      this.#fail(`its offset is not in the segment, which ends at offset ${nextOffset}`)
    }
  }

  #fail(problem: string): void {
    if (this.problems.length >= problemsMax) return
    const { offset } = this.#index.entry(this.#place)
    this.problems.push({ position: this.#place * timeIndexEntrySize, offset, problem })
  }
}

/**
 * The entries that a segment's aborted transactions should have, against those that it has. Compaction removes markers and
 * keeps entries, so of a compacted segment only what contradicts a batch is a problem. What was below the log's start is no matter:
 * who counted it may have had the records.
 */
export function transactionIndexProblem(
  all: readonly AbortedTransaction[],
  entries: readonly AbortedTransaction[],
  logStartOffset: number,
): IndexProblem | undefined {
  const expected = all.filter((one) => one.firstOffset >= logStartOffset || entries.some(hasMarkerOf(one)))
  const found = entries.filter((one) => one.firstOffset >= logStartOffset || all.some(hasMarkerOf(one)))
  for (let place = 0; place < Math.max(expected.length, found.length); place++) {
    const [wanted, entry] = [expected[place], found[place]]
    const position = place * transactionIndexEntrySize
    if (entry === undefined && wanted !== undefined) {
      const problem = `the transaction that producer ${wanted.producerId} aborted at offset ${wanted.lastOffset} is not in it`
      return { position, offset: wanted.lastOffset, problem }
    }
    if (entry === undefined) return undefined
    if (wanted === undefined) {
      return { position, offset: entry.lastOffset, problem: `no transaction was aborted at offset ${entry.lastOffset}` }
    }
    const isEqual = (a: number, b: number) => a === b || Math.min(a, b) < logStartOffset
    const isSame =
      wanted.producerId === entry.producerId &&
      isEqual(wanted.firstOffset, entry.firstOffset) &&
      wanted.lastOffset === entry.lastOffset &&
      isEqual(wanted.lastStableOffset, entry.lastStableOffset)
    if (!isSame) {
      const problem = `it has producer ${entry.producerId}, offsets ${entry.firstOffset}-${entry.lastOffset}, stable ${entry.lastStableOffset}; the batches have producer ${wanted.producerId}, offsets ${wanted.firstOffset}-${wanted.lastOffset}, stable ${wanted.lastStableOffset}`
      return { position, offset: entry.lastOffset, problem }
    }
  }
  return undefined
}

function hasMarkerOf({ lastOffset }: AbortedTransaction): (other: AbortedTransaction) => boolean {
  return (other) => other.lastOffset === lastOffset
}
