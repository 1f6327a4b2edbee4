/** Which batches of a fetch are for applications (reference section 2.8): pure. One filter for each partition's answer. */
import { decodeControlKey, type RecordBatch } from '@millrace/protocol'

export interface AbortedTransaction {
  readonly producerId: number
  /** The first offset of the transaction in this partition. */
  readonly firstOffset: number
}

/** Whether a control batch ends a transaction by aborting it. */
function isAbortMarker(batch: RecordBatch): boolean {
  // Compaction may have left a control batch without its record: it marks nothing then.
  const [marker] = batch.records()
  const key = marker?.key
  return key !== null && key !== undefined && decodeControlKey(key) === 'Abort'
}

export class AbortFilter {
  /** By ascending first offset; those before the index have begun. */
  readonly #transactions: readonly AbortedTransaction[]
  readonly #aborting = new Set<number>()
  #index = 0

  /** @param transactions the aborted transactions that overlap the answer; none when uncommitted records are read too */
  constructor(transactions: readonly AbortedTransaction[]) {
    this.#transactions = transactions.toSorted((a, b) => a.firstOffset - b.firstOffset)
  }

  /**
   * Whether the records of a batch are for applications: control batches never are. Asked for every batch once, in order. Throws
   * RecordsError or DecodeError for a control batch that cannot be read.
   */
  admits(batch: RecordBatch): boolean {
    for (; this.#index < this.#transactions.length; this.#index++) {
      const { firstOffset, producerId } = this.#transactions[this.#index] as AbortedTransaction
      if (firstOffset > batch.lastOffset) break
      this.#aborting.add(producerId)
    }
    if (batch.isControl) {
      if (this.#aborting.size > 0 && isAbortMarker(batch)) this.#aborting.delete(batch.producerId)
      return false
    }
    return !(batch.isTransactional && this.#aborting.has(batch.producerId))
  }
}
