/** Knows when everything has been read: each partition up to where it ends. */

export class EndWatch {
  /** Where reading has come to an end so far. */
  readonly #reached = new Map<number, number>()
  #ends: ReadonlyMap<number, number> | undefined

  /** There was nothing more at this offset, for now. */
  reached(partition: number, offset: number): void {
    this.#reached.set(partition, offset)
  }

  /** No more is written: this is where partitions end. */
  finish(ends: ReadonlyMap<number, number>): void {
    this.#ends = ends
  }

  get isDone(): boolean {
    if (this.#ends === undefined) return false
    return [...this.#ends].every(([partition, end]) => (this.#reached.get(partition) ?? 0) >= end)
  }
}
