/**
 * Which partitions moved from whom to whom while balancing, so that two partitions of a topic are not swapped between two members:
 * when one is to go where another came from, the other goes home instead.
 */
import type { GroupIndex } from './group-index.ts'

interface Movement {
  readonly from: number
  readonly to: number
}

export class Movements {
  readonly #group: GroupIndex
  /** By partition, from the member that had it at first. */
  readonly #movements = new Map<number, Movement>()
  /** Partitions by topic, from and to. */
  readonly #partitions = new Map<number, Set<number>>()

  constructor(group: GroupIndex) {
    this.#group = group
  }

  #key(partition: number, { from, to }: Movement): number {
    const memberCount = this.#group.members.length
    return (this.#group.topicIndexOf(partition) * memberCount + from) * memberCount + to
  }

  /**
   * The partition to move to `to` so that `partition`, which `owner` has, need not: one of the same topic that moved from `to` to
   * `owner`, or to whom `owner` got it from. Undefined when there is none.
   */
  homecoming(partition: number, owner: number, to: number): number | undefined {
    const first = this.#movements.get(partition)?.from ?? owner
    const [found] = this.#partitions.get(this.#key(partition, { from: to, to: first })) ?? []
    return found
  }

  record(partition: number, from: number, to: number): void {
    const before = this.#movements.get(partition)
    if (before !== undefined) {
      this.#movements.delete(partition)
      this.#partitions.get(this.#key(partition, before))?.delete(partition)
    }
    const movement = { from: before?.from ?? from, to }
    if (movement.from === to) return
    this.#movements.set(partition, movement)
    const key = this.#key(partition, movement)
    const partitions = this.#partitions.get(key)
    if (partitions === undefined) this.#partitions.set(key, new Set([partition]))
    else partitions.add(partition)
  }
}
