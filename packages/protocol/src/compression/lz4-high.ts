/** The LZ4 encoder of the higher levels: it follows chains of earlier positions with the same hash and takes the longest match. */
import { matchSize, viewOf } from './copy.ts'
import {
  lz4BlockSizeMax,
  lz4EndLiterals,
  lz4MatchSizeMin,
  lz4StartMargin,
  writeLz4Literals,
  writeLz4Sequence,
} from './lz4-block.ts'

const hashBits = 15
/** A match of this size is taken without looking for a longer one. */
const goodMatchSize = 1024

/** The latest position of each hash, and for each position the one before it with the same hash; -1 ends a chain. */
interface Chains {
  readonly heads: Int32Array
  readonly previous: Int32Array
}

let chains: Chains | undefined

function emptyChains(): Chains {
  chains ??= { heads: new Int32Array(1 << hashBits), previous: new Int32Array(lz4BlockSizeMax) }
  chains.heads.fill(-1)
  return chains
}

/** One block being searched. The longest match found is left in `matchAt` and `matchLength`. */
class Search {
  readonly #view: DataView
  readonly #start: number
  readonly #limit: number
  readonly #matchEnd: number
  readonly #attempts: number
  readonly #heads: Int32Array
  readonly #previous: Int32Array
  #inserted: number
  matchAt = 0
  matchLength = 0

  constructor(input: Buffer, start: number, end: number, attempts: number) {
    this.#view = viewOf(input)
    this.#start = start
    this.#limit = end - lz4StartMargin
    this.#matchEnd = end - lz4EndLiterals
    this.#attempts = attempts
    const { heads, previous } = emptyChains()
    this.#heads = heads
    this.#previous = previous
    this.#inserted = start
  }

  #hashAt(position: number): number {
    return Math.imul(this.#view.getInt32(position, true), 0x9e3779b1) >>> (32 - hashBits)
  }

  #insertUntil(position: number): void {
    for (; this.#inserted < position; this.#inserted++) {
      const hash = this.#hashAt(this.#inserted)
      const at = this.#inserted - this.#start
      this.#previous[at] = this.#heads[hash] as number
      this.#heads[hash] = at
    }
  }

  /** Finds the longest match at `position`, if it is longer than `longerThan`. */
  find(position: number, longerThan: number): boolean {
    this.matchLength = longerThan
    if (position > this.#limit) return false
    this.#insertUntil(position)
    const view = this.#view
    const word = view.getInt32(position, true)
    let candidate = this.#heads[this.#hashAt(position)] as number
    for (let attempts = this.#attempts; candidate >= 0 && attempts > 0; attempts--) {
      const at = this.#start + candidate
      // A longer match has to agree in the byte after the longest so far.
      if (
        view.getUint8(at + this.matchLength) === view.getUint8(position + this.matchLength) &&
        view.getInt32(at, true) === word
      ) {
        const length = lz4MatchSizeMin + matchSize(view, at + 4, position + 4, this.#matchEnd)
        if (length > this.matchLength) {
          this.matchLength = length
          this.matchAt = at
          if (length >= goodMatchSize || position + length >= this.#matchEnd) break
        }
      }
      candidate = this.#previous[candidate] as number
    }
    return this.matchLength > longerThan
  }
}

/**
 * Compresses as `compressLz4Block` does, looking at up to `attempts` earlier positions for every match, and one byte further
 * for a longer one before it settles.
 */
export function compressLz4BlockHigh(
  input: Buffer,
  start: number,
  end: number,
  output: Buffer,
  position: number,
  attempts: number,
): number {
  let to = position
  let literals = start
  if (end - start > lz4StartMargin) {
    const search = new Search(input, start, end, attempts)
    const limit = end - lz4StartMargin
    for (let at = start; at <= limit; ) {
      if (!search.find(at, lz4MatchSizeMin - 1)) {
        at++
        continue
      }
      let { matchAt, matchLength } = search
      while (matchLength < goodMatchSize && search.find(at + 1, matchLength)) {
        at++
        matchAt = search.matchAt
        matchLength = search.matchLength
      }
      to = writeLz4Sequence(input, literals, at, output, to, at - matchAt, matchLength)
      at += matchLength
      literals = at
    }
  }
  return writeLz4Literals(input, literals, end, output, to)
}
