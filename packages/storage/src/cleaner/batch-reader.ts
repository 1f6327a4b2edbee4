/** Reads the batches of a segment one after the other, whole and checked, through one buffer that is used again. */
import { crc32c, crc32cPortable } from '@millrace/base'
import { BatchHeader, batchChecksumStart, batchHeaderSize } from '@millrace/protocol'
import { StorageError, type StorageErrorCode } from '../errors.ts'
import { type File, readFully } from '../fs/port.ts'
import { headerProblem, isLegacyHeader } from '../scan.ts'

export interface BatchRange {
  /** Bytes of the file. */
  readonly size: number
  /** The offsets that the segment may hold. */
  readonly baseOffset: number
  readonly nextOffset: number
}

/**
 * ```
 * for (let step = reader.step(); step !== 'end'; step = reader.step()) {
 *   if (step === 'batch') use(reader.bytes, reader.at)
 *   else await reader.fill()
 * }
 * ```
 * There is no promise per batch. Throws `damaged` or `unsupported-format` at the first byte that is not right.
 */
export class BatchReader {
  readonly #file: File
  readonly #range: BatchRange
  readonly #buffer: Buffer
  /** Holds the batch from `at` on, until the next step. */
  bytes: Buffer
  at = 0
  /** Of the batch, in the file and in bytes. */
  position = 0
  size = 0
  /** Bytes of the file in `bytes`. */
  #length = 0
  #nextOffset: number

  constructor(file: File, range: BatchRange, bufferBytes: number) {
    this.#file = file
    this.#range = range
    this.#buffer = Buffer.allocUnsafe(Math.max(batchHeaderSize, Math.min(bufferBytes, range.size)))
    this.bytes = this.#buffer
    this.#nextOffset = range.baseOffset
  }

  /** The offset after the batch. */
  get nextOffset(): number {
    return this.#nextOffset
  }

  /** Whether the batch is the last one of the file. */
  get isLast(): boolean {
    return this.position + this.size === this.#range.size
  }

  /** Moves to the next batch. `fill` when it has to be read first. */
  step(): 'batch' | 'fill' | 'end' {
    this.position += this.size
    this.at += this.size
    this.size = 0
    const left = this.#range.size - this.position
    if (left === 0) return 'end'
    if (left < batchHeaderSize) throw this.#damaged('a header is cut')
    if (this.#length - this.at < batchHeaderSize) return 'fill'
    const size = this.#checkedSize(left)
    if (this.#length - this.at < size) return 'fill'
    const crc = crc32c(this.bytes, this.at + batchChecksumStart, this.at + size)
    if (crc !== BatchHeader.crc(this.bytes, this.at)) throw this.#damaged('its checksum does not match')
    this.#nextOffset = BatchHeader.lastOffset(this.bytes, this.at) + 1
    this.size = size
    return 'batch'
  }

  /** Reads on from the current place. */
  async fill(): Promise<void> {
    const left = this.#range.size - this.position
    const isHeaderThere = this.#length - this.at >= batchHeaderSize
    const size = isHeaderThere ? BatchHeader.size(this.bytes, this.at) : 0
    // What a header claims is not made room for before the checksum says that it is one.
    if (size > this.#buffer.length) await this.#checkLarge(size, BatchHeader.crc(this.bytes, this.at))
    this.bytes = size > this.#buffer.length ? Buffer.allocUnsafe(size) : this.#buffer
    await this.#read(Math.min(left, this.bytes.length), this.position)
    this.at = 0
  }

  /** The size that the header at the current place gives. */
  #checkedSize(left: number): number {
    const { bytes, at } = this
    const problem = headerProblem(bytes, at, left, this.#nextOffset)
    if (problem !== undefined) {
      if (isLegacyHeader(bytes, at, left, this.#nextOffset)) throw this.#fail('unsupported-format', problem)
      throw this.#damaged(problem)
    }
    const lastOffset = BatchHeader.lastOffset(bytes, at)
    if (lastOffset < this.#range.nextOffset) return BatchHeader.size(bytes, at)
    throw this.#damaged(`last offset ${lastOffset} where the next segment starts at ${this.#range.nextOffset}`)
  }

  async #checkLarge(size: number, expected: number): Promise<void> {
    let crc = 0
    this.bytes = this.#buffer
    for (let done = batchChecksumStart; done < size; done += this.#length) {
      await this.#read(Math.min(this.#buffer.length, size - done), this.position + done)
      crc = crc32cPortable(this.#buffer, 0, this.#length, crc)
    }
    if (crc !== expected) throw this.#damaged('its checksum does not match')
  }

  async #read(size: number, position: number): Promise<void> {
    this.#length = await readFully(this.#file, this.bytes.subarray(0, size), position)
    if (this.#length < size) throw this.#damaged('the file is shorter than it was')
  }

  #damaged(problem: string): StorageError {
    return this.#fail('damaged', problem)
  }

  #fail(code: StorageErrorCode, problem: string): StorageError {
    const { path } = this.#file
    const where = `${path}, byte ${this.position}, offset ${this.#nextOffset}`
    return new StorageError(code, `${where}: ${problem}. The log was not compacted, and nothing was changed.`, {
      path,
      position: this.position,
    })
  }
}
