/**
 * LZ4 blocks: the sequence format, the fast encoder and the decoder. A sequence is a token (high four bits literal count, low
 * four bits match size - 4; 15 goes on in bytes until one below 255), the literals, a little-endian 16-bit distance, the rest of
 * the match size. The last sequence is literals only; a match ends at least 5 bytes, and starts at least 12, before the end.
 */
import { corrupt } from './codec.ts'
import { copyLiterals, copyMatch, copyWords, fitsWords, matchSize, viewOf } from './copy.ts'

/** Content that the encoders take at once: distances and table entries are 16-bit numbers. */
export const lz4BlockSizeMax = 1 << 16
export const lz4MatchSizeMin = 4
/** The bytes before the end in which no match starts. */
export const lz4StartMargin = 12
/** The bytes before the end that are literals. */
export const lz4EndLiterals = 5

const hashBits = 14
const table = new Uint16Array(1 << hashBits)

/** The largest result for `size` bytes that do not compress. */
export function lz4CompressedSizeMax(size: number): number {
  return 16 + size + Math.ceil(size / 255)
}

function hashOf(word: number): number {
  return Math.imul(word, 0x9e3779b1) >>> (32 - hashBits)
}

function writeRest(output: Buffer, position: number, rest: number): number {
  let at = position
  let left = rest
  for (; left >= 255; left -= 255) output[at++] = 255
  output[at++] = left
  return at
}

/** Writes the literals `input[start, end)`, then a match of `size` bytes. Returns where the sequence ends. */
export function writeLz4Sequence(
  input: Buffer,
  start: number,
  end: number,
  output: Buffer,
  position: number,
  distance: number,
  size: number,
): number {
  const to = writeLz4Literals(input, start, end, output, position)
  output[to] = distance & 0xff
  output[to + 1] = distance >>> 8
  const rest = size - lz4MatchSizeMin
  output[position] = (output[position] as number) | Math.min(rest, 15)
  return rest < 15 ? to + 2 : writeRest(output, to + 2, rest - 15)
}

/** Writes a token and literals: the last sequence of a block, or the beginning of another. */
export function writeLz4Literals(input: Buffer, start: number, end: number, output: Buffer, position: number): number {
  const count = end - start
  output[position] = Math.min(count, 15) << 4
  const to = count < 15 ? position + 1 : writeRest(output, position + 1, count - 15)
  copyLiterals(input, start, end, output, to)
  return to + count
}

/**
 * Compresses `input[start, end)`, at most {@link lz4BlockSizeMax} bytes, to `output` at `position`, where
 * {@link lz4CompressedSizeMax} bytes must be free. Returns where the result ends.
 */
export function compressLz4Block(input: Buffer, start: number, end: number, output: Buffer, position: number): number {
  let to = position
  let literals = start
  if (end - start > lz4StartMargin) {
    const view = viewOf(input)
    const limit = end - lz4StartMargin
    const matchEnd = end - lz4EndLiterals
    table.fill(0)
    let at = start + 1
    for (let misses = 64; at <= limit; ) {
      const word = view.getInt32(at, true)
      const hash = hashOf(word)
      let candidate = start + (table[hash] as number)
      table[hash] = at - start
      if (view.getInt32(candidate, true) !== word) {
        // The longer nothing matches, the larger the steps: data that does not compress passes quickly.
        at += misses++ >>> 6
        continue
      }
      const found = at
      while (at > literals && candidate > start && input[at - 1] === input[candidate - 1]) {
        at--
        candidate--
      }
      const size = found - at + lz4MatchSizeMin + matchSize(view, candidate + found - at + 4, found + 4, matchEnd)
      to = writeLz4Sequence(input, literals, at, output, to, at - candidate, size)
      at += size
      literals = at
      misses = 64
      if (at <= limit) table[hashOf(view.getInt32(at - 2, true))] = at - 2 - start
    }
  }
  return writeLz4Literals(input, literals, end, output, to)
}

function damaged(position: number): never {
  throw corrupt('lz4', `the sequence at byte ${position} of the frame is damaged or cut`)
}

/**
 * Decompresses the block `input[start, end)` to `output` at `position`. Matches may reach back to `historyStart`, and nothing is
 * written from `outputEnd` on. Returns where the content ends, or -1 when it goes beyond `outputEnd`. Throws CompressionError `corrupt`.
 */
export function decompressLz4Block(
  input: Buffer,
  start: number,
  end: number,
  output: Buffer,
  position: number,
  outputEnd: number,
  historyStart: number,
): number {
  const inputView = viewOf(input)
  const outputView = viewOf(output)
  let from = start
  let to = position
  while (from < end) {
    const sequence = from
    const token = input[from++] as number
    let count = token >>> 4
    if (count === 15) {
      let more = 255
      while (more === 255) {
        if (from >= end) damaged(sequence)
        more = input[from++] as number
        count += more
      }
    }
    if (count > end - from) damaged(sequence)
    if (count > outputEnd - to) return -1
    if (fitsWords(count, end - from, outputEnd - to)) copyWords(inputView, from, from + count, outputView, to)
    else copyLiterals(input, from, from + count, output, to)
    from += count
    to += count
    if (from === end) return to
    if (end - from < 2) damaged(sequence)
    const distance = (input[from] as number) | ((input[from + 1] as number) << 8)
    from += 2
    let size = (token & 15) + lz4MatchSizeMin
    if (size === 15 + lz4MatchSizeMin) {
      let more = 255
      while (more === 255) {
        if (from >= end) damaged(sequence)
        more = input[from++] as number
        size += more
      }
    }
    if (distance === 0 || distance > to - historyStart) damaged(sequence)
    if (size > outputEnd - to) return -1
    if (distance >= 4 && fitsWords(size, size + 3, outputEnd - to)) {
      copyWords(outputView, to - distance, to - distance + size, outputView, to)
    } else copyMatch(output, to, distance, size)
    to += size
  }
  return damaged(end)
}
