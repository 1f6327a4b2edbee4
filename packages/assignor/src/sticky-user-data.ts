/**
 * The user data of a `sticky` subscription: what the member had and since when. Eager members own nothing when they join, so this
 * is the only place where the leader learns it.
 *
 * An array of (topic: string, partitions: array of int32), then the generation as int32; the old version 0 ends before the
 * generation. Lengths are int16 for strings and int32 for arrays, everything big-endian; no version number in front.
 */
import type { TopicPartitions } from './assignor.ts'
import { compareText } from './member-order.ts'

export interface StickyUserData {
  readonly assigned: TopicPartitions
  /** -1 when the bytes do not say. */
  readonly generationId: number
}

const topicNameSizeMax = 0x7fff
/** The size of a topic with an empty name and no partitions. */
const topicSizeMin = 6

/** Topics go in by name. One whose name is too long for the format is left out; no topic can have such a name. */
export function encodeStickyUserData({ assigned, generationId }: StickyUserData): Buffer {
  const topics = [...assigned]
    .filter(([topic]) => Buffer.byteLength(topic) <= topicNameSizeMax)
    .sort(([a], [b]) => compareText(a, b))
  const size = topics.reduce(
    (sum, [topic, { length }]) => sum + topicSizeMin + Buffer.byteLength(topic) + 4 * length,
    8,
  )
  const bytes = Buffer.alloc(size)
  let position = bytes.writeInt32BE(topics.length, 0)
  for (const [topic, partitions] of topics) {
    position = bytes.writeInt16BE(Buffer.byteLength(topic), position)
    position += bytes.write(topic, position)
    position = bytes.writeInt32BE(partitions.length, position)
    for (const partition of partitions) position = bytes.writeInt32BE(partition, position)
  }
  bytes.writeInt32BE(generationId, position)
  return bytes
}

/** Reads on; after the first read past the end everything reads as zero and `isBroken` is set. */
class Cursor {
  isBroken = false
  readonly #bytes: Buffer
  #position = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get leftSize(): number {
    return this.#bytes.length - this.#position
  }

  /** Moves on by `size` and gives the position before; undefined when so much is not left. */
  #skip(size: number): number | undefined {
    if (size < 0 || size > this.leftSize) this.isBroken = true
    if (this.isBroken) return undefined
    this.#position += size
    return this.#position - size
  }

  int32(): number {
    const position = this.#skip(4)
    return position === undefined ? 0 : this.#bytes.readInt32BE(position)
  }

  string(): string {
    const lengthPosition = this.#skip(2)
    const size = lengthPosition === undefined ? 0 : this.#bytes.readInt16BE(lengthPosition)
    const position = this.#skip(size)
    return position === undefined ? '' : this.#bytes.toString('utf8', position, position + size)
  }

  /** The length of an array whose items take `itemSizeMin` bytes or more. A length that cannot be true breaks the cursor. */
  count(itemSizeMin: number): number {
    const count = this.int32()
    if (count < 0 || count * itemSizeMin > this.leftSize) this.isBroken = true
    return this.isBroken ? 0 : count
  }
}

/** Undefined for bytes that are none. What follows the data is left alone, as Kafka does. */
export function decodeStickyUserData(bytes: Buffer): StickyUserData | undefined {
  const cursor = new Cursor(bytes)
  const assigned = new Map<string, number[]>()
  const topicCount = cursor.count(topicSizeMin)
  for (let topicIndex = 0; topicIndex < topicCount && !cursor.isBroken; topicIndex++) {
    const topic = cursor.string()
    const partitions = assigned.get(topic) ?? []
    for (let left = cursor.count(4); left > 0; left--) partitions.push(cursor.int32())
    assigned.set(topic, partitions)
  }
  if (cursor.isBroken) return undefined
  for (const partitions of assigned.values()) partitions.sort((a, b) => a - b)
  return { assigned, generationId: cursor.leftSize < 4 ? -1 : cursor.int32() }
}
