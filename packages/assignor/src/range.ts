/**
 * `range`: of each topic, every member gets a run of partitions; the first members get one more when it does not divide
 * (reference section 7.4). Partitions with one number of topics with equal subscribers go to one member, so that it can join them.
 *
 * With racks (KIP-881), as many partitions as balance allows first go to a member on the rack of a replica.
 */
import { AssignmentBuilder } from './assignment-builder.ts'
import type { AssignableMember, AssignableTopic, Assignor } from './assignor.ts'
import { compareMembers, compareText } from './member-order.ts'

/** What is still to be handed out of one topic, and to whom. */
class TopicShare {
  readonly topic: string
  readonly partitionCount: number
  readonly members: readonly AssignableMember[]
  /** Whether racks make a difference: some member's rack has some but not all of the replicas. */
  readonly hasRackChoice: boolean
  readonly #racks: readonly ReadonlySet<string>[]
  readonly #builder: AssignmentBuilder
  readonly #free: Set<number>
  readonly #countByMember = new Map<string, number>()
  readonly #evenCount: number
  #extraCount: number

  constructor(topic: string, facts: AssignableTopic, members: readonly AssignableMember[], builder: AssignmentBuilder) {
    this.topic = topic
    this.partitionCount = facts.partitionCount
    this.members = members
    this.#builder = builder
    this.#free = new Set(Array.from({ length: facts.partitionCount }, (_, partition) => partition))
    this.#evenCount = Math.floor(facts.partitionCount / members.length)
    this.#extraCount = facts.partitionCount % members.length
    this.#racks = Array.from({ length: facts.partitionCount }, (_, partition) => new Set(facts.racks?.[partition]))
    this.hasRackChoice = this.#rackChoice()
  }

  #rackChoice(): boolean {
    const all = new Set(this.#racks.flatMap((racks) => [...racks]))
    if (!this.members.some(({ rackId }) => typeof rackId === 'string' && all.has(rackId))) return false
    return this.#racks.some((racks) => racks.size < all.size)
  }

  /** How many more partitions balance allows the member. */
  room(memberId: string): number {
    const most = this.#evenCount + (this.#extraCount > 0 ? 1 : 0)
    return Math.max(0, most - (this.#countByMember.get(memberId) ?? 0))
  }

  /** A member without a rack is at home everywhere. */
  isNear({ rackId }: AssignableMember, partition: number): boolean {
    return typeof rackId !== 'string' || this.#racks[partition]?.has(rackId) === true
  }

  give({ memberId }: AssignableMember, partition: number): void {
    const count = (this.#countByMember.get(memberId) ?? 0) + 1
    this.#countByMember.set(memberId, count)
    if (count === this.#evenCount + 1) this.#extraCount--
    this.#free.delete(partition)
    this.#builder.add(memberId, this.topic, partition)
  }

  /** Gives each member in turn the first free partitions that suit it, as many as it has room for. */
  giveRuns(suits: (member: AssignableMember, partition: number) => boolean): void {
    for (const member of this.members) {
      // The room before the run counts: taking an extra partition must not make room for another one.
      let room = this.room(member.memberId)
      for (const partition of [...this.#free]) {
        if (room === 0) break
        if (!suits(member, partition)) continue
        this.give(member, partition)
        room--
      }
    }
  }
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return [...groups.values()]
}

/** Gives a partition number of all `shares` to one member that is near all of them, where there is one. */
function giveTogether(shares: readonly TopicShare[]): void {
  const [first] = shares
  if (first === undefined) return
  for (let partition = 0; partition < first.partitionCount; partition++) {
    const near = first.members.find((member) =>
      shares.every((share) => share.isNear(member, partition) && share.room(member.memberId) > 0),
    )
    if (near !== undefined) for (const share of shares) share.give(near, partition)
  }
}

function giveByRack(shares: readonly TopicShare[]): void {
  const signature = (share: TopicShare) =>
    JSON.stringify([share.partitionCount, share.members.map(({ memberId }) => memberId)])
  for (const together of groupBy(shares, signature)) {
    const [first] = together
    if (together.length > 1) giveTogether(together)
    else if (first?.hasRackChoice) first.giveRuns((member, partition) => first.isNear(member, partition))
  }
}

/** Kafka's `range`: of each topic, a run of partitions for every member; topics with equal subscribers are split alike. */
export const range: Assignor = {
  name: 'range',
  protocol: 'eager',
  assign({ topics, members }) {
    const builder = new AssignmentBuilder(members)
    const ordered = members.toSorted(compareMembers)
    const subscriptions = new Map(ordered.map((member) => [member.memberId, new Set(member.topics)]))
    const shares: TopicShare[] = []
    for (const [topic, facts] of [...topics].sort(([a], [b]) => compareText(a, b))) {
      const subscribers = ordered.filter(({ memberId }) => subscriptions.get(memberId)?.has(topic))
      if (subscribers.length > 0) shares.push(new TopicShare(topic, facts, subscribers, builder))
    }
    if (shares.some((share) => share.hasRackChoice)) giveByRack(shares)
    for (const share of shares) share.giveRuns(() => true)
    return builder.build()
  },
}
