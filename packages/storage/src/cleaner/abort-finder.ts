/** Finds aborted transactions in the batches of a log: what the index of aborted transactions would say, where it is not at hand. */
import { BatchHeader } from '@millrace/protocol'
import { incomingMarker } from '../replay.ts'
import type { AbortedTransaction } from '../transaction-index.ts'

export class AbortFinder {
  /** First offsets of the transactions under way, by producer. */
  readonly #open = new Map<number, number>()
  readonly #found: AbortedTransaction[] = []
  readonly #lowestOffset: number

  /** `lowestOffset`: where the log starts. Transactions may have begun before what is looked at, so no better bound is known. */
  constructor(lowestOffset: number) {
    this.#lowestOffset = lowestOffset
  }

  /** In the order of their markers. */
  get found(): readonly AbortedTransaction[] {
    return this.#found
  }

  /** Sees the next batch; of a data batch, the header is enough. */
  observe(bytes: Buffer, at: number): void {
    if (!BatchHeader.isTransactional(bytes, at)) return
    const producerId = BatchHeader.producerId(bytes, at)
    const baseOffset = BatchHeader.baseOffset(bytes, at)
    if (!BatchHeader.isControl(bytes, at)) {
      if (!this.#open.has(producerId)) this.#open.set(producerId, baseOffset)
      return
    }
    const firstOffset = this.#open.get(producerId)
    this.#open.delete(producerId)
    if (firstOffset === undefined || incomingMarker(bytes, at)?.isAbort !== true) return
    this.#found.push({ producerId, firstOffset, lastOffset: baseOffset, lastStableOffset: this.#lowestOffset })
  }
}

/** Both lists as one, by first offset. Of a transaction in both, what `indexed` says is better: it goes back to its real start. */
export function mergeAborted(
  indexed: readonly AbortedTransaction[],
  found: readonly AbortedTransaction[],
): AbortedTransaction[] {
  const byMarker = new Map<number, AbortedTransaction>()
  // A marker's offset belongs to one transaction alone.
  for (const transaction of [...found, ...indexed]) byMarker.set(transaction.lastOffset, transaction)
  return [...byMarker.values()].sort((a, b) => a.firstOffset - b.firstOffset || a.lastOffset - b.lastOffset)
}
