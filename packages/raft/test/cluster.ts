/**
 * A cluster of machines in one process: a queue of events on simulated time, a network that delays, drops and cuts, disks that
 * forget. The drivers here do what `src/effect.ts` asks of a driver, no more.
 */
import { assert, type Random, randomBelow, randomFraction, seededRandom } from '@millrace/base'
import {
  type ControlRecord,
  defaultRaftConfig,
  type Endpoint,
  type FetchedBatch,
  Raft,
  type RaftConfig,
  type RaftEffect,
  type RaftEvent,
  type RaftIdentity,
  type RaftReply,
  type RaftRequest,
  type RaftResponse,
  type RoleName,
  type Voter,
  VoterSet,
} from '../src/index.ts'
import { SimulatedDisk, type StoredBatch, textsOf } from './simulated-disk.ts'

/** Ranges `[min, max)` in milliseconds, and chances between 0 and 1. */
export interface Conditions {
  readonly networkMs: readonly [number, number]
  /** Of a message to be late by up to half a second, which also changes the order. */
  readonly late: number
  /** Of a message to vanish; the asker may hear of it or not. */
  readonly lost: number
  readonly syncMs: readonly [number, number]
}

export const calm: Conditions = { networkMs: [5, 6], late: 0, lost: 0, syncMs: [2, 3] }

type Effect = RaftEffect<string>
type Event = RaftEvent<string>
type EventBody = Event extends infer E ? (E extends Event ? Omit<E, 'now'> : never) : never

/** `forgottenVote`: the quorum state is not synced. `falseSync`: the log is called durable when it is not. */
export type PlantedFault = 'forgottenVote' | 'falseSync'

export interface ClusterOptions {
  readonly seed: number
  readonly voters: readonly number[]
  /** Nodes that only watch, until they are added. */
  readonly observers?: readonly number[]
  /** Static voters instead of voters in the log. */
  readonly isStatic?: boolean
  readonly config?: Partial<RaftConfig>
  readonly conditions?: Conditions
  /** A fault that no machine can survive: the checks must notice. */
  readonly planted?: PlantedFault
  readonly observe?: (observation: Observation) => void
}

/** What tests look at. */
export type Observation = { readonly node: number; readonly time: number } & (
  | { readonly type: 'effect'; readonly effect: Effect }
  | { readonly type: 'received'; readonly from: number; readonly request: RaftRequest }
  | { readonly type: 'answered'; readonly from: number; readonly response: RaftResponse }
  | { readonly type: 'applied'; readonly offset: number; readonly epoch: number; readonly text: string }
  | { readonly type: 'replied'; readonly reply: RaftReply }
  | { readonly type: 'started' | 'crashed' }
)

const endpointFor = (id: number): Endpoint => ({ name: 'CONTROLLER', host: `node${id}`, port: 9093 })

export const voterFor = (id: number, incarnation = 0): Voter => ({
  id,
  directoryId: `${id}-dir-${incarnation}`.padEnd(22, 'A'),
  endpoints: [endpointFor(id)],
  kraftVersionMin: 0,
  kraftVersionMax: 1,
})

interface Waiting {
  /** Undefined: the test itself asked. */
  readonly from: { readonly node: SimulatedNode; readonly life: number; readonly requestId: number } | undefined
  readonly request: RaftRequest
}

/** One node: machine, disk, and the driver between them. */
export class SimulatedNode {
  readonly id: number
  readonly disk = new SimulatedDisk()
  raft: Raft<string> | undefined
  /** Counts starts: what was on its way to an earlier life finds nobody. */
  life = 0
  role: RoleName = 'unattached'
  appliedOffset = 0
  /** Everything applied, from snapshots and from the log. */
  applied: string[] = []
  readonly effects: Effect[] = []
  isPersisting = false
  generation = 0
  syncedOffset = 0
  readonly waiting = new Map<number, Waiting>()
  wakeTimer = Number.POSITIVE_INFINITY

  constructor(id: number) {
    this.id = id
  }
}

interface Scheduled {
  readonly at: number
  readonly sequence: number
  readonly run: () => void
}

