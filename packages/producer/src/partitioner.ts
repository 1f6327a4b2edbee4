/** Which partition a record goes to: pure; by default the same as the Java client (reference section 2.15). */
import { type Random, randomBelow } from '@millrace/base'
import { murmur2, partitionForKey } from '@millrace/protocol'

/** What a partitioner sees of a record: key and value as they are sent. */
export interface PartitionableRecord {
  readonly topic: string
  readonly key: Uint8Array | string | null
  readonly value: Uint8Array | string | null
}

/**
 * Chooses a partition, from 0 to below `count`. `available` are those that have a leader now; it may be empty. What it throws, or a
 * partition that does not exist, fails the record with `invalid-argument`.
 */
export type Partitioner = (
  record: PartitionableRecord,
  partitions: { readonly count: number; readonly available: readonly number[] },
) => number

/** One partition after the other, of each topic, whatever the keys (as Java's RoundRobinPartitioner). */
export function roundRobin(): Partitioner {
  const next = new Map<string, number>()
  return ({ topic }, { count, available }) => {
    const place = next.get(topic) ?? 0
    next.set(topic, place + 1)
    return available.length > 0 ? (available[place % available.length] as number) : place % count
  }
}

/** Text keys are hashed here; no key of usual size needs memory of its own. */
const scratch = Buffer.allocUnsafeSlow(4096)

/** Text up to this length always fits into the scratch space as UTF-8. */
const scratchTextMax = Math.floor(scratch.length / 3)

/** The partition of a keyed record: the hash of the key over all `count` partitions, whether they have a leader or not. */
export function keyedPartition(key: Uint8Array | string, count: number): number {
  if (typeof key !== 'string') return partitionForKey(key, count)
  if (key.length > scratchTextMax) return partitionForKey(Buffer.from(key), count)
  const size = scratch.write(key)
  return (murmur2(scratch, 0, size) & 0x7fff_ffff) % count
}

/** How busy a partition is, as the sticky partitioner sees it. */
export interface PartitionLoad {
  readonly partition: number
  /** Batches that wait to be sent. */
  readonly queuedCount: number
}

/** A partition by chance, the likelier the fewer batches it has waiting; all alike when all have as many. */
export function pickByLoad(random: Random, loads: readonly PartitionLoad[]): number {
  let most = 0
  for (const { queuedCount } of loads) if (queuedCount > most) most = queuedCount
  let total = 0
  for (const { queuedCount } of loads) total += most + 1 - queuedCount
  let place = randomBelow(random, Math.max(1, total))
  for (const { partition, queuedCount } of loads) {
    place -= most + 1 - queuedCount
    if (place < 0) return partition
  }
  return 0
}

/**
 * Chooses for records without a key (KIP-794): stays with one partition until a batch's worth of bytes went there, so that batches
 * fill, then goes on to another one. Over time all partitions get as many bytes.
 */
export class StickyPartitioner {
  readonly #random: Random
  readonly #stickySize: number
  #partition = -1
  #appendedSize = 0

  /** @param stickySize bytes after which it moves on */
  constructor(random: Random, stickySize: number) {
    this.#random = random
    this.#stickySize = stickySize
  }

  /** The current partition. `loads` is asked for when a new one is chosen: partitions with a leader, or all when none has. */
  choose(loads: () => readonly PartitionLoad[]): number {
    if (this.#partition < 0) this.#partition = pickByLoad(this.#random, loads())
    return this.#partition
  }

  /**
   * Counts bytes that were appended. Moves on once enough went to a partition and a batch is complete there: in the middle of one
   * it would leave a batch half empty; at twice as much it moves in any case.
   */
  onAppended(size: number, isBatchComplete: boolean): void {
    this.#appendedSize += size
    if (this.#appendedSize < this.#stickySize) return
    if (isBatchComplete || this.#appendedSize >= 2 * this.#stickySize) this.moveOn()
  }

  /** The next choice is a new one. */
  moveOn(): void {
    this.#partition = -1
    this.#appendedSize = 0
  }
}
