/** `.timeindex`: the greatest timestamp so far and the last offset of the batch that brought it (reference 3.2). */
import { EntryTable } from './entry-table.ts'
import { readInt64, writeInt64 } from './int64.ts'
import { isZero } from './offset-index.ts'

export const timeIndexEntrySize = 12

export interface TimestampOffset {
  /** Milliseconds since 1970; -1 for none. */
  readonly timestamp: number
  readonly offset: number
}

export class TimeIndex {
  readonly baseOffset: number
  readonly #table: EntryTable

  constructor(baseOffset: number, table = new EntryTable(timeIndexEntrySize)) {
    this.baseOffset = baseOffset
    this.#table = table
  }

  /** As {@link OffsetIndex.decode}. */
  static decode(bytes: Buffer, baseOffset: number): { index: TimeIndex; isSound: boolean } {
    let count = 0
    let [lastTimestamp, lastOffset] = [-1, -1]
    for (let at = 0; at + timeIndexEntrySize <= bytes.length; at += timeIndexEntrySize) {
      const [timestamp, offset] = [readInt64(bytes, at), bytes.readInt32BE(at + 8)]
      // An entry of zeros may be real (timestamp 0 at the first offset), or the tail of a preallocated file: leave it out.
      if (timestamp <= lastTimestamp || offset < lastOffset || offset < 0 || isZero(bytes, at, at + timeIndexEntrySize))
        break
      ;[lastTimestamp, lastOffset] = [timestamp, offset]
      count++
    }
    const used = count * timeIndexEntrySize
    const index = new TimeIndex(baseOffset, new EntryTable(timeIndexEntrySize, bytes, count))
    return { index, isSound: bytes.length % timeIndexEntrySize === 0 && isZero(bytes, used) }
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

  /** The entry with the greatest timestamp; -1 at the base offset when there is none. */
  get last(): TimestampOffset {
    return this.entry(this.#table.count - 1)
  }

  /** Adds an entry when its timestamp is above the last one. */
  maybeAppend(timestamp: number, lastOffset: number): void {
    if (timestamp <= this.last.timestamp) return
    const at = this.#table.push()
    writeInt64(this.#table.bytes, timestamp, at)
    this.#table.bytes.writeInt32BE(lastOffset - this.baseOffset, at + 8)
  }

  /** The greatest entry at or below `timestamp`: no earlier offset than its own can hold a later timestamp. */
  lookup(timestamp: number): TimestampOffset {
    return this.entry(this.#table.findLast((at) => readInt64(this.#table.bytes, at) <= timestamp))
  }

  entry(place: number): TimestampOffset {
    if (place < 0) return { timestamp: -1, offset: this.baseOffset }
    const at = place * timeIndexEntrySize
    return {
      timestamp: readInt64(this.#table.bytes, at),
      offset: this.baseOffset + this.#table.bytes.readInt32BE(at + 8),
    }
  }

  /** Keeps the first `count` entries. */
  truncate(count: number): void {
    this.#table.truncate(count)
  }

  /** Drops entries of batches that end at `offset` or later. */
  truncateTo(offset: number): void {
    this.#table.truncate(
      this.#table.findLast((at) => this.#table.bytes.readInt32BE(at + 8) < offset - this.baseOffset) + 1,
    )
  }
}
