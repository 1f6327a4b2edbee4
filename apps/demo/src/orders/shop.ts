/** The order service: the desk, four groups and their members, and what is known about them. */
import type { Millrace } from 'millrace'
import type { DemoCluster } from '../cluster/cluster.ts'
import { DemoError, type World } from '../world.ts'
import { Replay } from './analytics.ts'
import { commitIntervalMs, type GroupName, newServices, type Services } from './groups.ts'
import { LagWatch, lagBetween } from './lag.ts'
import { Member, type MemberEvents, type MemberSettings } from './member.ts'
import { MemberProcess } from './member-process.ts'
import { type Order, ordersTopic, partitionCount } from './order.ts'
import { OrderDesk } from './order-desk.ts'
import { Ownership } from './ownership.ts'
import type { Delivery } from './service.ts'

export interface ShopOptions {
  readonly world: World
  readonly cluster: DemoCluster
  /** The real name of the topic. */
  readonly topic: string
  /** Orders per second. */
  readonly rate: number
  /** A member that is silent for so long is dead. */
  readonly sessionTimeoutMs: number
}

const troublesMax = 10
const describeLimitMs = 5000

export class Shop {
  readonly services: Services = newServices()
  readonly ownership = new Ownership(partitionCount)
  readonly lag: LagWatch
  readonly desk: OrderDesk
  readonly options: ShopOptions
  readonly #millrace: Millrace
  readonly #members = new Map<string, { readonly group: GroupName; readonly member: Member | MemberProcess }>()
  /** What comes after the last order that was handled, by partition. */
  readonly #reached = new Map<GroupName, Map<number, number>>()
  readonly #failed = new AbortController()
  readonly #troubles: string[] = []
  #replayCount = 0

