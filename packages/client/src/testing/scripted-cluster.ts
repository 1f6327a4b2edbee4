/**
 * A small cluster in memory that a test can script: it keeps logs and groups as a broker does, and every request can be seen,
 * delayed, answered otherwise or not at all. For tests of clients; it stores nothing and promises nothing.
 */
import { type Clock, randomUuid, seededRandom } from '@millrace/base'
import { MemoryNetwork, type Transport } from '@millrace/network'
import type { Api, Fields } from '@millrace/protocol'
import { PartitionLog } from './partition-log.ts'
import { type Intercept, ScriptedBroker, type SeenRequest } from './scripted-broker.ts'
import { ScriptedGroup } from './scripted-group.ts'

export interface ScriptedClusterOptions {
  readonly clock: Clock
  /** Default 1. */
  readonly brokerCount?: number
}

export interface ScriptedTopic {
  readonly name: string
  readonly topicId: string
  readonly isInternal: boolean
  readonly partitions: PartitionLog[]
}

export class ScriptedCluster {
  readonly clock: Clock
  readonly brokers: readonly ScriptedBroker[]
  readonly topics = new Map<string, ScriptedTopic>()
  readonly groups = new Map<string, ScriptedGroup>()
  /** Errors inside the scripted brokers: a test that ends with one has a mistake of its own. */
  readonly failures: unknown[] = []
  readonly #network: MemoryNetwork
  readonly #random = seededRandom(2025)
  readonly #appendListeners = new Set<() => void>()
  #nextProducerId = 1000

  constructor({ clock, brokerCount = 1 }: ScriptedClusterOptions) {
    this.clock = clock
    this.#network = new MemoryNetwork(clock)
    this.brokers = Array.from({ length: brokerCount }, (_, index) => {
      const id = index + 1
      return new ScriptedBroker(id, this, this.#network.transport(`broker${id}`))
    })
  }

  /** A cluster whose brokers are up. */
  static async start(options: ScriptedClusterOptions): Promise<ScriptedCluster> {
    const cluster = new ScriptedCluster(options)
    for (const broker of cluster.brokers) await broker.start()
    return cluster
  }

  /** For `brokers` of clients. */
  get bootstrap(): string {
    return this.brokers.map(({ host, port }) => `${host}:${port}`).join(',')
  }

  /** The network as a client sees it. */
  get transport(): Transport {
    return this.#network.transport('client')
  }

  /** Requests that came in so far, of all brokers, of one API if it is named. */
  seen(name?: string): readonly SeenRequest[] {
    const all = this.brokers.flatMap((broker) => broker.seen)
    return name === undefined ? all : all.filter((request) => request.name === name)
  }

  broker(id: number): ScriptedBroker {
    const broker = this.brokers[id - 1]
    if (broker === undefined) throw new RangeError(`there is no scripted broker ${id}`)
    return broker
  }

  /** Adds an intercept to every broker; the result removes it. */
  intercept<const A extends Api<Fields, Fields>>(api: A, intercept: Intercept<A>): () => void {
    const removals = this.brokers.map((broker) => broker.intercept(api, intercept))
    return () => {
      for (const remove of removals) remove()
    }
  }

  /** Creates a topic; partition p is led by broker p mod count + 1. */
  createTopic(name: string, partitionCount = 1, { isInternal = false } = {}): ScriptedTopic {
    const topicId = randomUuid(this.#random)
    const topic: ScriptedTopic = { name, topicId, isInternal, partitions: [] }
    this.topics.set(name, topic)
    this.addPartitions(name, partitionCount)
    return topic
  }

  addPartitions(name: string, count: number): void {
    const topic = this.topics.get(name)
    if (topic === undefined) throw new RangeError(`there is no scripted topic ${name}`)
    for (let partition = topic.partitions.length; partition < count; partition++) {
      const leader = (partition % this.brokers.length) + 1
      const onAppend = () => this.#onAppend()
      topic.partitions.push(new PartitionLog(name, topic.topicId, partition, leader, onAppend))
    }
  }

  /** The log of a partition. */
  log(topic: string, partition = 0): PartitionLog {
    const log = this.topics.get(topic)?.partitions[partition]
    if (log === undefined) throw new RangeError(`there is no scripted partition ${topic}-${partition}`)
    return log
  }

  /** By name, or by id where the request has ids. */
  findTopic(name: string, topicId: string): ScriptedTopic | undefined {
    return this.topics.get(name) ?? [...this.topics.values()].find((topic) => topic.topicId === topicId)
  }

  moveLeader(topic: string, partition: number, leader: number): void {
    const log = this.log(topic, partition)
    log.leader = leader
    log.leaderEpoch++
  }

  group(id: string): ScriptedGroup {
    let group = this.groups.get(id)
    if (group === undefined) {
      group = new ScriptedGroup(id, this.clock)
      this.groups.set(id, group)
    }
    return group
  }

  newProducerId(): number {
    return this.#nextProducerId++
  }

  /** Resolves with the next append, or after `waitMs`. */
  nextAppend(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        timer.cancel()
        this.#appendListeners.delete(finish)
        resolve()
      }
      const timer = this.clock.schedule(waitMs, finish)
      this.#appendListeners.add(finish)
    })
  }

  async stop(): Promise<void> {
    for (const broker of this.brokers) await broker.stop()
  }

  #onAppend(): void {
    for (const listener of [...this.#appendListeners]) listener()
  }
}
