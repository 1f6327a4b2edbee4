/** Transactions that hold back readers of committed data: open ones, and ended ones whose marker is not yet replicated. */

export interface CompletedTransaction {
  readonly producerId: number
  readonly firstOffset: number
  /** Offset of the marker. */
  readonly lastOffset: number
  readonly isAbort: boolean
}

export class OpenTransactions {
  /** First offsets of open transactions, rising. */
  readonly #open: number[] = []
  /** Ended transactions whose marker is at or above the high watermark, in the order of their markers. */
  #unreplicated: CompletedTransaction[] = []

  /** The lowest first offset of all; -1 when there is none. */
  get firstUnstableOffset(): number {
    let first = this.#open[0] ?? -1
    for (const { firstOffset } of this.#unreplicated) {
      if (first < 0 || firstOffset < first) first = firstOffset
    }
    return first
  }

  /** Of the transactions that are not ended; undefined when there is none. */
  get firstOpenOffset(): number | undefined {
    return this.#open[0]
  }

  open(firstOffset: number): void {
    let place = this.#open.length
    while (place > 0 && (this.#open[place - 1] as number) > firstOffset) place--
    this.#open.splice(place, 0, firstOffset)
  }

  close(firstOffset: number): void {
    const place = this.#open.indexOf(firstOffset)
    if (place >= 0) this.#open.splice(place, 1)
  }

  complete(transaction: CompletedTransaction): void {
    this.#unreplicated.push(transaction)
  }

  advance(highWatermark: number): void {
    let count = 0
    while (
      count < this.#unreplicated.length &&
      (this.#unreplicated[count] as CompletedTransaction).lastOffset < highWatermark
    )
      count++
    if (count > 0) this.#unreplicated.splice(0, count)
  }

  /** Forgets endings whose marker is at `endOffset` or above: it is no longer in the log. */
  truncate(endOffset: number): void {
    this.#unreplicated = this.#unreplicated.filter(({ lastOffset }) => lastOffset < endOffset)
  }

  clear(): void {
    this.#open.length = 0
    this.#unreplicated = []
  }
}
