/** `.index`: from an offset to the position of the batch that ends with it, for some batches (reference 3.2). */
import { EntryTable } from './entry-table.ts'

export const offsetIndexEntrySize = 8

/** Where to start looking. */
export interface IndexedPosition {
  /** Last offset of the batch at `position`; one below the segment's first offset at its start. */
  readonly offset: number
  readonly position: number
}

export class OffsetIndex {
  readonly baseOffset: number
  readonly #table: EntryTable

  constructor(baseOffset: number, table = new EntryTable(offsetIndexEntrySize)) {
    this.baseOffset = baseOffset
    this.#table = table
  }

  /**
   * Reads a file's bytes up to the first entry that does not rise. `isSound` is false when something other than the zeros that
   * a killed broker leaves in a preallocated file follows, or when an entry is cut.
   */
  static decode(bytes: Buffer, baseOffset: number): { index: OffsetIndex; isSound: boolean } {
    let count = 0
    let [lastOffset, lastPosition] = [-1, 0]
    for (let at = 0; at + offsetIndexEntrySize <= bytes.length; at += offsetIndexEntrySize) {
      const [offset, position] = [bytes.readInt32BE(at), bytes.readInt32BE(at + 4)]
      // Position 0 is never written: an entry follows at least index.interval.bytes of data.
      if (offset <= lastOffset || position <= lastPosition) break
      ;[lastOffset, lastPosition] = [offset, position]
      count++
    }
    const used = count * offsetIndexEntrySize
    const index = new OffsetIndex(baseOffset, new EntryTable(offsetIndexEntrySize, bytes, count))
    return { index, isSound: bytes.length % offsetIndexEntrySize === 0 && isZero(bytes, used) }
  }

  get count(): number {
    return this.#table.count
  }

  get bytes(): Buffer {
    return this.#table.content()
  }

  /** Bytes of memory held. */
  get memoryBytes(): number {
    return this.#table.bytes.length
  }

  /** Adds the entry of a batch; its last offset must be above the one before. */
  append(lastOffset: number, position: number): void {
    const at = this.#table.push()
    this.#table.bytes.writeInt32BE(lastOffset - this.baseOffset, at)
    this.#table.bytes.writeInt32BE(position, at + 4)
  }

  /** The greatest entry at or below `offset`, or the segment's start. */
  lookup(offset: number): IndexedPosition {
    const relative = offset - this.baseOffset
    return this.entry(this.#table.findLast((at) => this.#table.bytes.readInt32BE(at) <= relative))
  }

  /** The greatest entry whose batch starts at or before `position`, or the segment's start. */
  lookupPosition(position: number): IndexedPosition {
    return this.entry(this.#table.findLast((at) => this.#table.bytes.readInt32BE(at + 4) <= position))
  }

  /** The first entry whose batch starts at `position` or later; undefined when none does. */
  entryFrom(position: number): IndexedPosition | undefined {
    const place = this.#table.findLast((at) => this.#table.bytes.readInt32BE(at + 4) < position) + 1
    return place < this.count ? this.entry(place) : undefined
  }

  /** Entry by its place; -1 is the segment's start. */
  entry(place: number): IndexedPosition {
    if (place < 0) return { offset: this.baseOffset - 1, position: 0 }
    const at = place * offsetIndexEntrySize
    return {
      offset: this.baseOffset + this.#table.bytes.readInt32BE(at),
      position: this.#table.bytes.readInt32BE(at + 4),
    }
  }

  /** Keeps the first `count` entries. */
  truncate(count: number): void {
    this.#table.truncate(count)
  }

  /** Drops entries of batches that end at `offset` or later. */
  truncateTo(offset: number): void {
    this.#table.truncate(this.#table.findLast((at) => this.#table.bytes.readInt32BE(at) < offset - this.baseOffset) + 1)
  }
}

/** Whether only zeros follow from `start`. */
export function isZero(bytes: Buffer, start: number, end = bytes.length): boolean {
  for (let at = start; at < end; at++) if (bytes[at] !== 0) return false
  return true
}
