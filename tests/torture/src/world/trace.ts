/** What happened in a case, as one number: two runs of a seed must give the same. */
import { crc32 } from 'node:zlib'

export class Trace {
  /** Two sums with different beginnings: together 64 bits. */
  #low = 0
  #high = 0x5bd1e995
  #count = 0

  note(what: string): void {
    this.#count++
    this.#low = crc32(what, this.#low)
    this.#high = crc32(`${this.#count} `, crc32(what, this.#high))
  }

  get hash(): string {
    const hex = (value: number) => (value >>> 0).toString(16).padStart(8, '0')
    return `${hex(this.#high)}${hex(this.#low)}`
  }
}
