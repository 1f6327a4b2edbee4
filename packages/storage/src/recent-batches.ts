/** Where the newest batches of the active segment are, so that readers at the tail find theirs without IO. */

const capacity = 64

export interface BatchPlace {
  readonly baseOffset: number
  readonly position: number
  /** Bytes. */
  readonly size: number
}

/** A ring of the last 64 batches, contiguous in offset and position. */
export class RecentBatches {
  /** Made with the first batch: most logs of a broker are never written to. */
  #offsets: Float64Array | undefined
  #positions: Float64Array | undefined
  /** Batches seen since the last clearing; the ring holds the newest of them. */
  #count = 0
  #endPosition = 0

  clear(): void {
    this.#count = 0
  }

  add(baseOffset: number, position: number, size: number): void {
    this.#offsets ??= new Float64Array(capacity)
    this.#positions ??= new Float64Array(capacity)
    const slot = this.#count % capacity
    this.#offsets[slot] = baseOffset
    this.#positions[slot] = position
    this.#endPosition = position + size
    this.#count++
  }

  /** The batch that holds `offset`, given that `offset` is below the log's end; undefined when it is older than the ring. */
  find(offset: number): BatchPlace | undefined {
    const oldest = Math.max(0, this.#count - capacity)
    let low = oldest
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#offset(middle) <= offset) low = middle + 1
      else high = middle
    }
    if (low === oldest) return undefined
    const position = this.#position(low - 1)
    const end = low < this.#count ? this.#position(low) : this.#endPosition
    return { baseOffset: this.#offset(low - 1), position, size: end - position }
  }

  #offset(place: number): number {
    return this.#offsets?.[place % capacity] as number
  }

  #position(place: number): number {
    return this.#positions?.[place % capacity] as number
  }
}
