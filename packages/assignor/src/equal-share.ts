/**
 * Shares partitions among members that all subscribe to the same topics: shares differ by one at most, and everyone keeps as much of
 * what it had as that allows. With racks, a member first gives up what is not on its rack, and free partitions first go to members
 * on a rack of theirs.
 *
 * Every partition is handed out once, so the cost is partitions times members at most.
 */
import { nobody } from './claims.ts'
import type { GroupIndex } from './group-index.ts'
import type { RackMatch } from './rack-match.ts'

/** By partition, the member that gets it. `owners`: by partition, the member that had it, or something negative. */
export function shareEqually(group: GroupIndex, racks: RackMatch, owners: Int32Array): Int32Array {
  return new EqualShare(group, racks).share(owners)
}

class EqualShare {
  readonly #group: GroupIndex
  readonly #racks: RackMatch
  readonly #takers: Int32Array
  readonly #counts: Int32Array
  readonly #minQuota: number
  readonly #maxQuota: number
  /** How many more members may get one partition over the minimum. */
  #extraCount: number
  /** Members with less than the minimum. */
  readonly #wanting: number[] = []
  /** Members with the minimum that may still get one of the extra partitions. */
  readonly #even: number[] = []

  constructor(group: GroupIndex, racks: RackMatch) {
    this.#group = group
    this.#racks = racks
    this.#takers = new Int32Array(group.partitionCount).fill(nobody)
    this.#counts = new Int32Array(group.members.length)
    this.#minQuota = Math.floor(group.partitionCount / group.members.length)
    this.#maxQuota = Math.ceil(group.partitionCount / group.members.length)
    this.#extraCount = group.partitionCount % group.members.length
  }

  share(owners: Int32Array): Int32Array {
    this.#keep(owners)
    const free = Array.from(this.#takers.keys()).filter((index) => this.#takers[index] === nobody)
    const sorted = this.#racks.sortedByNearCount(free)
    this.#giveOut(this.#racks.isUsed ? this.#giveNear(sorted) : sorted)
    return this.#takers
  }

  #give(index: number, member: number): number {
    this.#takers[index] = member
    this.#counts[member] = (this.#counts[member] as number) + 1
    return this.#counts[member]
  }

  /** Lets everyone keep what it had, up to its quota; the lowest partition numbers stay. */
  #keep(owners: Int32Array): void {
    const atMinimum: number[] = []
    for (const [member, owned] of this.#ownedByMember(owners).entries()) {
      const hasExtra = owned.length >= this.#maxQuota && this.#extraCount > 0
      const quota = hasExtra ? this.#maxQuota : this.#minQuota
      if (hasExtra) this.#extraCount--
      else if (owned.length < quota) this.#wanting.push(member)
      else atMinimum.push(member)
      for (const index of this.#firstPartitions(owned, quota)) this.#give(index, member)
    }
    if (this.#extraCount > 0) this.#even.push(...atMinimum)
  }

  #ownedByMember(owners: Int32Array): number[][] {
    const owned: number[][] = this.#group.members.map(() => [])
    for (const [index, owner] of owners.entries()) {
      if (owner >= 0 && !this.#racks.isFar(owner, index)) owned[owner]?.push(index)
    }
    return owned
  }

  /** By number first, so that members keep partitions of one number together. */
  #firstPartitions(indexes: readonly number[], count: number): readonly number[] {
    if (indexes.length <= count) return indexes
    return indexes.toSorted((a, b) => this.#group.partitionOf(a) - this.#group.partitionOf(b) || a - b).slice(0, count)
  }

  /** Gives what it can to members on the right rack, and returns the rest. */
  #giveNear(free: readonly number[]): readonly number[] {
    const rest: number[] = []
    let next = 0
    for (const index of free) {
      const place = this.#racks.nextNear(index, this.#wanting, next)
      if (place >= 0) next = this.#giveWanting(index, place)
      else if (!this.#giveEven(index, this.#racks.nextNear(index, this.#even, 0))) rest.push(index)
    }
    return rest
  }

  /** Returns the place of the one whose turn is next. */
  #giveWanting(index: number, place: number): number {
    const member = this.#wanting[place] as number
    if (this.#give(index, member) < this.#minQuota) return (place + 1) % this.#wanting.length
    this.#wanting.splice(place, 1)
    if (this.#extraCount > 0) this.#even.push(member)
    return this.#wanting.length === 0 ? 0 : place % this.#wanting.length
  }

  #giveEven(index: number, place: number): boolean {
    if (place < 0) return false
    this.#give(index, this.#even[place] as number)
    this.#even.splice(place, 1)
    this.#extraCount--
    if (this.#extraCount === 0) this.#even.length = 0
    return true
  }

  /** Gives the partitions in turn to those who want, then one each to the first of the others; quotas add up to all there are. */
  #giveOut(free: readonly number[]): void {
    let next = 0
    for (const index of free) {
      if (this.#wanting.length > 0) next = this.#giveWanting(index, next)
      else this.#giveEven(index, 0)
    }
  }
}
