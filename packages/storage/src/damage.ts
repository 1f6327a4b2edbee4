/** Telling a write that a power cut swallowed from data that rotted: what may be cut off, and what must not (reliability rule 8). */
import { batchHeaderSize } from '@millrace/protocol'
import { type File, readFully } from './fs/port.ts'
import { isZero } from './offset-index.ts'
import { headerProblem, scanBatches, scanChunkBytes } from './scan.ts'

/** What a disk writes whole or not at all. */
const sectorBytes = 512
/** A shorter run of zeros at the edge of the damage proves nothing: every header starts with zeros. */
const zeroRunMin = 8

/**
 * Start of the first sound batch in `[from, end)` with an offset of at least `nextOffset`; undefined when there is none.
 * Bytes made to look like headers can make the search long: after a bound it gives the place it has reached, as if found.
 */
export async function findBatch(
  file: File,
  from: number,
  end: number,
  nextOffset: number,
): Promise<number | undefined> {
  const chunk = Buffer.allocUnsafe(Math.min(scanChunkBytes, Math.max(0, end - from)))
  let checkedBytesLeft = 8 * (end - from) + scanChunkBytes
  let position = from
  while (end - position >= batchHeaderSize) {
    const held = await readFully(file, chunk.subarray(0, Math.min(chunk.length, end - position)), position)
    if (held < batchHeaderSize) return undefined
    for (let at = 0; at + batchHeaderSize <= held; at++) {
      if (headerProblem(chunk, at, end - position - at, nextOffset) !== undefined) continue
      const size = await soundSize(file, position + at, end, nextOffset)
      if (size.isSound || size.bytes > checkedBytesLeft) return position + at
      checkedBytesLeft -= size.bytes
    }
    position += held - batchHeaderSize + 1
  }
  return undefined
}

async function soundSize(
  file: File,
  start: number,
  end: number,
  nextOffset: number,
): Promise<{ isSound: boolean; bytes: number }> {
  let isSound = false
  await scanBatches(file, { start, end, nextOffset, verify: true, chunkBytes: scanChunkBytes }, () => {
    isSound = true
    return false
  })
  return { isSound, bytes: Math.min(scanChunkBytes, end - start) }
}

/**
 * Whether a sector in `[from, to)` is all zeros, as far as it lies in there: a write that never reached the disk leaves that.
 * `endsFile`: of the sector at the end, no more was ever written.
 */
export async function holdsUnwrittenSector(file: File, from: number, to: number, endsFile = false): Promise<boolean> {
  const chunk = Buffer.allocUnsafe(Math.min(scanChunkBytes, Math.max(0, to - from)))
  let position = from
  while (position < to) {
    // Chunks end where sectors do, so that none is seen in two halves.
    const wanted = Math.min(chunk.length, to - position)
    const end = position + wanted === to ? to : position + wanted - ((position + wanted) % sectorBytes)
    if (end <= position) return false
    const held = await readFully(file, chunk.subarray(0, end - position), position)
    if (held === 0) return false
    for (let start = 0; start < held; ) {
      const next = Math.min(held, start + sectorBytes - ((position + start) % sectorBytes))
      const isLong = next - start >= zeroRunMin || (endsFile && position + next === to)
      if (isLong && isZero(chunk, start, next)) return true
      start = next
    }
    position += held
  }
  return false
}