export class Cluster {
  readonly nodes = new Map<number, SimulatedNode>()
  readonly replies: RaftReply[] = []
  readonly random: Random
  conditions: Conditions
  time = 0
  readonly #options: ClusterOptions
  readonly #config: RaftConfig
  readonly #cuts = new Set<string>()
  #queue: Scheduled[] = []
  #sequence = 0
  #nextToken = 1

  constructor(options: ClusterOptions) {
    this.#options = options
    this.#config = { ...defaultRaftConfig, ...options.config }
    this.random = seededRandom(options.seed)
    this.conditions = options.conditions ?? calm
    for (const id of [...options.voters, ...(options.observers ?? [])]) this.#create(id)
  }

  node(id: number): SimulatedNode {
    const node = this.nodes.get(id)
    assert(node !== undefined, `no node ${id}`)
    return node
  }

  #create(id: number): void {
    const node = new SimulatedNode(id)
    this.nodes.set(id, node)
    if (this.#options.isStatic === true || !this.#options.voters.includes(id)) return
    const voters = this.#options.voters.map((voter) => voterFor(voter))
    node.disk.writeSnapshot({ offset: 0, epoch: 0 }, { records: [], kraftVersion: 1, voters })
  }

  // Nodes

  start(id: number): void {
    const node = this.node(id)
    assert(node.raft === undefined, `node ${id} runs`)
    const { disk } = node
    const log = disk.open()
    const staticVoters = this.#options.isStatic === true ? this.#staticVoters() : VoterSet.empty
    const bootstrap = this.#options.voters.filter((voter) => voter !== id).map(endpointFor)
    const identity: RaftIdentity = { ...voterFor(id), clusterId: 'sim', listenerName: 'CONTROLLER', bootstrap }
    const state = disk.quorumState
    const random = seededRandom(this.random.uint32())
    const options = { identity, config: this.#config, random, log, staticVoters }
    node.life++
    node.raft = new Raft<string>(state === undefined ? options : { ...options, quorumState: state })
    node.generation = 0
    node.syncedOffset = log.endOffset
    this.#loadNewestSnapshot(node, log.snapshots.at(-1)?.id)
    this.#observe(node, { type: 'started' })
    this.#perform(node, node.raft.start(this.time))
  }

  #staticVoters(): VoterSet {
    return new VoterSet(this.#options.voters.map((id) => ({ ...voterFor(id), directoryId: 'AAAAAAAAAAAAAAAAAAAAAA' })))
  }

  #loadNewestSnapshot(node: SimulatedNode, id: { offset: number; epoch: number } | undefined): void {
    node.applied = id === undefined ? [] : [...node.disk.snapshotContent(id).records]
    node.appliedOffset = id?.offset ?? 0
  }

  crash(id: number): void {
    const node = this.node(id)
    if (node.raft === undefined) return
    node.raft = undefined
    node.life++
    node.effects.length = 0
    node.isPersisting = false
    node.waiting.clear()
    node.wakeTimer = Number.POSITIVE_INFINITY
    node.disk.crash(this.random)
    this.#observe(node, { type: 'crashed' })
  }

  /** The node's directory is gone. */
  wipe(id: number): void {
    this.crash(id)
    const { life } = this.node(id)
    this.nodes.set(id, new SimulatedNode(id))
    this.node(id).life = life
  }

  /** Nodes that cannot be told apart by the network, in groups: messages between groups vanish. */
  partition(...groups: readonly (readonly number[])[]): void {
    this.#cuts.clear()
    for (const group of groups) {
      for (const other of groups) {
        if (group === other) continue
        for (const from of group) for (const to of other) this.cut(from, to)
      }
    }
  }

  /** One direction. */
  cut(from: number, to: number): void {
    this.#cuts.add(`${from}>${to}`)
  }

  heal(): void {
    this.#cuts.clear()
  }

  // Asking nodes

  give(id: number, event: EventBody): void {
    const node = this.node(id)
    if (node.raft === undefined) return
    this.#perform(node, node.raft.step({ ...event, now: this.time } as Event))
  }

