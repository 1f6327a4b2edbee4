/** Walks over the records of a batch and checks their structure. Makes no objects unless asked for a view. */

import { type RecordSource, RecordView } from './record-view.ts'
import { RecordsError } from './records-error.ts'
import { VarintReader } from './varint.ts'

/** A cursor before the first record of `source.bytes[start, end)`, which has `recordCount` of them according to its header. */
export class RecordCursor {
  readonly #source: RecordSource
  readonly #reader: VarintReader
  readonly #count: number
  #seen = 0
  #timestampDelta = 0
  #start = 0
  #keyStart = 0
  #valueStart = 0
  /** Of the record that {@link next} moved to; see `RecordView`. */
  offsetDelta = 0
  keySize = -1
  valueSize = -1
  headerCount = 0

  constructor(source: RecordSource, start: number, end: number, recordCount: number) {
    this.#source = source
    this.#reader = new VarintReader(source.bytes, start, end)
    this.#count = recordCount
  }

  get offset(): number {
    return this.#source.baseOffset + this.offsetDelta
  }

  get timestamp(): number {
    return this.#source.logAppendTime ?? this.#source.baseTimestamp + this.#timestampDelta
  }

  /** The record as a view that outlives the cursor's next step. */
  view(): RecordView {
    return new RecordView(
      this.#source,
      this.offsetDelta,
      this.#timestampDelta,
      this.#start,
      this.#keyStart,
      this.keySize,
      this.#valueStart,
      this.valueSize,
      this.#reader.position,
    )
  }

  /**
   * Moves to the next record; false after the last one. Throws RecordsError `invalid-record` or `truncated` for a record whose
   * fields do not fill it exactly, and when there are fewer or more bytes than the batch's number of records takes.
   */
  next(): boolean {
    const reader = this.#reader
    const { end } = reader
    if (this.#seen >= this.#count) {
      if (reader.position !== end) this.#fail(`${end - reader.position} bytes are left after the last record`)
      return false
    }
    this.#seen++
    const size = reader.varint()
    const start = reader.position
    if (size < 0 || size > end - start) this.#fail(`its size of ${size} bytes is not what is there`)
    // The attributes, a byte without meaning so far.
    reader.position++
    this.#timestampDelta = reader.varlong()
    this.offsetDelta = reader.varint()
    this.#start = reader.position
    this.keySize = reader.varint()
    this.#keyStart = reader.position
    if (this.keySize > 0) this.#skip(this.keySize, end)
    this.valueSize = reader.varint()
    this.#valueStart = reader.position
    if (this.valueSize > 0) this.#skip(this.valueSize, end)
    this.headerCount = reader.varint()
    if (this.headerCount !== 0) this.#skipHeaders(this.headerCount, end)
    if (reader.position !== start + size) this.#fail(`its fields take ${reader.position - start} of its ${size} bytes`)
    return true
  }

  #skip(size: number, end: number): void {
    if (size > end - this.#reader.position) this.#fail(`a field of ${size} bytes goes beyond the batch`)
    this.#reader.position += size
  }

  #skipHeaders(count: number, end: number): void {
    const reader = this.#reader
    if (count < 0 || count > end - reader.position) this.#fail(`it cannot have ${count} headers`)
    for (let index = 0; index < count; index++) {
      const keySize = reader.varint()
      if (keySize < 0) this.#fail('a header has no key')
      this.#skip(keySize, end)
      const valueSize = reader.varint()
      if (valueSize > 0) this.#skip(valueSize, end)
    }
  }

  #fail(reason: string): never {
    const { baseOffset } = this.#source
    const record = `record ${this.#seen - 1} of ${this.#count} in the batch at offset ${baseOffset}`
    throw new RecordsError('invalid-record', this.#reader.position, `${record}: ${reason}`)
  }
}
