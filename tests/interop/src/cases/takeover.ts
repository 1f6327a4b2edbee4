/**
 * One group, served by one client after the other: each goes on exactly where the one before it committed, whoever that was. Every
 * client takes over from every other.
 */
import { type Child, until } from '@millrace/peers'
import type { Case } from '../case-runner.ts'
import { feed, Gate } from '../feed.ts'
import { type ClientName, clientNames } from '../plan.ts'
import type { RecordSet } from '../record-set.ts'
import { partitionCount } from '../transfer.ts'
import type { World } from '../world.ts'

const caseLimitMs = 300_000
const stepLimitMs = 60_000
const stopLimitMs = 30_000
const recordsOfStep = 60

/**
 * As many orders as names, an even number, in which each name follows every other exactly once (Williams' design): 0 1 5 2 4 3, and
 * the same again with every place one further.
 */
export function takeoverOrders(names: readonly ClientName[]): ClientName[][] {
  const { length } = names
  const first = names.map((_, place) => (place % 2 === 1 ? (place + 1) / 2 : (length - place / 2) % length))
  return names.map((_, shift) => first.map((place) => names[(place + shift) % length]!))
}

export function takeoverCases(world: World, sample: RecordSet): Case[] {
  return takeoverOrders(clientNames).map((order, index) => {
    const takeover = new Takeover(world, `takeover-${index + 1}`)
    return {
      name: `takeover: ${order.join(', ')}`,
      limitMs: caseLimitMs,
      async run() {
        await world.view.createTopic(takeover.topic, partitionCount)
        for (const [place, client] of order.entries()) {
          const records = sample.slice((place * recordsOfStep) % (sample.count - recordsOfStep), recordsOfStep)
          await takeover.step(client, order[(place + 1) % order.length]!, records)
        }
        return `${order.length} clients, ${order.length * recordsOfStep} records`
      },
    }
  })
}

class Takeover {
  readonly topic: string
  readonly #world: World
  /** Offsets that the group has had, by partition. */
  readonly #ends = new Array<number>(partitionCount).fill(0)

  constructor(world: World, topic: string) {
    this.#world = world
    this.topic = topic
  }

  get #group(): string {
    return `group-${this.topic}`
  }

  /** New records, of another client; `consumer` must get these, all of them, and nothing else. */
  async step(consumer: ClientName, producer: ClientName, records: RecordSet): Promise<void> {
    await this.#produce(producer, records)
    const received = new Set<string>()
    const { address, clients } = this.#world
    const problems: string[] = []
    const member = clients[consumer].startMember({
      address,
      topic: this.topic,
      group: this.#group,
      member: 0,
      onRecord: ({ partition, offset, key, value }) => {
        const place = `${partition}@${offset}`
        if (offset < (this.#ends[partition] ?? 0)) problems.push(`${place} was committed before`)
        if (records.find(key, value).length === 0) problems.push(`${place} holds ${key}, which was not sent now`)
        received.add(place)
      },
    })
    try {
      const isDone = () => {
        if (member.exit !== undefined) throw new Error(`Ended before its time: ${member.describe()}`)
        return problems.length > 0 || received.size >= records.count
      }
      await until(
        isDone,
        stepLimitMs,
        () => `${consumer} got ${received.size} of ${records.count}; ${member.describe()}`,
      )
      await this.#stop(member, consumer)
    } finally {
      await member.kill()
    }
    if (problems.length > 0) throw new Error(`${consumer} after another client: ${problems.slice(0, 3).join('; ')}`)
    await this.#checkCommitted(consumer)
  }

  async #produce(name: ClientName, records: RecordSet): Promise<void> {
    const client = this.#world.clients[name]
    const child = client.startProducer({ address: this.#world.address, topic: this.topic, codec: 'none' })
    const fed = feed(child, records.records, client.encode, new Gate())
    await child.succeeds(stepLimitMs)
    await fed
  }

  async #stop(member: Child, name: ClientName): Promise<void> {
    const { code } = await member.stop(stopLimitMs)
    const codes = [0, ...(this.#world.clients[name].stopCodes ?? [])]
    if (code === null || !codes.includes(code)) throw new Error(`Did not end cleanly: ${member.describe()}`)
  }

  async #checkCommitted(name: ClientName): Promise<void> {
    const { view } = this.#world
    const ends = await view.endOffsets(this.topic, partitionCount)
    const committed = await view.committedOffsets(this.#group, this.topic, partitionCount)
    for (const [partition, end] of ends.entries()) {
      // A partition without records may have no committed offset.
      if (end > 0 && committed[partition] !== end) {
        throw new Error(`${name} committed ${committed[partition]} for partition ${partition}, which ends at ${end}`)
      }
      this.#ends[partition] = end
    }
  }
}