  propose(id: number, ...texts: string[]): void {
    this.give(id, { type: 'propose', proposal: texts.join('|'), recordCount: texts.length })
  }

  /** As an admin client would ask; the answer goes to `replies`. */
  ask(id: number, request: RaftRequest): void {
    const node = this.node(id)
    if (node.raft === undefined) return
    const token = this.#nextToken++
    node.waiting.set(token, { from: undefined, request })
    this.give(id, { type: 'request', token, request })
  }

  /** Writes a snapshot of what the node has applied, and drops the log below it. */
  snapshot(id: number, dropsLog = true): void {
    const node = this.node(id)
    const offset = node.appliedOffset
    if (node.raft === undefined || offset <= (node.raft.status().latestSnapshotId?.offset ?? -1) || offset === 0) return
    const control = node.raft.snapshotControl(offset)
    const snapshot = node.disk.writeSnapshot(
      { offset, epoch: node.raft.epochBefore(offset) },
      { records: node.applied, kraftVersion: control?.kraftVersion ?? 0, voters: control?.voters.voters ?? null },
    )
    this.give(id, { type: 'snapshotCreated', snapshot })
    if (!dropsLog) return
    node.disk.startAt(offset)
    this.give(id, { type: 'logStartAdvanced', startOffset: offset })
  }

  leader(): SimulatedNode | undefined {
    let newest: SimulatedNode | undefined
    for (const node of this.nodes.values()) {
      if (node.raft === undefined || node.raft.status().role !== 'leader') continue
      if (newest?.raft === undefined || node.raft.status().epoch > newest.raft.status().epoch) newest = node
    }
    return newest
  }

  // Time

  at(delayMs: number, run: () => void): void {
    this.#queue.push({ at: this.time + delayMs, sequence: this.#sequence++, run })
    this.#siftUp()
  }

  run(durationMs: number): void {
    const end = this.time + durationMs
    for (let next = this.#queue[0]; next !== undefined && next.at <= end; next = this.#queue[0]) {
      this.#pop()
      this.time = Math.max(this.time, next.at)
      next.run()
    }
    this.time = end
  }

