/** A value that records in the log change: which one holds is decided by the newest record, committed or not. */

interface Entry<T> {
  readonly offset: number
  readonly value: T
}

export class History<T> {
  #entries: Entry<T>[] = []
  readonly #initial: T

  /** `initial` holds while nothing in the log or its snapshot says otherwise. */
  constructor(initial: T) {
    this.#initial = initial
  }

  get latest(): T {
    return this.#entries.at(-1)?.value ?? this.#initial
  }

  /** The offset of the record that set the latest value; undefined when it is the initial one. */
  get latestOffset(): number | undefined {
    return this.#entries.at(-1)?.offset
  }

  /** The value that a snapshot which ends at `endOffset` must contain; undefined when only the initial one is known. */
  before(endOffset: number): T | undefined {
    return this.#entries.findLast((entry) => entry.offset < endOffset)?.value
  }

  add(offset: number, value: T): void {
    this.#entries.push({ offset, value })
  }

  /** The log was cut to end at `endOffset`. */
  truncateTo(endOffset: number): void {
    this.#entries = this.#entries.filter((entry) => entry.offset < endOffset)
  }

  /** The log starts at `startOffset`: keeps the value that holds there and all later ones. */
  startAt(startOffset: number): void {
    const keep = this.#entries.findLastIndex((entry) => entry.offset < startOffset)
    if (keep > 0) this.#entries.splice(0, keep)
  }

  clear(): void {
    this.#entries = []
  }
}
