/**
 * Shares partitions among members that subscribe to different topics: everyone keeps what it had, free partitions go to the member
 * with the fewest, then partitions move from members that have more to members that have less until no move helps.
 *
 * That ends: a partition moves only from a member with n partitions to one with n - 2 or fewer, so every move makes the sum of the
 * squares of the counts smaller by 2 or more. It also never makes the balance worse, so there is nothing to revert. A pass over all
 * partitions costs partitions times subscribers at most. Even chains of members that share topics with their neighbours only took less
 * than twenty passes; should a group need more than {@link passCountMax}, it keeps what it has got by then.
 */
import { type Claims, nobody, unopposed } from './claims.ts'
import type { GroupIndex } from './group-index.ts'
import { Movements } from './movements.ts'
import type { RackMatch } from './rack-match.ts'

const passCountMax = 1000

/**
 * By partition, the member that gets it.
 *
 * Members give up what is on another rack only if fewer partitions are far from their members then, also once everything has been
 * handed over. Kafka makes them give it up regardless; some groups then swap the same partitions at every rebalance, and in a
 * cooperative group every swap asks for another rebalance, without end.
 */
export function shareBalanced(group: GroupIndex, racks: RackMatch, claims: Claims): Int32Array {
  const { owners } = claims
  const stayed = new BalancedShare(group, racks, claims, { keepsFar: true }).share()
  if (!owners.some((owner, index) => owner >= 0 && racks.isFar(owner, index))) return stayed
  const returned = new BalancedShare(group, racks, claims, { keepsFar: false }).share()
  const firstRound = returned.map((taker, index) =>
    [nobody, taker].includes(owners[index] as number) ? taker : nobody,
  )
  const settled = new BalancedShare(group, racks, unopposed(firstRound), { keepsFar: true }).share()
  const isLasting = firstRound.every((taker, index) => taker === nobody || settled[index] === taker)
  const farCount = (takers: Int32Array) => takers.filter((taker, index) => racks.isFar(taker, index)).length
  return isLasting && Math.max(farCount(returned), farCount(settled)) < farCount(stayed) ? returned : stayed
}

class BalancedShare {
  readonly #group: GroupIndex
  readonly #racks: RackMatch
  readonly #formerOwners: Int32Array
  readonly #takers: Int32Array
  readonly #counts: Int32Array
  readonly #movements: Movements
  /** Whether somebody has to give up a partition whatever the balance. */
  readonly #mustRevoke: boolean

  constructor(
    group: GroupIndex,
    racks: RackMatch,
    { owners, formerOwners }: Claims,
    { keepsFar }: { readonly keepsFar: boolean },
  ) {
    this.#group = group
    this.#racks = racks
    this.#formerOwners = formerOwners
    this.#movements = new Movements(group)
    const mayKeep = (owner: number, index: number) =>
      owner >= 0 && group.subscribes(owner, index) && (keepsFar || !racks.isFar(owner, index))
    this.#takers = owners.map((owner, index) => (mayKeep(owner, index) ? owner : nobody))
    this.#mustRevoke = owners.some((owner, index) => owner >= 0 && this.#takers[index] === nobody)
    this.#counts = new Int32Array(group.members.length)
    for (const taker of this.#takers) if (taker !== nobody) this.#count(taker, 1)
  }

  share(): Int32Array {
    const all = this.#partitions()
    const free = all.filter((index) => this.#takers[index] === nobody)
    const isMovable = (index: number) => this.#group.topicOf(index).subscribers.length > 1
    this.#giveOut(this.#racks.isUsed ? this.#giveOut(free, true) : free, false)
    // What is new moves first, so that what members had stays if that is enough.
    if (!this.#mustRevoke) this.#balance(free.filter(isMovable))
    this.#balance(all.filter(isMovable))
    return this.#takers
  }

  #countOf(member: number): number {
    return this.#counts[member] as number
  }

  #count(member: number, delta: number): void {
    this.#counts[member] = this.#countOf(member) + delta
  }

  /** All partitions, those of topics with few subscribers first: they have the least choice. */
  #partitions(): readonly number[] {
    return this.#group.topics
      .toSorted((a, b) => a.subscribers.length - b.subscribers.length)
      .flatMap(({ firstIndex, partitionCount }) => Array.from({ length: partitionCount }, (_, p) => firstIndex + p))
  }

  /** The subscriber with the fewest partitions, the first of several; with `mustBeNear` only those that are not far from it. */
  #lightest(index: number, mustBeNear: boolean): number | undefined {
    let lightest: number | undefined
    for (const member of this.#group.topicOf(index).subscribers) {
      if (lightest !== undefined && this.#countOf(member) >= this.#countOf(lightest)) continue
      if (!mustBeNear || !this.#racks.isFar(member, index)) lightest = member
    }
    return lightest
  }

  /** Gives partitions to the subscribers with the fewest. Returns those for which no subscriber was near enough. */
  #giveOut(free: readonly number[], mustBeNear: boolean): readonly number[] {
    return free.filter((index) => {
      const taker = this.#lightest(index, mustBeNear)
      if (taker === undefined) return true
      this.#takers[index] = taker
      this.#count(taker, 1)
      return false
    })
  }

  #balance(partitions: readonly number[]): void {
    for (let pass = 0; pass < passCountMax; pass++) {
      let isMoved = false
      for (const index of partitions) if (this.#improve(index)) isMoved = true
      if (!isMoved) return
    }
  }

  /** Moves the partition if that helps the balance: to who had it before, else to the subscriber with the fewest. */
  #improve(index: number): boolean {
    const former = this.#formerOwners[index] as number
    const mayReturn = former !== nobody && this.#group.subscribes(former, index) && this.#helps(index, former)
    const taker = mayReturn ? former : this.#lightest(index, false)
    if (taker === undefined || !this.#helps(index, taker)) return false
    const homecoming = this.#movements.homecoming(index, this.#takers[index] as number, taker)
    this.#move(homecoming !== undefined && this.#helps(homecoming, taker) ? homecoming : index, taker)
    return true
  }

  #helps(index: number, taker: number): boolean {
    return this.#countOf(this.#takers[index] as number) >= this.#countOf(taker) + 2
  }

  #move(index: number, taker: number): void {
    const owner = this.#takers[index] as number
    this.#takers[index] = taker
    this.#movements.record(index, owner, taker)
    this.#count(owner, -1)
    this.#count(taker, 1)
  }
}
