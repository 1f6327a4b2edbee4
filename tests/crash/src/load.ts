/** The clients of the crash test: idempotent producers, a consumer and a group, on real sockets, all checked as they go. */
import { seededRandom, systemClock } from '@millrace/base'
import { nodeTransport } from '@millrace/network'
import {
  type ClientPorts,
  Consumer,
  checkers,
  createTopic,
  GroupMember,
  History,
  IdempotentProducer,
  Panel,
  readEverything,
} from '@millrace/sim'

export interface LoadCounts {
  readonly acknowledgedCount: number
  readonly committedCount: number
  readonly readCount: number
}

const topic = 'events'
const group = 'readers'
const partitionCount = 4
const fetchVersion = 13

export class Load {
  readonly #ports: ClientPorts
  readonly #producers: readonly IdempotentProducer[]
  readonly #consumer: Consumer
  readonly #member: GroupMember
  #running: Promise<unknown> | undefined
  #violation: string | undefined
  #readCount = 0

  constructor(address: { readonly host: string; readonly port: number }, seed: number) {
    const panel = new Panel(checkers)
    const history = new History((event) => {
      if (event.type === 'fetch-ok') this.#readCount += event.records.length
      const violation = panel.observe(event)
      if (violation !== undefined) this.#violation ??= `${violation.checker}: ${violation.message}`
    })
    const common = { transport: nodeTransport, clock: systemClock, address, history, requestTimeoutMs: 5000 }
    const portsOf = (place: number): ClientPorts => ({ ...common, random: seededRandom(seed * 100 + place) })
    this.#ports = portsOf(0)
    const shape = { topic, partitionCount, pauseMsMax: 20, valueSizeMax: 200, produceVersion: 13 }
    this.#producers = ['p', 'q'].map((name, place) => new IdempotentProducer(portsOf(1 + place), { ...shape, name }))
    const reading = { topic, partitionCount, fetchVersion }
    this.#consumer = new Consumer(portsOf(3), { ...reading, name: 'consumer', seekOneIn: 0 })
    this.#member = new GroupMember(portsOf(4), { ...reading, name: 'member', group, sessionTimeoutMs: 10_000 })
  }

  /** What a checker found. */
  get violation(): string | undefined {
    return this.#violation
  }

  get counts(): LoadCounts {
    return {
      acknowledgedCount: this.#producers.reduce((sum, producer) => sum + producer.acknowledgedCount, 0),
      committedCount: this.#member.committedCount,
      readCount: this.#readCount,
    }
  }

  /** Creates the topic and starts all clients. `onError` hears of a client that fails: a bug, not a fault of the broker's. */
  async start(onError: (error: unknown) => void): Promise<void> {
    await createTopic(this.#ports, { name: topic, partitionCount, configs: { 'internal.segment.bytes': '65536' } })
    const clients = [...this.#producers, this.#consumer, this.#member]
    this.#running = Promise.all(clients.map((client) => client.run()))
    this.#running.catch(onError)
  }

  /** Ends when everything that was begun is acknowledged. */
  async finish(): Promise<void> {
    for (const client of [...this.#producers, this.#consumer, this.#member]) client.stop()
    await this.#running
  }

  /** Reads all partitions and the group's offsets, while the others go on. */
  verify(): Promise<void> {
    return readEverything(this.#ports, { topic, group, partitionCount, fetchVersion })
  }
}
