/** Random values of what a format can express. */
import { type Random, randomBelow, randomFraction } from '@millrace/base'

const texts = ['', 'a', 'grün', '✓ 漢字', '😀', '"\\\n\u2028', 'key', '0', 'x'.repeat(40), 'ü'.repeat(300)]

export function randomText(random: Random): string {
  return Array.from({ length: randomBelow(random, 3) }, () => texts[randomBelow(random, texts.length)]).join('')
}

function randomNumber(random: Random): number {
  const scale = 2 ** randomBelow(random, 54)
  const number = Math.floor(randomFraction(random) * scale) * (randomBelow(random, 2) === 0 ? 1 : -1)
  // No negative zero: JSON has none.
  return (randomBelow(random, 3) === 0 ? number + 0.5 : number) + 0
}

/** What JSON can express, and what `leaf` gives. */
export function randomValue(random: Random, depth = 4, leaf: (random: Random) => unknown = randomText): unknown {
  switch (randomBelow(random, depth > 0 ? 8 : 5)) {
    case 0:
      return null
    case 1:
      return randomBelow(random, 2) === 0
    case 2:
      return randomNumber(random)
    case 3:
      return randomText(random)
    case 4:
      return leaf(random)
    case 5:
    case 6:
      return Object.fromEntries(
        Array.from({ length: randomBelow(random, 20) }, () => [
          randomText(random),
          randomValue(random, depth - 1, leaf),
        ]),
      )
    default:
      return Array.from({ length: randomBelow(random, 20) }, () => randomValue(random, depth - 1, leaf))
  }
}

/** Some bytes changed, cut off, doubled or added. */
export function damaged(random: Random, bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  switch (randomBelow(random, 4)) {
    case 0:
      return copy.subarray(0, randomBelow(random, copy.length + 1))
    case 1:
      return Buffer.concat([copy, random.bytes(1 + randomBelow(random, 4))])
    case 2:
      return random.bytes(randomBelow(random, 64))
    default:
      for (let count = 1 + randomBelow(random, 3); count > 0 && copy.length > 0; count--) {
        copy[randomBelow(random, copy.length)] = randomBelow(random, 256)
      }
      return copy
  }
}

/** Bytes as a consumer gives them, whatever `encode` gave. */
export function asBuffer(encoded: Uint8Array | string): Buffer {
  return typeof encoded === 'string' ? Buffer.from(encoded) : Buffer.from(encoded)
}
