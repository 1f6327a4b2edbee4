/** What the suite itself asks the broker: topics, ends of partitions, groups. Through somebody else's client, as everything here. */
import { until } from '@millrace/peers'
import { Admin, Connection, consumerGroupDescribeV0, GenericError, MultipleErrors } from '@platformatic/kafka'

const groupLimitMs = 60_000
/** Long enough for a broker to come back. */
const answerLimitMs = 60_000
const latest = -1n

export class ClusterView {
  readonly #port: number
  readonly #admin: Admin

  constructor(port: number) {
    this.#port = port
    this.#admin = new Admin({ clientId: 'interop', bootstrapBrokers: [`127.0.0.1:${port}`], retries: 0 })
  }

  async close(): Promise<void> {
    await this.#admin.close()
  }

  /** Creates a topic and waits until all its partitions answer. */
  async createTopic(topic: string, partitionCount: number): Promise<void> {
    let isFirst = true
    await insist(`create ${topic}`, async () => {
      try {
        await this.#admin.createTopics({ topics: [topic], partitions: partitionCount, replicas: 1 })
      } catch (error) {
        // The first attempt may have made it although its answer was lost.
        if (isFirst || !textOf(error).includes('already exists')) throw error
      } finally {
        isFirst = false
      }
    })
    await this.endOffsets(topic, partitionCount)
  }

  /** The high watermark of each partition. */
  endOffsets(topic: string, partitionCount: number): Promise<number[]> {
    const partitions = Array.from({ length: partitionCount }, (_, partitionIndex) => ({
      partitionIndex,
      timestamp: latest,
    }))
    return insist(`list the offsets of ${topic}`, async () => {
      const [found] = await this.#admin.listOffsets({ topics: [{ name: topic, partitions }] })
      return offsetsOf(found?.partitions, partitionCount, ({ offset }) => offset)
    })
  }

  /** What the group committed for each partition; -1 where it committed nothing. */
  committedOffsets(group: string, topic: string, partitionCount: number): Promise<number[]> {
    const partitionIndexes = Array.from({ length: partitionCount }, (_, index) => index)
    return insist(`list what ${group} committed`, async () => {
      const groups = [{ groupId: group, topics: [{ name: topic, partitionIndexes }] }]
      const [found] = await this.#admin.listConsumerGroupOffsets({ groups })
      return offsetsOf(found?.topics[0]?.partitions, partitionCount, ({ committedOffset }) => committedOffset)
    })
  }

  /** Waits until the group has settled with this many members. `checkMembers` may give up early, by throwing. */
  async untilGroupIsStable(group: string, memberCount: number, checkMembers: () => void): Promise<void> {
    let last = 'not known'
    const isStable = async () => {
      checkMembers()
      const found = (await this.#describeClassicGroup(group)) ?? (await this.#describeConsumerGroup(group))
      if (found === undefined) return false
      last = `${found.state} with ${found.count}`
      return found.state.toLowerCase() === 'stable' && found.count === memberCount
    }
    await until(isStable, groupLimitMs, () => `${group} should be stable with ${memberCount} members, but is ${last}`)
  }

  /** State, and how many members have partitions; undefined when there is no such group of the classic protocol. */
  async #describeClassicGroup(group: string): Promise<{ state: string; count: number } | undefined> {
    try {
      const found = (await this.#admin.describeGroups({ groups: [group] })).get(group)
      const members = [...(found?.members.values() ?? [])]
      if (found === undefined || members.length === 0) return undefined
      return { state: found.state, count: members.filter(({ assignments }) => (assignments?.size ?? 0) > 0).length }
    } catch (error) {
      // Its coordinator may be on its way, and a group of the new protocol is refused here.
      if (isOfBroker(error)) return undefined
      throw error
    }
  }

  async #describeConsumerGroup(group: string): Promise<{ state: string; count: number } | undefined> {
    const connection = new Connection('interop')
    try {
      await connection.connect('127.0.0.1', this.#port)
      const { groups } = await consumerGroupDescribeV0.api.async(connection, [group], false)
      const [found] = groups
      if (found === undefined) return undefined
      const withShare = found.members.filter(({ assignment }) => assignment.topicPartitions.length > 0)
      return { state: found.groupState, count: withShare.length }
    } catch (error) {
      if (isOfBroker(error)) return undefined
      throw error
    } finally {
      await connection.close()
    }
  }
}

/** Asks until there is an answer: brokers here are killed on purpose. */
async function insist<T>(what: string, ask: () => Promise<T>): Promise<T> {
  let answer: { value: T } | undefined
  let last = ''
  const isAnswered = async () => {
    try {
      answer = { value: await ask() }
      return true
    } catch (error) {
      if (!isOfBroker(error)) throw error
      last = textOf(error)
      return false
    }
  }
  await until(isAnswered, answerLimitMs, () => `Could not ${what}: ${last}`)
  return answer!.value
}

/** Whether the broker said no, or could not be reached; anything else is a fault of the suite. */
function isOfBroker(error: unknown): boolean {
  return error instanceof GenericError || error instanceof MultipleErrors
}

/** The library wraps what the broker says in errors of several. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const inner = error instanceof AggregateError ? error.errors.map(textOf) : []
  const cause = error.cause === undefined ? [] : [textOf(error.cause)]
  return [error.message, ...inner, ...cause].join('; ')
}

function offsetsOf<Partition extends { partitionIndex: number }>(
  partitions: readonly Partition[] | undefined,
  partitionCount: number,
  offsetOf: (partition: Partition) => bigint,
): number[] {
  const offsets = Array.from({ length: partitionCount }, () => -1)
  for (const partition of partitions ?? []) offsets[partition.partitionIndex] = Number(offsetOf(partition))
  return offsets
}
