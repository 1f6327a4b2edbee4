/** Many short byte strings in few large pieces of memory, each at a place of its own. */

/** Size of a piece: large for large budgets, so that a small one is not used up by the first piece. */
const pieceBytesMin = 256
const pieceBytesMax = 1 << 20
/** Pieces that a budget is cut into, at least. */
const piecesMin = 16

/** In the byte before a key: it is a digest. Else that byte is the key's size. */
const digestMark = 0xff
/** Bytes that a key takes, at most: mark and 128 bytes. */
export const storedKeySizeMax = 129

export class KeyArena {
  readonly #pieceBytes: number
  readonly #pieces: Buffer[] = []
  #used = 0

  /** `budget` only suggests a size for the pieces. */
  constructor(budget: number) {
    const wanted = Math.min(pieceBytesMax, Math.max(pieceBytesMin, budget / piecesMin))
    this.#pieceBytes = 2 ** Math.floor(Math.log2(wanted))
    this.#used = this.#pieceBytes
  }

  get memoryBytes(): number {
    return this.#pieces.length * this.#pieceBytes
  }

  /** The place of the copy; -1 when it needs a piece more and `sizeMax` bytes are not enough for one. */
  add(key: Uint8Array, isDigest: boolean, sizeMax: number): number {
    if (this.#used + 1 + key.length > this.#pieceBytes) {
      if (this.#pieceBytes > sizeMax) return -1
      this.#pieces.push(Buffer.allocUnsafeSlow(this.#pieceBytes))
      this.#used = 0
    }
    const piece = this.#pieces.at(-1) as Buffer
    const at = this.#used
    piece[at] = isDigest ? digestMark : key.length
    piece.set(key, at + 1)
    this.#used = at + 1 + key.length
    return (this.#pieces.length - 1) * this.#pieceBytes + at
  }

  /** Whether what was added at `place` is this key. */
  equals(place: number, key: Uint8Array, isDigest: boolean): boolean {
    const piece = this.#pieces[Math.floor(place / this.#pieceBytes)] as Buffer
    const at = place % this.#pieceBytes
    if (piece[at] !== (isDigest ? digestMark : key.length)) return false
    for (let index = 0; index < key.length; index++) {
      if (piece[at + 1 + index] !== key[index]) return false
    }
    return true
  }
}
