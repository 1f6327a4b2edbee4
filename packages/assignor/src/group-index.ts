/**
 * A group by numbers, for the sticky assignors: members by member id, topics by name, and all partitions in one row, topic after
 * topic. The order in which members and topics came is gone.
 */
import type { AssignableMember, AssignmentInput } from './assignor.ts'
import { compareText } from './member-order.ts'

/** A topic that exists, has partitions and that somebody subscribes to. */
export interface IndexedTopic {
  readonly name: string
  /** The index of its partition 0 among the partitions of all topics. */
  readonly firstIndex: number
  readonly partitionCount: number
  readonly racks: readonly (readonly string[])[] | undefined
  /** Member indexes, ascending. */
  readonly subscribers: readonly number[]
}

export class GroupIndex {
  readonly members: readonly AssignableMember[]
  readonly topics: readonly IndexedTopic[]
  readonly partitionCount: number
  /** Whether all members subscribe to the same topics; topics that do not exist count too, as in Kafka. */
  readonly hasEqualSubscriptions: boolean
  /** By member. */
  readonly #subscriptions: readonly ReadonlySet<string>[]
  readonly #topicIndexes: Int32Array
  readonly #topicByName: ReadonlyMap<string, IndexedTopic>

  constructor({ topics, members }: AssignmentInput) {
    this.members = members.toSorted((a, b) => compareText(a.memberId, b.memberId))
    this.#subscriptions = this.members.map((member) => new Set(member.topics))
    this.hasEqualSubscriptions = areEqual(this.#subscriptions)
    this.topics = indexTopics(topics, this.#subscriptions)
    this.partitionCount = this.topics.reduce((sum, topic) => sum + topic.partitionCount, 0)
    this.#topicByName = new Map(this.topics.map((topic) => [topic.name, topic]))
    this.#topicIndexes = new Int32Array(this.partitionCount)
    for (const [index, topic] of this.topics.entries()) {
      this.#topicIndexes.fill(index, topic.firstIndex, topic.firstIndex + topic.partitionCount)
    }
  }

  /** The place of a partition among all; undefined for one that does not exist or that nobody wants. */
  indexOf(topic: string, partition: number): number | undefined {
    const found = this.#topicByName.get(topic)
    if (found === undefined || !Number.isInteger(partition)) return undefined
    return partition < 0 || partition >= found.partitionCount ? undefined : found.firstIndex + partition
  }

  subscribes(member: number, index: number): boolean {
    return this.#subscriptions[member]?.has(this.topicOf(index).name) === true
  }

  topicIndexOf(index: number): number {
    return this.#topicIndexes[index] as number
  }

  topicOf(index: number): IndexedTopic {
    return this.topics[this.topicIndexOf(index)] as IndexedTopic
  }

  /** The number of the partition within its topic. */
  partitionOf(index: number): number {
    return index - this.topicOf(index).firstIndex
  }
}

function areEqual(subscriptions: readonly ReadonlySet<string>[]): boolean {
  const [first] = subscriptions
  return subscriptions.every((each) => each.size === first?.size && [...each].every((topic) => first.has(topic)))
}

function indexTopics(
  topics: AssignmentInput['topics'],
  subscriptions: readonly ReadonlySet<string>[],
): readonly IndexedTopic[] {
  const subscribersByName = new Map<string, number[]>()
  for (const [member, subscription] of subscriptions.entries()) {
    for (const name of subscription) {
      const subscribers = subscribersByName.get(name)
      if (subscribers !== undefined) subscribers.push(member)
      else if ((topics.get(name)?.partitionCount ?? 0) > 0) subscribersByName.set(name, [member])
    }
  }
  let firstIndex = 0
  return [...subscribersByName]
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, subscribers]) => {
      const { partitionCount = 0, racks } = topics.get(name) ?? {}
      firstIndex += partitionCount
      return { name, firstIndex: firstIndex - partitionCount, partitionCount, racks, subscribers }
    })
}
