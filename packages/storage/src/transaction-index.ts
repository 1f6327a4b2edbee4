/** `.txnindex`: the aborted transactions whose marker is in a segment, in the order of their markers (reference 3.2). */
import { EntryTable } from './entry-table.ts'
import { readInt64, writeInt64 } from './int64.ts'

export const transactionIndexEntrySize = 34
const version = 0

export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
  /** Offset of the ABORT marker. */
  readonly lastOffset: number
  /** Where the next undecided transaction began when the marker was written: no later entry matters to readers below it. */
  readonly lastStableOffset: number
}

export class TransactionIndex {
  readonly #table: EntryTable

  constructor(table = new EntryTable(transactionIndexEntrySize)) {
    this.#table = table
  }

  /** Reads a file's bytes up to the first entry that cannot be one; `isSound` is false when there is any. */
  static decode(bytes: Buffer, baseOffset: number): { index: TransactionIndex; isSound: boolean } {
    let count = 0
    let lastMarker = baseOffset - 1
    for (let at = 0; at + transactionIndexEntrySize <= bytes.length; at += transactionIndexEntrySize) {
      const { firstOffset, lastOffset, lastStableOffset } = entryAt(bytes, at)
      const isEntry = bytes.readInt16BE(at) === version && firstOffset >= 0 && firstOffset <= lastOffset
      if (!isEntry || lastOffset <= lastMarker || lastStableOffset < 0) break
      lastMarker = lastOffset
      count++
    }
    const index = new TransactionIndex(new EntryTable(transactionIndexEntrySize, bytes, count))
    return { index, isSound: count * transactionIndexEntrySize === bytes.length }
  }

  get count(): number {
    return this.#table.count
  }

  get bytes(): Buffer {
    return this.#table.content()
  }

  get memoryBytes(): number {
    return this.#table.bytes.length
  }

  append({ producerId, firstOffset, lastOffset, lastStableOffset }: AbortedTransaction): void {
    const at = this.#table.push()
    const { bytes } = this.#table
    bytes.writeInt16BE(version, at)
    writeInt64(bytes, producerId, at + 2)
    writeInt64(bytes, firstOffset, at + 10)
    writeInt64(bytes, lastOffset, at + 18)
    writeInt64(bytes, lastStableOffset, at + 26)
  }

  /** Keeps the first `count` entries. */
  truncate(count: number): void {
    this.#table.truncate(count)
  }

  /** Drops entries whose marker is at `offset` or later. */
  truncateTo(offset: number): void {
    this.#table.truncate(this.#table.findLast((at) => readInt64(this.#table.bytes, at + 18) < offset) + 1)
  }

  entries(): AbortedTransaction[] {
    return Array.from({ length: this.count }, (_, place) =>
      entryAt(this.#table.bytes, place * transactionIndexEntrySize),
    )
  }

  /**
   * Adds the transactions that overlap [fetchOffset, upperOffset) to `found`. True when no later segment can have more of them.
   */
  collect(fetchOffset: number, upperOffset: number, found: AbortedTransaction[]): boolean {
    for (const entry of this.entries()) {
      if (entry.lastOffset >= fetchOffset && entry.firstOffset < upperOffset) found.push(entry)
      if (entry.lastStableOffset >= upperOffset) return true
    }
    return false
  }
}

function entryAt(bytes: Buffer, at: number): AbortedTransaction {
  return {
    producerId: readInt64(bytes, at + 2),
    firstOffset: readInt64(bytes, at + 10),
    lastOffset: readInt64(bytes, at + 18),
    lastStableOffset: readInt64(bytes, at + 26),
  }
}
