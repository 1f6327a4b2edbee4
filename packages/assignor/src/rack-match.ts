/** Which members are on the rack of a replica of which partition (KIP-881), for the sticky assignors. */
import type { GroupIndex } from './group-index.ts'

export class RackMatch {
  /** Whether racks make a difference: some member's rack has some but not all of the replicas. */
  readonly isUsed: boolean
  readonly #memberRacks: readonly (string | undefined)[]
  readonly #partitionRacks: readonly ReadonlySet<string>[]

  constructor(group: GroupIndex) {
    this.#memberRacks = group.members.map(({ rackId }) => rackId || undefined)
    const hasMemberRacks = this.#memberRacks.some((rack) => rack !== undefined)
    this.#partitionRacks = hasMemberRacks ? partitionRacks(group) : []
    const all = new Set(this.#partitionRacks.flatMap((racks) => [...racks]))
    this.isUsed =
      this.#memberRacks.some((rack) => rack !== undefined && all.has(rack)) &&
      this.#partitionRacks.some((racks) => racks.size < all.size)
  }

  /** The member has a rack, and the partition is not there. A member without a rack is far from nothing. */
  isFar(member: number, partition: number): boolean {
    const rack = this.#memberRacks[member]
    return this.isUsed && rack !== undefined && !this.#partitionRacks[partition]?.has(rack)
  }

  #isNear(member: number, partition: number): boolean {
    const rack = this.#memberRacks[member]
    return rack !== undefined && this.#partitionRacks[partition]?.has(rack) === true
  }

  /** The place, from `start` on and around the end, of the first of `members` that is on a rack of the partition; -1 for none. */
  nextNear(partition: number, members: readonly number[], start: number): number {
    for (let step = 0; step < members.length; step++) {
      const place = (start + step) % members.length
      if (this.#isNear(members[place] as number, partition)) return place
    }
    return -1
  }

  /** The partitions with the fewest members near them first, otherwise in the order they came. */
  sortedByNearCount(partitions: readonly number[]): readonly number[] {
    if (!this.isUsed) return partitions
    const membersOnRack = new Map<string, number>()
    for (const rack of this.#memberRacks) {
      if (rack !== undefined) membersOnRack.set(rack, (membersOnRack.get(rack) ?? 0) + 1)
    }
    const nearCounts = this.#partitionRacks.map((racks) =>
      [...racks].reduce((sum, rack) => sum + (membersOnRack.get(rack) ?? 0), 0),
    )
    return partitions.toSorted((a, b) => (nearCounts[a] as number) - (nearCounts[b] as number))
  }
}

function partitionRacks(group: GroupIndex): readonly ReadonlySet<string>[] {
  return group.topics.flatMap(({ partitionCount, racks }) =>
    Array.from({ length: partitionCount }, (_, partition) => new Set(racks?.[partition])),
  )
}
