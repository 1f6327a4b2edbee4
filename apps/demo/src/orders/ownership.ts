/** Who reads which partition of a group, as its members tell it. */

/** A name for each partition; undefined where nobody reads. */
export type Owners = readonly (string | undefined)[]

interface Group {
  readonly owners: (string | undefined)[]
  /** Who had it last; the same one getting it back has moved nothing. */
  readonly last: (string | undefined)[]
  readonly members: Set<string>
  readonly dead: Set<string>
  movedCount: number
}

export class Ownership {
  readonly #partitionCount: number
  readonly #groups = new Map<string, Group>()

  constructor(partitionCount: number) {
    this.#partitionCount = partitionCount
  }

  joined(group: string, member: string): void {
    this.#group(group).members.add(member)
    this.#group(group).dead.delete(member)
  }

  /** The member is gone: it reads nothing any more. */
  left(group: string, member: string): void {
    const { owners, members, dead } = this.#group(group)
    members.delete(member)
    dead.delete(member)
    owners.forEach((owner, partition) => {
      if (owner === member) owners[partition] = undefined
    })
  }

  /** The member is gone without a word: for the group it still has its partitions. */
  died(group: string, member: string): void {
    this.#group(group).members.delete(member)
    this.#group(group).dead.add(member)
  }

  assigned(group: string, member: string, partitions: readonly number[]): void {
    const state = this.#group(group)
    for (const partition of partitions) {
      const before = state.last[partition]
      if (before !== undefined && before !== member) state.movedCount++
      state.owners[partition] = member
      state.last[partition] = member
    }
  }

  /** Given up, or taken away. */
  released(group: string, member: string, partitions: readonly number[]): void {
    const { owners } = this.#group(group)
    for (const partition of partitions) if (owners[partition] === member) owners[partition] = undefined
  }

  owners(group: string): Owners {
    return [...this.#group(group).owners]
  }

  isDead(group: string, member: string): boolean {
    return this.#group(group).dead.has(member)
  }

  /** Those that live. */
  members(group: string): readonly string[] {
    return [...this.#group(group).members]
  }

  /** How many times a partition went from one member to another. */
  movedCount(group: string): number {
    return this.#group(group).movedCount
  }

  /** Every partition is read by a member that lives, and every member reads, unless there are too many. */
  isSettled(group: string): boolean {
    const { owners, members } = this.#group(group)
    const readers = new Set(owners)
    for (const reader of readers) if (reader === undefined || !members.has(reader)) return false
    return readers.size === Math.min(members.size, this.#partitionCount)
  }

  #group(name: string): Group {
    let group = this.#groups.get(name)
    if (group === undefined) {
      const nobody = () => new Array<string | undefined>(this.#partitionCount).fill(undefined)
      group = { owners: nobody(), last: nobody(), members: new Set(), dead: new Set(), movedCount: 0 }
      this.#groups.set(name, group)
    }
    return group
  }
}

/** `3, 4, 5 from payment-1 to payment-2`; empty when nothing moved. */
export function describeMoves(before: Owners, after: Owners): string {
  const moves = new Map<string, number[]>()
  after.forEach((owner, partition) => {
    const previous = before[partition]
    if (owner === previous || owner === undefined || previous === undefined) return
    const way = `from ${previous} to ${owner}`
    moves.set(way, [...(moves.get(way) ?? []), partition])
  })
  return [...moves].map(([way, partitions]) => `${partitions.join(', ')} ${way}`).join('; ')
}
