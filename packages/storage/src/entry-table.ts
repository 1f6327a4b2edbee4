/** Entries of a fixed size in one growing buffer: the body of both index kinds, equal to the bytes of their files. */

const firstCount = 16

export class EntryTable {
  readonly entrySize: number
  /** Holds `count` entries from its start; replaced when it grows. */
  bytes: Buffer
  #count: number

  constructor(entrySize: number, bytes: Buffer = Buffer.alloc(0), count = Math.floor(bytes.length / entrySize)) {
    this.entrySize = entrySize
    this.bytes = bytes
    this.#count = count
  }

  get count(): number {
    return this.#count
  }

  /** Makes room for one more entry and returns its position in `bytes`. */
  push(): number {
    const position = this.#count * this.entrySize
    if (position + this.entrySize > this.bytes.length) {
      const grown = Buffer.alloc(Math.max(firstCount * this.entrySize, this.bytes.length * 2))
      this.bytes.copy(grown, 0, 0, position)
      this.bytes = grown
    }
    this.#count++
    return position
  }

  truncate(count: number): void {
    if (count < this.#count) this.#count = count
  }

  /** The entries as they stand in the file; shares memory with the table. */
  content(): Buffer {
    return this.bytes.subarray(0, this.#count * this.entrySize)
  }

  /** The last entry for which `isAtMost` holds, given that it holds for a prefix; -1 for none. */
  findLast(isAtMost: (position: number) => boolean): number {
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isAtMost(middle * this.entrySize)) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}
