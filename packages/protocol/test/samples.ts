/** Content to compress: what compresses well, badly and not at all, of sizes around the limits of blocks. */
import { type Random, randomBelow } from '@millrace/base'

const words = [
  'order',
  'payment',
  'user',
  '2025-11-21T10:00:00Z',
  '{"id":',
  '"status":"ok"',
  'Zürich',
  ' ',
  ',\n',
  '0000',
]

/** Text with repetitions near and far. */
export function wordySample(random: Random, size: number): Buffer {
  const parts: string[] = []
  for (let length = 0; length < size; ) {
    const word = words[randomBelow(random, words.length)] as string
    parts.push(word)
    length += word.length
    if (randomBelow(random, 4) === 0) parts.push(String(randomBelow(random, 100_000)))
  }
  return Buffer.from(parts.join('')).subarray(0, size)
}

/** Stretches of noise, of one byte, and of copies of what went before. */
export function patchySample(random: Random, size: number): Buffer {
  const bytes = Buffer.alloc(size)
  for (let position = 0; position < size; ) {
    const stretch = Math.min(size - position, 1 + randomBelow(random, randomBelow(random, 8) === 0 ? 5000 : 60))
    const kind = randomBelow(random, 3)
    if (kind === 0) random.bytes(stretch).copy(bytes, position)
    else if (kind === 1) bytes.fill(randomBelow(random, 256), position, position + stretch)
    else {
      const distance = 1 + randomBelow(random, Math.max(1, Math.min(position, 70_000)))
      for (let index = 0; index < stretch; index++) {
        bytes[position + index] = bytes[Math.max(0, position + index - distance)] as number
      }
    }
    position += stretch
  }
  return bytes
}

const edges = [
  0, 1, 2, 3, 4, 5, 11, 12, 13, 14, 15, 16, 17, 64, 255, 270, 1000, 32767, 32768, 32769, 65535, 65536, 65537, 200_000,
]

/** Named samples, the same for the same random numbers. */
export function samples(random: Random): [name: string, bytes: Buffer][] {
  return edges.flatMap((size): [string, Buffer][] => [
    [`${size} words`, wordySample(random, size)],
    [`${size} patches`, patchySample(random, size)],
    [`${size} noise`, random.bytes(size)],
    [`${size} zeros`, Buffer.alloc(size)],
  ])
}

/** `bytes` with a few bytes changed, and sometimes cut, doubled or followed by noise. */
export function damaged(random: Random, bytes: Buffer): Buffer {
  let result = Buffer.from(bytes)
  const changes = randomBelow(random, 4)
  for (let change = 0; change < changes && result.length > 0; change++) {
    result[randomBelow(random, result.length)] = randomBelow(random, 256)
  }
  const kind = randomBelow(random, 8)
  if (kind === 0) result = result.subarray(0, randomBelow(random, result.length + 1))
  else if (kind === 1) result = Buffer.concat([result, random.bytes(randomBelow(random, 20))])
  else if (kind === 2 && result.length > 0) {
    const start = randomBelow(random, result.length)
    result = Buffer.concat([result.subarray(0, start), random.bytes(4), result.subarray(start)])
  }
  return result
}
