/** What one group of consumers got of a topic, held against what was sent. Pure. */
import { compareSections, countSections, type RecordSet } from './record-set.ts'

export interface ReceivedRecord {
  readonly partition: number
  readonly offset: number
  readonly key: string
  readonly value: Buffer
}

/** The partition, of `count`, that a key belongs to. */
export type PartitionOf = (key: string, count: number) => number

export class DeliveryError extends Error {}

interface Expectation {
  /** Whether one offset may come twice, as it does after a broker died before a commit. The bytes must be the same. */
  readonly redelivery: boolean
  readonly memberCount: number
}

const problemsShownMax = 10

export class Delivery {
  readonly #set: RecordSet
  readonly #partitionOf: PartitionOf | undefined
  /** By partition, then offset: the index of the record in the set. */
  readonly #partitions: Map<number, number>[]
  readonly #taken: Uint8Array
  readonly #countByMember = new Map<number, number>()
  #count = 0
  #redelivered = 0

  /** @param partitionOf when given, records elsewhere are a problem */
  constructor(set: RecordSet, partitionCount: number, partitionOf?: PartitionOf) {
    this.#set = set
    this.#partitionOf = partitionOf
    this.#partitions = Array.from({ length: partitionCount }, () => new Map())
    this.#taken = new Uint8Array(set.count)
  }

  /** How many different records came. */
  get count(): number {
    return this.#count
  }

  get isComplete(): boolean {
    return this.#count === this.#set.count
  }

  get redelivered(): number {
    return this.#redelivered
  }

  /** How many records each member got, by its index. */
  get countByMember(): ReadonlyMap<number, number> {
    return this.#countByMember
  }

  /** One past the last offset of each partition that came. */
  endOffsets(): number[] {
    return this.#partitions.map((offsets) => offsets.size)
  }

  /** Takes a record in. Throws DeliveryError when it was never sent, or is another one than this offset held before. */
  accept(member: number, { partition, offset, key, value }: ReceivedRecord): void {
    const where = `${key} at offset ${offset} of partition ${partition}`
    const offsets = this.#partitions[partition]
    if (offsets === undefined) throw new DeliveryError(`${where}: there is no such partition`)
    const found = this.#set.find(key, value)
    if (found.length === 0) throw new DeliveryError(`${where}: ${this.#whyUnknown(key, value)}`)
    this.#countByMember.set(member, (this.#countByMember.get(member) ?? 0) + 1)
    const before = offsets.get(offset)
    if (before !== undefined) {
      if (!found.includes(before)) throw new DeliveryError(`${where}: this offset held another record before`)
      this.#redelivered++
      return
    }
    const index = found.find((each) => this.#taken[each] === 0)
    if (index === undefined) throw new DeliveryError(`${where}: was sent once and is in the log twice`)
    this.#taken[index] = 1
    offsets.set(offset, index)
    this.#count++
  }

  #whyUnknown(key: string, value: Buffer): string {
    if (!this.#set.hasKey(key)) return 'no record with this key was sent'
    return `other bytes than were sent (${value.length} of them, starting ${JSON.stringify(value.toString('latin1', 0, 80))})`
  }

  /** What is wrong at the end, a sentence each: missing records, holes, order, members without records. */
  problems({ redelivery, memberCount }: Expectation): string[] {
    const problems = [
      ...this.#missing(),
      ...this.#misplaced(),
      ...this.#partitions.flatMap((_, partition) => this.#disorder(partition)),
    ]
    if (this.isComplete) problems.push(...compareSections(countSections(this.#records()), this.#set.countSections()))
    if (!redelivery && this.#redelivered > 0) problems.push(`${this.#redelivered} records came more than once`)
    for (let member = 0; member < memberCount; member++) {
      if (!redelivery && !this.#countByMember.has(member)) problems.push(`member ${member} of the group got no record`)
    }
    const more = problems.length - problemsShownMax
    return more > 0 ? [...problems.slice(0, problemsShownMax), `and ${more} more`] : problems
  }

  *#records() {
    for (const offsets of this.#partitions) for (const index of offsets.values()) yield this.#set.records[index]!
  }

  #missing(): string[] {
    if (this.isComplete) return []
    const first = this.#taken.indexOf(0)
    return [
      `${this.#set.count - this.#count} of ${this.#set.count} records are missing, the first is ${this.#set.records[first]!.key}`,
    ]
  }

  #misplaced(): string[] {
    const partitionOf = this.#partitionOf
    if (partitionOf === undefined) return []
    const count = this.#partitions.length
    for (const [partition, offsets] of this.#partitions.entries()) {
      for (const index of offsets.values()) {
        const { key } = this.#set.records[index]!
        const expected = partitionOf(key, count)
        if (expected !== partition) return [`${key} is in partition ${partition}; its key belongs to ${expected}`]
      }
    }
    return []
  }

  /** Offsets without holes, and records in the order they were sent: that holds for all keys of a partition, so for each key. */
  #disorder(partition: number): string[] {
    const sorted = [...this.#partitions[partition]!].sort(([left], [right]) => left - right)
    const problems: string[] = []
    let before = -1
    for (const [place, [offset, index]] of sorted.entries()) {
      if (offset !== place) {
        problems.push(`partition ${partition} has no offset ${place}; the next is ${offset}`)
        break
      }
      if (index < before) {
        const keys = `${this.#set.records[before]!.key} before ${this.#set.records[index]!.key}`
        problems.push(`partition ${partition} has ${keys} at offset ${offset}; they were sent the other way round`)
        break
      }
      before = index
    }
    return problems
  }

  /** How many packages of each section came. */
  countSections(): ReadonlyMap<string, number> {
    return countSections(this.#records())
  }
}
