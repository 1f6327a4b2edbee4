/**
 * Records that prove that they were read: a key of 8 bytes and a value whose ends depend on the record's index, and a sum over all of
 * them that does not depend on their order.
 *
 *     key    index (int32 LE), mix(index)
 *     value  mix(index + 1), zeros, mix(index + 2)
 */

export const keySize = 8

function mix(index: number): number {
  const spread = Math.imul(index, 0x9e3779b1)
  return spread ^ (spread >>> 15)
}

/** Writes the record of `index` into buffers of their final sizes. */
export function writeRecord(index: number, key: Buffer, value: Buffer): void {
  key.writeInt32LE(index | 0, 0)
  key.writeInt32LE(mix(index), 4)
  value.writeInt32LE(mix(index + 1), 0)
  value.writeInt32LE(mix(index + 2), value.length - 4)
}

/** What a record adds to the sum: its sizes, and both ends of key and value. The clients in Java and C compute the same. */
export function sumOf(key: Buffer | null, value: Buffer): number {
  const keyPart = key === null ? 0 : key.readInt32LE(0) + key.readInt32LE(4) * 3 + key.length * 11
  return (keyPart + value.readInt32LE(0) * 5 + value.readInt32LE(value.length - 4) * 7 + value.length * 13) | 0
}

/** Sums up what a client received, and notes when the first record came. */
export class Received {
  readonly #expectedCount: number
  #firstMs = 0
  count = 0
  sum = 0

  constructor(expectedCount: number) {
    this.#expectedCount = expectedCount
  }

  add(key: Buffer | null, value: Buffer): void {
    if (this.count === 0) this.#firstMs = performance.now()
    this.count++
    this.sum = (this.sum + sumOf(key, value)) | 0
  }

  get isComplete(): boolean {
    return this.count >= this.#expectedCount
  }

  /** For the harness; `elapsedMs` is since the first record. */
  result(startedMs: number): Record<string, number> {
    const nowMs = performance.now()
    const { count, sum } = this
    return { count, sum, elapsedMs: nowMs - this.#firstMs, joinMs: this.#firstMs - startedMs }
  }
}