  constructor(options: ShopOptions) {
    const { world, cluster, topic, rate } = options
    this.options = options
    this.#millrace = cluster.connect('shop')
    this.lag = new LagWatch(this.#millrace, topic, (group) => cluster.group(group))
    const onFailed = (error: Error) => this.#fail('The order desk', error)
    this.desk = new OrderDesk(this.#millrace, ordersTopic(topic), { ...world, rate, onFailed })
  }

  /** Aborted, with a {@link DemoError}, when something failed that nobody waits for. */
  get failed(): AbortSignal {
    return this.#failed.signal
  }

  /** What did not work at first, the newest last: worth a look if something does not work at all. */
  get troubles(): readonly string[] {
    return this.#troubles
  }

  get books() {
    return this.desk.books
  }

  /** Adds a member to a group, in this process; gives its name. */
  join(group: GroupName): string {
    const name = this.#newName(group)
    this.#members.set(name, { group, member: new Member(this.#settings(group, name), this.#events(group, name)) })
    return name
  }

  /** Adds a member that is a process of its own. */
  joinAsProcess(group: GroupName): { readonly name: string; readonly pid: number } {
    const name = this.#newName(group)
    const { clock } = this.options.world
    const member = new MemberProcess(this.#settings(group, name), this.#events(group, name), clock)
    this.#members.set(name, { group, member })
    return { name, pid: member.pid }
  }

  /** The member finishes what it has in hand, commits and leaves. */
  async leave(name: string): Promise<void> {
    const { group, member } = this.#take(name)
    await member.leave()
    this.ownership.left(group, name)
  }

  /** All members leave. */
  async leaveAll(): Promise<void> {
    await Promise.all([...this.#members.keys()].map((name) => this.leave(name)))
  }

  /** The process of this member gets a `kill -9`; gives its process id. */
  async kill(name: string): Promise<number> {
    const { group, member } = this.#take(name)
    if (!(member instanceof MemberProcess)) throw new Error(`${name} is no process of its own`)
    await member.kill()
    this.ownership.died(group, name)
    return member.pid
  }

  /** Orders that a group, or one of its members, has handled and not committed: they come again if it dies now. */
  async uncommittedCount(group: GroupName, signal: AbortSignal, member?: string): Promise<number> {
    const owners = this.ownership.owners(group)
    const reached = [...(this.#reached.get(group) ?? [])]
    const own = reached.filter(([partition]) => member === undefined || owners[partition] === member)
    return lagBetween(await this.lag.committed(group, signal), new Map(own))
  }

  /** Who the broker thinks the members are, and how many partitions each has. */
  async describe(group: GroupName, signal: AbortSignal) {
    const groupId = this.options.cluster.group(group)
    const result = (await this.#millrace.admin.describeGroups([groupId], { signal, timeoutMs: describeLimitMs })).get(
      groupId,
    )
    if (result?.ok !== true) return { state: 'unknown', partitionCounts: new Map<string, number>() }
    const { state, members } = result.value
    return { state, partitionCounts: new Map(members.map((each) => [each.clientId, each.assignment.length])) }
  }

  /** A sentence about a group, as the broker sees it. */
  async explain(group: GroupName, signal: AbortSignal): Promise<string> {
    try {
      const { state, partitionCounts } = await this.describe(group, signal)
      const members = Array.from(partitionCounts, ([name, count]) => `${name} with ${count} partitions`)
      return `the broker says that ${group} is ${state}: ${members.join(', ') || 'no members'}`
    } catch (error) {
      return `the broker says nothing about ${group}: ${(error as Error).message}`
    }
  }

  /** Makes the view of Analytics again, from the first order on, in a new group; up to what the live view has seen by now. */
  async replay(signal: AbortSignal): Promise<Replay> {
    this.#replayCount++
    const { cluster, topic } = this.options
    const replay = new Replay(this.services.analytics.snapshot())
    const consumer = this.#millrace.consumer<string, Order>({
      group: cluster.group(`analytics-replay-${this.#replayCount}`),
      topics: [ordersTopic(topic)],
      from: 'earliest',
    })
    try {
      for await (const batch of consumer.batches({ signal })) {
        for (const { partition, offset, value } of batch) {
          if (value !== null) replay.handle({ partition, offset, order: value })
        }
        if (replay.isDone) break
      }
    } finally {
      await consumer.close({ timeoutMs: 1000 })
    }
    if (!replay.isDone) throw signal.aborted ? signal.reason : new DemoError('The replay ended before it was done')
    return replay
  }

  async close(): Promise<void> {
    await Promise.all([this.desk.abandon(), this.leaveAll()])
    await this.#millrace.close()
  }

  #handle(group: GroupName, delivery: Delivery): void {
    this.services[group].handle(delivery)
    const reached = this.#reached.get(group) ?? new Map<number, number>()
    this.#reached.set(group, reached.set(delivery.partition, delivery.offset + 1))
  }

  #take(name: string) {
    const taken = this.#members.get(name)
    if (taken === undefined) throw new Error(`${name} is no member`)
    this.#members.delete(name)
    return taken
  }

  #newName(group: GroupName): string {
    for (let number = 1; ; number++) if (!this.#members.has(`${group}-${number}`)) return `${group}-${number}`
  }

  #settings(group: GroupName, name: string): MemberSettings {
    const { cluster, topic, sessionTimeoutMs } = this.options
    return {
      name,
      brokers: cluster.brokers,
      topic,
      group: cluster.group(group),
      sessionTimeoutMs,
      commitIntervalMs: commitIntervalMs[group],
    }
  }

  #events(group: GroupName, name: string): MemberEvents {
    this.ownership.joined(group, name)
    return {
      onAssigned: (partitions) => this.ownership.assigned(group, name, partitions),
      onReleased: (partitions) => this.ownership.released(group, name, partitions),
      handle: (delivery) => this.#handle(group, delivery),
      onFailed: (error) => this.#fail(name, error),
      onStalled: (reason) => this.#note(`${name} stalled, ${reason}`),
    }
  }

  #note(trouble: string): void {
    this.#troubles.push(trouble)
    if (this.#troubles.length > troublesMax) this.#troubles.shift()
  }

  #fail(who: string, error: Error): void {
    this.#failed.abort(new DemoError(`${who} failed: ${error.message}`))
  }
}
