/** One record as a view: a few positions in a buffer, and getters that cut out what is asked for. */
import { VarintReader } from './varint.ts'

/** A header of a record. */
export interface RecordHeader {
  readonly key: string
  readonly value: Buffer | null
}

/** What the records of one batch have in common. */
export interface RecordSource {
  readonly bytes: Buffer
  readonly baseOffset: number
  readonly baseTimestamp: number
  /** The timestamp of all records, where the broker set it. */
  readonly logAppendTime: number | undefined
}

const noHeaders: readonly RecordHeader[] = Object.freeze([])

/** Where a record's fields are. The structure has been checked when there is one. */
export class RecordView {
  readonly #source: RecordSource
  readonly #timestampDelta: number
  readonly #start: number
  readonly #keyStart: number
  readonly #valueStart: number
  readonly #end: number
  #headers: readonly RecordHeader[] | undefined
  /** Place in the batch's offsets. */
  readonly offsetDelta: number
  /** Bytes; -1 for a null key. */
  readonly keySize: number
  /** Bytes; -1 for a null value. */
  readonly valueSize: number

  /** `start` is where the key's size is. Views are made by a `RecordCursor`. */
  constructor(
    source: RecordSource,
    offsetDelta: number,
    timestampDelta: number,
    start: number,
    keyStart: number,
    keySize: number,
    valueStart: number,
    valueSize: number,
    end: number,
  ) {
    this.#source = source
    this.offsetDelta = offsetDelta
    this.#timestampDelta = timestampDelta
    this.#start = start
    this.#keyStart = keyStart
    this.keySize = keySize
    this.#valueStart = valueStart
    this.valueSize = valueSize
    this.#end = end
    this.#headers = undefined
  }

  get offset(): number {
    return this.#source.baseOffset + this.offsetDelta
  }

  /** Milliseconds since 1970; -1 for none. Beyond 2^53, where no honest clock goes, the nearest number. */
  get timestamp(): number {
    return this.#source.logAppendTime ?? this.#source.baseTimestamp + this.#timestampDelta
  }

  /** A view, valid as long as the buffer of the batch is not written to. */
  get key(): Buffer | null {
    return this.keySize < 0 ? null : this.#source.bytes.subarray(this.#keyStart, this.#keyStart + this.keySize)
  }

  /** A view, valid as long as the buffer of the batch is not written to. */
  get value(): Buffer | null {
    return this.valueSize < 0 ? null : this.#source.bytes.subarray(this.#valueStart, this.#valueStart + this.valueSize)
  }

  /** The key as UTF-8 text, without a buffer in between. */
  get keyText(): string | null {
    if (this.keySize < 0) return null
    return this.#source.bytes.toString('utf8', this.#keyStart, this.#keyStart + this.keySize)
  }

  /** The value as UTF-8 text, without a buffer in between. */
  get valueText(): string | null {
    if (this.valueSize < 0) return null
    return this.#source.bytes.toString('utf8', this.#valueStart, this.#valueStart + this.valueSize)
  }

  /** Parsed when first asked for. The values are views. */
  get headers(): readonly RecordHeader[] {
    this.#headers ??= this.#readHeaders()
    return this.#headers
  }

  #readHeaders(): readonly RecordHeader[] {
    const { bytes } = this.#source
    const reader = new VarintReader(bytes, this.#valueStart + Math.max(this.valueSize, 0), this.#end)
    const count = reader.varint()
    if (count === 0) return noHeaders
    const headers: RecordHeader[] = []
    for (let index = 0; index < count; index++) {
      const keySize = reader.varint()
      const key = bytes.toString('utf8', reader.position, reader.position + keySize)
      reader.position += keySize
      const valueSize = reader.varint()
      const value = valueSize < 0 ? null : bytes.subarray(reader.position, reader.position + valueSize)
      reader.position += Math.max(valueSize, 0)
      headers.push({ key, value })
    }
    return headers
  }

  /** Key, value and headers as they are stored, sizes included: for a copy into another batch. */
  get content(): Buffer {
    return this.#source.bytes.subarray(this.#start, this.#end)
  }

  /** The same record over a copy of its bytes: keeps no other memory alive, and survives what happens to the batch's buffer. */
  detach(): RecordView {
    const { baseOffset, baseTimestamp, logAppendTime } = this.#source
    // Not from the shared pool: a record that is kept for long must not hold back the pool's slab.
    const bytes = Buffer.allocUnsafeSlow(this.#end - this.#start)
    this.#source.bytes.copy(bytes, 0, this.#start, this.#end)
    return new RecordView(
      { bytes, baseOffset, baseTimestamp, logAppendTime },
      this.offsetDelta,
      this.#timestampDelta,
      0,
      this.#keyStart - this.#start,
      this.keySize,
      this.#valueStart - this.#start,
      this.valueSize,
      bytes.length,
    )
  }
}
