/** The randomness port and a seeded implementation of it. */

export interface Random {
  /** A uniform integer in [0, 2^32). */
  uint32(): number
  /** `size` random bytes. */
  bytes(size: number): Buffer
}

/** A uniform integer in [0, bound), for 0 < bound <= 2^32. */
export function randomBelow(random: Random, bound: number): number {
  const limit = 0x1_0000_0000 - (0x1_0000_0000 % bound)
  let value = random.uint32()
  while (value >= limit) value = random.uint32()
  return value % bound
}

/** A uniform number in [0, 1). */
export function randomFraction(random: Random): number {
  return random.uint32() / 0x1_0000_0000
}

/** Shuffles `items` in place and returns them. */
export function shuffle<T>(random: Random, items: T[]): T[] {
  for (let index = items.length - 1; index > 0; index--) {
    const other = randomBelow(random, index + 1)
    const item = items[index] as T
    items[index] = items[other] as T
    items[other] = item
  }
  return items
}

/** A reproducible generator (sfc32): the same seed gives the same numbers on every machine. Not for secrets. */
export function seededRandom(seed: number): Random {
  let a = 0x9e3779b9 ^ Math.floor(seed / 0x1_0000_0000)
  let b = seed | 0
  let c = 0x243f6a88
  let counter = 1
  const uint32 = () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return sum >>> 0
  }
  for (let round = 0; round < 16; round++) uint32()
  return {
    uint32,
    bytes(size) {
      const bytes = Buffer.allocUnsafe(size)
      let position = 0
      for (; position + 4 <= size; position += 4) bytes.writeUInt32LE(uint32(), position)
      for (let rest = uint32(); position < size; position++, rest >>>= 8) bytes[position] = rest & 0xff
      return bytes
    },
  }
}
