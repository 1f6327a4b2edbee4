/** One row of the plan at work: a producer, a topic, a group of consumers, and the judgement at the end. */
import { type Child, until } from '@millrace/peers'
import { partitionForKey } from '@millrace/protocol'
import type { Client } from './clients/client.ts'
import { Delivery } from './delivery.ts'
import { feed, type Gate } from './feed.ts'
import { describeRow, type PlanRow } from './plan.ts'
import { compareSections, type RecordSet, type SectionCounts } from './record-set.ts'
import type { World } from './world.ts'

export const partitionCount = 6
/** Every client puts a key where the Java client does. */
const javaPartition = (key: string, count: number) => partitionForKey(Buffer.from(key), count)
const produceLimitMs = 120_000
const consumeLimitMs = 90_000
const stopLimitMs = 30_000

export interface TransferOptions extends World {
  readonly row: PlanRow
  readonly set: RecordSet
  /** What the sections must add up to. */
  readonly sections: SectionCounts
}

export class Transfer {
  readonly topic: string
  readonly group: string
  readonly #options: TransferOptions
  readonly #delivery: Delivery
  readonly #size: number
  readonly #producer: Client
  readonly #consumer: Client
  #members: Child[] = []
  #producing: Child | undefined

  constructor(options: TransferOptions) {
    const { row, set, clients } = options
    this.#options = options
    this.topic = describeRow(row, '-')
    this.group = `group-${this.topic}`
    this.#size = Number(row.groupSize)
    this.#delivery = new Delivery(set, partitionCount, javaPartition)
    this.#producer = clients[row.producer]
    this.#consumer = clients[row.consumer]
  }

  get name(): string {
    return describeRow(this.#options.row)
  }

  async createTopic(): Promise<void> {
    await this.#options.view.createTopic(this.topic, partitionCount)
  }

  /** Starts the group and waits until every member has its share. */
  async startGroup(): Promise<void> {
    this.#startMembers()
    await this.#options.view.untilGroupIsStable(this.group, this.#size, () => this.#checkMembers())
  }

  #startMembers(): void {
    const { address } = this.#options
    for (let member = 0; member < this.#size; member++) {
      const onRecord = this.#delivery.accept.bind(this.#delivery, member)
      const request = { address, topic: this.topic, group: this.group, member, onRecord }
      this.#members.push(this.#consumer.startMember(request))
    }
  }

  /** Produces everything; settles when the producer has ended and said that all is acknowledged. */
  async produce(gate: Gate): Promise<void> {
    const { address, row, set } = this.#options
    const child = this.#producer.startProducer({ address, topic: this.topic, codec: row.codec })
    this.#producing = child
    const fed = feed(child, set.records, this.#producer.encode, gate)
    await child.succeeds(produceLimitMs)
    await fed
    const undelivered = this.#producer.undelivered?.(child)
    if (undelivered !== undefined) throw new Error(`${child.name} could not deliver:\n${undelivered}`)
  }

  /** How many records consumers may read: acknowledged to the producer, or about to be. */
  async countReadable(): Promise<number> {
    return sum(await this.#options.view.endOffsets(this.topic, partitionCount))
  }

  get consumedCount(): number {
    return this.#delivery.count
  }

  /**
   * Waits until the group has every record, lets the members go, and judges; a sentence about it. A group that was not there
   * before is started. With `redelivery`, records may have come twice, as they do when a broker dies before a commit.
   */
  async finish({ redelivery }: { redelivery: boolean }): Promise<string> {
    const { view, set, sections } = this.#options
    if (this.#members.length === 0) this.#startMembers()
    const isComplete = () => {
      this.#checkMembers()
      return this.#delivery.isComplete
    }
    const describe = () => {
      const counts = [...this.#delivery.countByMember].map(([member, count]) => `member ${member} got ${count}`)
      const missing = this.#delivery.problems({ redelivery, memberCount: 0 }).join('\n')
      const members = this.#members.map((member) => member.describe()).join('\n')
      return `${this.group} has ${this.#delivery.count} of ${set.count} records: ${counts.join(', ')}\n${missing}\n${members}`
    }
    await until(isComplete, consumeLimitMs, describe)
    await this.#stopMembers()
    const problems = [
      ...this.#delivery.problems({ redelivery, memberCount: this.#size }),
      ...compareSections(this.#delivery.countSections(), sections),
    ]
    const ends = this.#delivery.endOffsets().join(' ')
    const high = (await view.endOffsets(this.topic, partitionCount)).join(' ')
    if (high !== ends) problems.push(`the broker says that partitions end at ${high}, the records end at ${ends}`)
    const committed = (await view.committedOffsets(this.group, this.topic, partitionCount)).join(' ')
    if (committed !== ends) problems.push(`the group committed ${committed}, its records end at ${ends}`)
    if (problems.length > 0) throw new Error(`${this.topic}: ${problems.join('\n')}`)
    this.#options.history.add({ topic: this.topic, group: this.group, set, endOffsets: this.#delivery.endOffsets() })
    const again = this.#delivery.redelivered
    return `${set.count} records${again === 0 ? '' : `, ${again} delivered again`}`
  }

  #checkMembers(): void {
    for (const member of this.#members) {
      if (member.outputError !== undefined) throw member.outputError
      if (member.exit !== undefined) throw new Error(`Ended before its time: ${member.describe()}`)
    }
  }

  async #stopMembers(): Promise<void> {
    const codes = [0, ...(this.#consumer.stopCodes ?? [])]
    await Promise.all(
      this.#members.map(async (member) => {
        const { code } = await member.stop(stopLimitMs)
        if (member.outputError !== undefined) throw member.outputError
        if (code === null || !codes.includes(code)) throw new Error(`Did not end cleanly: ${member.describe()}`)
      }),
    )
  }

  /** Ends what still runs. */
  async discard(): Promise<void> {
    const children = [...this.#members, ...(this.#producing === undefined ? [] : [this.#producing])]
    await Promise.all(children.map(async (child) => child.exit ?? (await child.kill())))
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
