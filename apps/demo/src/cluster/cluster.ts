/** Where a program works: on a broker that it starts and removes again, or on a cluster that is there already. */
import { Millrace, MillraceError, valuesOf } from 'millrace'
import { DemoError, type World } from '../world.ts'
import { BrokerProcess } from './broker-process.ts'

export interface ClusterOptions {
  /** `host:port` of a cluster that is there; undefined for a broker of one's own. */
  readonly brokers: string | undefined
  /** Leaves what was written where it is. */
  readonly keep: boolean
  /** For a broker of one's own, of Kafka's configuration keys. */
  readonly settings?: Readonly<Record<string, string>>
}

/** A group comes together at once: nobody waits here for members that are still being started. */
const ownSettings = { 'group.initial.rebalance.delay.ms': '0' }
/** How long a cluster may take to answer before it is said that it does not. */
const reachLimitMs = 10_000
const cleanLimitMs = 2000

export class DemoCluster {
  readonly brokers: string
  /** Undefined where the cluster belongs to somebody else. */
  readonly #process: BrokerProcess | undefined
  /** Begins the names of topics and groups, so that they meet nobody else's. */
  readonly #prefix: string
  readonly #keep: boolean
  readonly #topics: string[] = []
  readonly #groups: string[] = []
  readonly #lost = new AbortController()

  private constructor(brokers: string, process: BrokerProcess | undefined, prefix: string, keep: boolean) {
    this.brokers = brokers
    this.#process = process
    this.#prefix = prefix
    this.#keep = keep
    if (process !== undefined) process.onLost = (error) => this.#lost.abort(error)
  }

  /** Rejects with {@link DemoError}. */
  static async open({ brokers, keep, settings = {} }: ClusterOptions, world: World): Promise<DemoCluster> {
    if (brokers !== undefined) {
      return new DemoCluster(brokers, undefined, `demo-${world.random.bytes(3).toString('hex')}-`, keep)
    }
    const process = new BrokerProcess({ clock: world.clock, settings: { ...ownSettings, ...settings }, keep })
    try {
      return new DemoCluster(await process.whenReady(world.signal), process, '', keep)
    } catch (error) {
      await process.stop()
      throw error
    }
  }

  get isOwn(): boolean {
    return this.#process !== undefined
  }

  /** Aborted when the broker is gone although nobody stopped it. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  /** One sentence about where this is. */
  get description(): string {
    if (this.#process === undefined) return `the cluster at ${this.brokers}`
    return `a broker of its own on ${this.brokers} (process ${this.#process.pid}, data in ${this.#process.directory})`
  }

  /** Creates a topic that is removed in the end; gives its real name. Rejects with {@link DemoError}. */
  async createTopic(name: string, partitions: number, signal: AbortSignal): Promise<string> {
    const topic = this.#prefix + name
    try {
      await using millrace = this.connect('demo-admin')
      const options = { signal, timeoutMs: reachLimitMs }
      valuesOf(await millrace.admin.createTopics([{ name: topic, partitions }], options))
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof MillraceError)) throw error
      throw new DemoError(`Topic "${topic}" cannot be created on ${this.brokers}: ${error.message}`)
    }
    this.#topics.push(topic)
    return topic
  }

  /** The real name of a group, which is removed in the end. */
  group(name: string): string {
    const group = this.#prefix + name
    if (!this.#groups.includes(group)) this.#groups.push(group)
    return group
  }

  connect(clientId: string): Millrace {
    return new Millrace({ brokers: this.brokers, clientId })
  }

  /** Removes what was made; says what is left, if something is. */
  async close(): Promise<string | undefined> {
    if (this.#process !== undefined) {
      await this.#process.stop()
      return this.#keep ? `The data is kept: npm start -- --data ${this.#process.directory}` : undefined
    }
    if (this.#topics.length === 0) return undefined
    return this.#keep ? `Topics are kept: ${this.#topics.join(', ')}` : this.#clean()
  }

  async #clean(): Promise<string | undefined> {
    await using millrace = this.connect('demo-admin')
    const options = { timeoutMs: cleanLimitMs }
    try {
      valuesOf(await millrace.admin.deleteTopics(this.#topics, options))
      // Groups that never had a member do not exist.
      await millrace.admin.deleteGroups(this.#groups, options)
      return undefined
    } catch (error) {
      return `Could not be removed from ${this.brokers}: ${this.#topics.join(', ')} (${(error as Error).message})`
    }
  }
}
