/** The two copies of an LZ77 decoder, and the match length of its encoder. Short copies are loops: a call costs more than the bytes. */

const loopSizeMax = 48

/** A view of all of `bytes`: words are read and written faster through it than byte by byte. */
export function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** Copies `input[start, end)` to `output` at `position`. */
export function copyLiterals(input: Buffer, start: number, end: number, output: Buffer, position: number): void {
  if (end - start > loopSizeMax) {
    input.copy(output, position, start, end)
    return
  }
  for (let from = start, to = position; from < end; from++, to++) output[to] = input[from] as number
}

/**
 * Copies `input[start, end)` to `output` at `position` in words, and up to three bytes more, which must be there in `input`
 * and still be free in `output`.
 */
export function copyWords(input: DataView, start: number, end: number, output: DataView, position: number): void {
  for (let from = start, to = position; from < end; from += 4, to += 4) output.setInt32(to, input.getInt32(from))
}

/** Whether a copy may go by words: `size` is small, and there are `left` bytes to read and `room` to write. */
export function fitsWords(size: number, left: number, room: number): boolean {
  return size <= loopSizeMax && size + 3 <= left && size + 3 <= room
}

/** Repeats `size` bytes of `output` from `distance` bytes before `position`; the source may overlap what is written. */
export function copyMatch(output: Buffer, position: number, distance: number, size: number): void {
  const from = position - distance
  if (size <= loopSizeMax) {
    for (let index = 0; index < size; index++) output[position + index] = output[from + index] as number
    return
  }
  if (distance === 1) {
    output.fill(output[from] as number, position, position + size)
    return
  }
  // What is there to copy from doubles with every round.
  for (let to = position, left = size; left > 0; ) {
    const piece = Math.min(left, to - from)
    output.copyWithin(to, from, from + piece)
    to += piece
    left -= piece
  }
}

/** How many bytes are equal from `a` and from `b` on, with `a < b` and nothing counted from `end` on. */
export function matchSize(view: DataView, a: number, b: number, end: number): number {
  let size = 0
  for (const wide = end - b - 4; size <= wide; size += 4) {
    const difference = view.getInt32(a + size, true) ^ view.getInt32(b + size, true)
    if (difference !== 0) return size + ((31 - Math.clz32(difference & -difference)) >>> 3)
  }
  while (b + size < end && view.getUint8(a + size) === view.getUint8(b + size)) size++
  return size
}
