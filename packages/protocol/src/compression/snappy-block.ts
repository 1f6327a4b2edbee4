/**
 * Raw snappy blocks: a varint with the content's size, then elements. The low two bits of an element's first byte say what it
 * is: 0 literals, 1 a match with an 11-bit distance, 2 with 16 bits, 3 with 32 bits (little-endian).
 */
import { corrupt } from './codec.ts'
import { copyLiterals, copyMatch, copyWords, fitsWords, matchSize, viewOf } from './copy.ts'

/** Content that {@link compressSnappyBlock} takes at once: distances within it fit its table. */
export const snappyBlockSizeMax = 1 << 16

const hashBits = 14
/** Matches are searched up to here before the end, so that four bytes can always be read. */
const inputMargin = 15
const table = new Uint16Array(1 << hashBits)

/** The largest result for `size` bytes that do not compress. */
export function snappyCompressedSizeMax(size: number): number {
  return 32 + size + Math.ceil(size / 6)
}

function hashOf(word: number): number {
  return Math.imul(word, 0x1e35a7bd) >>> (32 - hashBits)
}

function writeSize(output: Buffer, position: number, size: number): number {
  let at = position
  let rest = size
  for (; rest >= 0x80; rest >>>= 7) output[at++] = (rest & 0x7f) | 0x80
  output[at++] = rest
  return at
}

function writeLiterals(input: Buffer, start: number, end: number, output: Buffer, position: number): number {
  const last = end - start - 1
  let at = position
  if (last < 60) output[at++] = last << 2
  else if (last < 0x100) {
    output[at++] = 60 << 2
    output[at++] = last
  } else {
    output[at++] = 61 << 2
    output[at++] = last & 0xff
    output[at++] = last >>> 8
  }
  copyLiterals(input, start, end, output, at)
  return at + last + 1
}

function writeWideMatch(output: Buffer, position: number, distance: number, size: number): number {
  output[position] = ((size - 1) << 2) | 2
  output[position + 1] = distance & 0xff
  output[position + 2] = distance >>> 8
  return position + 3
}

function writeMatch(output: Buffer, position: number, distance: number, size: number): number {
  let at = position
  let left = size
  // At least four bytes stay for the last element, which is the least that its short form can say.
  for (; left >= 68; left -= 64) at = writeWideMatch(output, at, distance, 64)
  if (left > 64) {
    at = writeWideMatch(output, at, distance, 60)
    left -= 60
  }
  if (left >= 12 || distance >= 2048) return writeWideMatch(output, at, distance, left)
  output[at] = ((distance >>> 8) << 5) | ((left - 4) << 2) | 1
  output[at + 1] = distance & 0xff
  return at + 2
}

/**
 * Compresses `input[start, end)`, at most {@link snappyBlockSizeMax} bytes, to `output` at `position`, where
 * {@link snappyCompressedSizeMax} bytes must be free. Returns where the result ends.
 */
export function compressSnappyBlock(
  input: Buffer,
  start: number,
  end: number,
  output: Buffer,
  position: number,
): number {
  let to = writeSize(output, position, end - start)
  let literals = start
  if (end - start > inputMargin) {
    const view = viewOf(input)
    const limit = end - inputMargin
    table.fill(0)
    let at = start + 1
    for (let misses = 32; at < limit; ) {
      const word = view.getInt32(at, true)
      const hash = hashOf(word)
      const candidate = start + (table[hash] as number)
      table[hash] = at - start
      if (view.getInt32(candidate, true) !== word) {
        // The longer nothing matches, the larger the steps: data that does not compress passes quickly.
        at += misses++ >>> 5
        continue
      }
      if (literals < at) to = writeLiterals(input, literals, at, output, to)
      const size = 4 + matchSize(view, candidate + 4, at + 4, end)
      to = writeMatch(output, to, at - candidate, size)
      at += size
      literals = at
      misses = 32
      if (at < limit) table[hashOf(view.getInt32(at - 1, true))] = at - 1 - start
    }
  }
  return literals < end ? writeLiterals(input, literals, end, output, to) : to
}

/** The content's size as a block announces it. Throws CompressionError `corrupt` when the block cannot hold as much. */
export function snappyContentSize(input: Buffer, start: number, end: number): number {
  let size = 0
  for (let position = start, shift = 0; position < end && shift < 35; position++, shift += 7) {
    const byte = input[position] as number
    size += (byte & 0x7f) * 2 ** shift
    if (byte >= 0x80) continue
    // The densest element is a match of 64 bytes in 3; the limit is checked before anybody makes room for the content.
    if (size > (end - position) * 22)
      throw corrupt('snappy', `${end - start} bytes cannot hold ${size} bytes of content`)
    return size
  }
  throw corrupt('snappy', `the block at byte ${start} does not begin with the size of its content`)
}

function damaged(position: number): never {
  throw corrupt('snappy', `the element at byte ${position} is damaged or cut`)
}

/**
 * Decompresses the block `input[start, end)` to `output[position, position + contentSize)`, with the size that
 * {@link snappyContentSize} gave. Throws CompressionError `corrupt`.
 */
export function decompressSnappyBlock(
  input: Buffer,
  start: number,
  end: number,
  output: Buffer,
  position: number,
  contentSize: number,
): void {
  const outputEnd = position + contentSize
  const inputView = viewOf(input)
  const outputView = viewOf(output)
  let from = start
  while ((input[from] as number) >= 0x80) from++
  from++
  let to = position
  while (from < end) {
    const element = from
    const tag = input[from++] as number
    let size = (tag >>> 2) + 1
    if ((tag & 3) === 0) {
      if (size > 60) {
        const extra = size - 60
        if (extra > end - from) damaged(element)
        size = input.readUIntLE(from, extra) + 1
        from += extra
      }
      if (size > end - from || size > outputEnd - to) damaged(element)
      if (fitsWords(size, end - from, outputEnd - to)) copyWords(inputView, from, from + size, outputView, to)
      else copyLiterals(input, from, from + size, output, to)
      from += size
      to += size
      continue
    }
    let distance: number
    if ((tag & 3) === 1) {
      if (from >= end) damaged(element)
      size = ((tag >>> 2) & 7) + 4
      distance = ((tag >>> 5) << 8) | (input[from++] as number)
    } else {
      const extra = (tag & 3) === 2 ? 2 : 4
      if (extra > end - from) damaged(element)
      distance = (input[from] as number) | ((input[from + 1] as number) << 8)
      if (extra === 4) distance += input.readUInt16LE(from + 2) * 0x1_0000
      from += extra
    }
    if (distance === 0 || distance > to - position || size > outputEnd - to) damaged(element)
    if (distance >= 4 && fitsWords(size, size + 3, outputEnd - to)) {
      copyWords(outputView, to - distance, to - distance + size, outputView, to)
    } else copyMatch(output, to, distance, size)
    to += size
  }
  if (to !== outputEnd)
    throw corrupt('snappy', `the block at byte ${start} ends after ${to - position} of ${contentSize} bytes`)
}
