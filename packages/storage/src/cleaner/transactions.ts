/** Which batches belong to aborted transactions, and which markers may go, while a log is walked from its start (reference 3.5). Pure. */
import type { AbortedTransaction } from '../transaction-index.ts'

/** What a data batch's header says. */
export interface DataBatch {
  readonly producerId: number
  readonly isTransactional: boolean
  readonly baseOffset: number
  readonly lastOffset: number
}

export interface ControlBatch {
  readonly producerId: number
  readonly lastOffset: number
  /** `empty`: an earlier cleaning took the marker. `other`: no end of a transaction. */
  readonly kind: 'abort' | 'commit' | 'empty' | 'other'
}

export class CleanedTransactions {
  /** By first offset. */
  readonly #coming: readonly AbortedTransaction[]
  #nextPlace = 0
  /** Aborted transactions that the walk is in, by producer. */
  readonly #aborted = new Map<number, { readonly transaction: AbortedTransaction; hasBatches: boolean }>()
  /** Producers with batches since their last marker, in transactions that are not aborted. */
  readonly #committed = new Set<number>()
  #kept: AbortedTransaction[] = []

  /** `aborted`: every aborted transaction that has batches in what is walked, by first offset. */
  constructor(aborted: readonly AbortedTransaction[]) {
    this.#coming = aborted
  }

  /** Takes in a data batch. True when its transaction was aborted, so that its records go. */
  onData({ producerId, isTransactional, baseOffset, lastOffset }: DataBatch): boolean {
    this.#begin(lastOffset)
    if (!isTransactional) return false
    const under = this.#aborted.get(producerId)
    // A marker that is not there any more has ended it all the same: later batches are none of its.
    if (under !== undefined && under.transaction.lastOffset >= baseOffset) {
      under.hasBatches = true
      return true
    }
    this.#committed.add(producerId)
    return false
  }

  /** Takes in a control batch. True when nothing of its transaction is left, so that it may go in its time. */
  onControl({ producerId, lastOffset, kind }: ControlBatch): boolean {
    this.#begin(lastOffset)
    if (kind === 'empty') return true
    if (kind === 'other') return false
    // Also where an abort is known only from a place in the middle of its transaction, or not at all.
    const hasOtherBatches = this.#committed.delete(producerId)
    const under = this.#aborted.get(producerId)
    if (kind === 'commit' || under === undefined || under.transaction.lastOffset < lastOffset) return !hasOtherBatches
    this.#aborted.delete(producerId)
    const isGone = !under.hasBatches && !hasOtherBatches
    if (!isGone) this.#kept.push(under.transaction)
    return isGone
  }

  /** The aborted transactions whose markers stay, since the last call: what the index of the written segment holds. */
  takeKept(): readonly AbortedTransaction[] {
    const kept = this.#kept
    this.#kept = []
    return kept
  }

  #begin(offset: number): void {
    for (; this.#nextPlace < this.#coming.length; this.#nextPlace++) {
      const transaction = this.#coming[this.#nextPlace] as AbortedTransaction
      if (transaction.firstOffset > offset) return
      const under = this.#aborted.get(transaction.producerId)
      if (under !== undefined && under.transaction.lastOffset >= transaction.firstOffset) continue
      this.#aborted.set(transaction.producerId, { transaction, hasBatches: false })
    }
  }
}
