/** Murmur2 as Java clients compute it, and the partition of a keyed record that follows from it (reference 2.15). */

const seed = 0x9747b28c
const multiplier = 0x5bd1e995

/** The hash of `bytes[start, end)` as a signed 32-bit number. */
export function murmur2(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let hash = seed ^ (end - start)
  let position = start
  for (const wordsEnd = start + ((end - start) & ~3); position < wordsEnd; position += 4) {
    let word =
      (bytes[position] as number) |
      ((bytes[position + 1] as number) << 8) |
      ((bytes[position + 2] as number) << 16) |
      ((bytes[position + 3] as number) << 24)
    word = Math.imul(word, multiplier)
    word = Math.imul(word ^ (word >>> 24), multiplier)
    hash = Math.imul(hash, multiplier) ^ word
  }
  if (position < end) {
    for (let shift = 0; position < end; position++, shift += 8) hash ^= (bytes[position] as number) << shift
    hash = Math.imul(hash, multiplier)
  }
  hash = Math.imul(hash ^ (hash >>> 13), multiplier)
  return hash ^ (hash >>> 15)
}

/** The partition that the Java client, and every compatible one, gives a key: over all `count` partitions, available or not. */
export function partitionForKey(key: Uint8Array, count: number): number {
  return (murmur2(key) & 0x7fff_ffff) % count
}
