/** How far each partition has been handled: tells what is new from what comes again, and sees what is missing. */
export class Positions {
  readonly #next = new Map<number, number>()
  handledCount = 0
  againCount = 0
  missedCount = 0

  /** Notes an offset; false when it has been handled before. */
  advance(partition: number, offset: number): boolean {
    const next = this.next(partition)
    if (offset < next) {
      this.againCount++
      return false
    }
    this.missedCount += offset - next
    this.handledCount++
    this.#next.set(partition, offset + 1)
    return true
  }

  /** The offset that comes next. */
  next(partition: number): number {
    return this.#next.get(partition) ?? 0
  }

  /** The offsets that come next, by partition. */
  get entries(): ReadonlyMap<number, number> {
    return new Map(this.#next)
  }
}
