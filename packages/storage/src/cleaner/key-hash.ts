/** A seeded 32-bit hash of keys (MurmurHash3): good enough to spread them, never taken for their identity. */

/** Unsigned. */
export function hashKey(bytes: Uint8Array, seed: number): number {
  const { length } = bytes
  const wordsEnd = length & ~3
  let hash = seed | 0
  for (let at = 0; at < wordsEnd; at += 4) {
    const word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    hash ^= scramble(word)
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0
  }
  let rest = 0
  for (let at = length - 1; at >= wordsEnd; at--) rest = (rest << 8) | (bytes[at] as number)
  if (wordsEnd < length) hash ^= scramble(rest)
  hash ^= length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function scramble(word: number): number {
  const mixed = Math.imul(word, 0xcc9e2d51)
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593)
}