  #siftUp(): void {
    let index = this.#queue.length - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!this.#isBefore(index, parent)) break
      this.#swap(index, parent)
      index = parent
    }
  }

  #pop(): void {
    const last = this.#queue.pop() as Scheduled
    if (this.#queue.length === 0) return
    this.#queue[0] = last
    for (let index = 0; ; ) {
      const left = 2 * index + 1
      let least = index
      if (left < this.#queue.length && this.#isBefore(left, least)) least = left
      if (left + 1 < this.#queue.length && this.#isBefore(left + 1, least)) least = left + 1
      if (least === index) return
      this.#swap(index, least)
      index = least
    }
  }

  #isBefore(a: number, b: number): boolean {
    const one = this.#queue[a] as Scheduled
    const other = this.#queue[b] as Scheduled
    return one.at < other.at || (one.at === other.at && one.sequence < other.sequence)
  }

  #swap(a: number, b: number): void {
    const one = this.#queue[a] as Scheduled
    this.#queue[a] = this.#queue[b] as Scheduled
    this.#queue[b] = one
  }

  // The driver

  #perform(node: SimulatedNode, effects: readonly Effect[]): void {
    node.effects.push(...effects)
    this.#drain(node)
    this.#arm(node)
  }

  /** Starts effects in order; nothing passes a quorum state that is not durable. */
  #drain(node: SimulatedNode): void {
    while (!node.isPersisting) {
      const effect = node.effects.shift()
      if (effect === undefined) return
      if (effect.type === 'persistQuorumState') this.#persist(node, effect)
      else {
        this.#observe(node, { type: 'effect', effect })
        this.#carryOut(node, effect)
      }
    }
  }

  #persist(node: SimulatedNode, effect: Effect & { type: 'persistQuorumState' }): void {
    node.isPersisting = true
    this.#later(node, this.#between(this.conditions.syncMs), () => {
      node.disk.writeQuorumState(effect.state, this.#options.planted !== 'forgottenVote')
      this.#observe(node, { type: 'effect', effect })
      node.isPersisting = false
      this.#drain(node)
    })
  }

  #carryOut(node: SimulatedNode, effect: Exclude<Effect, { type: 'persistQuorumState' }>): void {
    switch (effect.type) {
      case 'send':
        this.#send(node, effect)
        return
      case 'reply':
        this.#reply(node, effect.token, effect.reply)
        return
      case 'append':
        this.#append(node, effect.generation, [stored(effect)])
        return
      case 'appendFetched':
        this.#append(node, effect.generation, effect.batches.map(parse))
        return
      case 'truncate':
        node.disk.truncate(effect.endOffset)
        this.#changed(node, effect.generation)
        return
      case 'commit':
        this.#apply(node, effect.highWatermark)
        return
      case 'roleChanged':
        node.role = effect.role
        return
      case 'writeSnapshot':
        node.disk.download(effect.snapshotId, effect.position, effect.bytes)
        return
      case 'installSnapshot': {
        const { snapshotId, size } = effect
        this.#later(node, this.#between(this.conditions.syncMs), () => this.#install(node, snapshotId, size))
        return
      }
      case 'stopped':
        this.crash(node.id)
        return
      default:
        return
    }
  }

  #append(node: SimulatedNode, generation: number, batches: readonly StoredBatch[]): void {
    for (const batch of batches) node.disk.append(batch)
    this.#changed(node, generation)
  }

  /** The log is written at once; the machine hears of it a moment later, and of the sync when that is done. */
  #changed(node: SimulatedNode, generation: number): void {
    if (generation !== node.generation) node.syncedOffset = Math.min(node.syncedOffset, node.disk.endOffset)
    node.generation = generation
    this.#later(node, 1, () => this.#report(node))
    this.#later(node, this.#between(this.conditions.syncMs), () => {
      if (this.#options.planted !== 'falseSync') node.disk.syncLog()
      node.syncedOffset = node.disk.endOffset
      this.#report(node)
    })
  }

  #report(node: SimulatedNode): void {
    const { generation, syncedOffset, disk } = node
    this.give(node.id, {
      type: 'logPersisted',
      generation,
      writtenOffset: disk.endOffset,
      durableOffset: syncedOffset,
    })
  }

  #install(node: SimulatedNode, id: { offset: number; epoch: number }, size: number): void {
    const installed = node.disk.install(id, size)
    this.#loadNewestSnapshot(node, id)
    node.syncedOffset = id.offset
    this.give(node.id, { type: 'snapshotInstalled', ...installed })
  }

  #apply(node: SimulatedNode, highWatermark: number): void {
    for (const batch of node.disk.batches) {
      if (batch.baseOffset < node.appliedOffset) continue
      if (batch.baseOffset >= highWatermark) break
      for (const text of textsOf(batch)) {
        this.#observe(node, { type: 'applied', offset: node.appliedOffset, epoch: batch.epoch, text })
        node.applied.push(text)
        node.appliedOffset++
      }
    }
    assert(node.appliedOffset === highWatermark, `node ${node.id} applied ${node.appliedOffset} of ${highWatermark}`)
  }

  // The network

  #send(node: SimulatedNode, { requestId, to, request }: Effect & { type: 'send' }): void {
    const target = Number(to.host.slice('node'.length))
    const from = { node, life: node.life, requestId }
    if (this.#isLost(node.id, target)) {
      // Sometimes the connection breaks, sometimes nothing is heard.
      if (randomFraction(this.random) < 0.7) this.#later(node, this.#delay(), () => this.#fail(from))
      return
    }
    this.at(this.#delay(), () => {
      const receiver = this.nodes.get(target)
      if (receiver?.raft === undefined) this.#back(target, from, () => this.#fail(from))
      else if (request.kind === 'ApiVersions') {
        const response = { kind: request.kind, errorCode: 0, kraftVersionMin: 0, kraftVersionMax: 1 } as const
        this.#back(target, from, () => this.give(node.id, { type: 'response', requestId, response }))
      } else {
        const token = this.#nextToken++
        receiver.waiting.set(token, { from, request })
        this.#observe(receiver, { type: 'received', from: node.id, request })
        this.give(target, { type: 'request', token, request })
      }
    })
  }

  #reply(node: SimulatedNode, token: number, reply: RaftReply): void {
    const waiting = node.waiting.get(token)
    assert(waiting !== undefined, `node ${node.id} answered ${token} twice`)
    node.waiting.delete(token)
    const { from } = waiting
    if (from === undefined) {
      this.replies.push(reply)
      this.#observe(node, { type: 'replied', reply })
      return
    }
    if (this.#isLost(node.id, from.node.id)) return
    const response = this.#fill(node, reply)
    if (response === undefined) return
    this.#back(node.id, from, () => {
      this.#observe(from.node, { type: 'answered', from: node.id, response })
      this.give(from.node.id, { type: 'response', requestId: from.requestId, response })
    })
  }

  /** Reads from disk what the machine only names. */
  #fill(node: SimulatedNode, reply: RaftReply): RaftResponse | undefined {
    if (reply.kind === 'DescribeQuorum') return undefined
    if (reply.kind === 'Fetch') {
      const { read, ...rest } = reply
      const batches = read === undefined ? [] : node.disk.read(read.offset, read.endOffset, 4)
      return { ...rest, batches }
    }
    if (reply.kind === 'FetchSnapshot') {
      const { read, ...rest } = reply
      const size = Math.min(read?.sizeMax ?? 0, 200)
      const bytes = read === undefined ? Buffer.alloc(0) : node.disk.readSnapshot(reply.snapshotId, read.position, size)
      return { ...rest, bytes }
    }
    return reply
  }

  #fail({ node, requestId }: NonNullable<Waiting['from']>): void {
    this.give(node.id, { type: 'requestFailed', requestId })
  }

  #back(fromId: number, { node, life }: NonNullable<Waiting['from']>, run: () => void): void {
    if (this.#cuts.has(`${fromId}>${node.id}`)) return
    this.at(this.#delay(), () => {
      if (node.life === life) run()
    })
  }

  #isLost(from: number, to: number): boolean {
    return this.#cuts.has(`${from}>${to}`) || randomFraction(this.random) < this.conditions.lost
  }

  #delay(): number {
    const isLate = randomFraction(this.random) < this.conditions.late
    return this.#between(this.conditions.networkMs) + (isLate ? randomBelow(this.random, 500) : 0)
  }

  #between([min, max]: readonly [number, number]): number {
    return min + randomBelow(this.random, Math.max(1, max - min))
  }

  /** Runs if the node is still in the same life. */
  #later(node: SimulatedNode, delayMs: number, run: () => void): void {
    const { life } = node
    this.at(delayMs, () => {
      if (node.life === life && node.raft !== undefined) run()
    })
  }

  #arm(node: SimulatedNode): void {
    const deadline = node.raft?.nextDeadline() ?? Number.POSITIVE_INFINITY
    if (deadline >= node.wakeTimer || deadline === Number.POSITIVE_INFINITY) return
    node.wakeTimer = deadline
    this.#later(node, Math.max(0, deadline - this.time), () => {
      if (node.wakeTimer === deadline) node.wakeTimer = Number.POSITIVE_INFINITY
      this.give(node.id, { type: 'tick' })
    })
  }

  #observe(
    node: SimulatedNode,
    what: Observation extends infer O ? (O extends Observation ? Omit<O, 'node' | 'time'> : never) : never,
  ): void {
    this.#options.observe?.({ ...what, node: node.id, time: this.time } as Observation)
  }
}

function stored({ baseOffset, epoch, batch }: Effect & { type: 'append' }): StoredBatch {
  if (batch.kind === 'control') return { baseOffset, epoch, control: batch.records as readonly ControlRecord[] }
  return { baseOffset, epoch, texts: batch.proposal.split('|') }
}

const parse = (batch: FetchedBatch): StoredBatch => JSON.parse(Buffer.from(batch.bytes).toString()) as StoredBatch
