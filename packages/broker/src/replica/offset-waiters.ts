/** Who waits for a partition's offset to pass a point: acks=all producers. Ordered by offset, so an advance costs what it wakes. */

export interface OffsetWaiter {
  /** Woken when the watched offset is at least this. */
  readonly offset: number
  /** `undefined`: reached. A number: the error code with which the wait ended. */
  readonly onSettled: (errorCode: number | undefined) => void
}

export class OffsetWaiters {
  readonly #waiters: OffsetWaiter[] = []

  get count(): number {
    return this.#waiters.length
  }

  /** Adds a waiter; returns a function that takes it out again without calling it. */
  add(waiter: OffsetWaiter): () => void {
    let index = this.#waiters.length
    while (index > 0 && (this.#waiters[index - 1] as OffsetWaiter).offset > waiter.offset) index--
    this.#waiters.splice(index, 0, waiter)
    return () => {
      const position = this.#waiters.indexOf(waiter)
      if (position >= 0) this.#waiters.splice(position, 1)
    }
  }

  /** Wakes everyone whose offset is reached. */
  advanceTo(offset: number): void {
    let count = 0
    while (count < this.#waiters.length && (this.#waiters[count] as OffsetWaiter).offset <= offset) count++
    for (const waiter of this.#waiters.splice(0, count)) waiter.onSettled(undefined)
  }

  /** Ends the waits for offsets above `offset` with an error: those records are gone, or this is no leader any more. */
  failAbove(offset: number, errorCode: number): void {
    let first = this.#waiters.length
    while (first > 0 && (this.#waiters[first - 1] as OffsetWaiter).offset > offset) first--
    for (const waiter of this.#waiters.splice(first)) waiter.onSettled(errorCode)
  }
}
