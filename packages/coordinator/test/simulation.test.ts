/** Members that come, crash, leave and come back at random, over a log that fails and a coordinator that moves. */
import { ManualClock, type Random, randomBelow, seededRandom } from '@millrace/base'
import { decodeConsumerAssignment } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { MemoryLog } from '../src/runtime/memory-log.ts'
import { assignment, Bench, flush, subscription } from './bench.ts'

const partitionCount = 6
const rebalanceTimeoutMs = 6_000
const tickMs = 200

/** A static member is the same one under every id it gets. */
function identityOf(memberId: string): string {
  return /^static-\d/.exec(memberId)?.[0] ?? memberId
}

/** What must hold over a whole run, whoever says it. */
class Checker {
  readonly #seed: number
  /** Leader by coordinator and generation: a number that was never written may be given out again after a move. */
  readonly #leaders = new Map<string, string>()
  readonly #newest = new Map<number, number>()
  /** Owner by generation and partition. What was synced is written, and its number used once. */
  readonly #owners = new Map<string, string>()
  readonly acknowledged = new Map<number, number>()
  readonly failures: unknown[] = []

  constructor(seed: number) {
    this.#seed = seed
  }

  /** Someone was told to assign to `members`: of one generation always the same, also when it is asked twice. */
  leads(coordinator: number, generation: number, leader: string, members: readonly string[]): void {
    const key = `${coordinator}/${generation}`
    const known = this.#leaders.get(key)
    const told = `${leader} of ${members.map(identityOf).sort()}`
    expect(known ?? told, `seed ${this.#seed}: leader of generation ${generation}`).toBe(told)
    this.#leaders.set(key, told)
    const newest = this.#newest.get(coordinator) ?? 0
    if (known === undefined) expect(generation, `seed ${this.#seed}: generations`).toBeGreaterThan(newest)
    this.#newest.set(coordinator, Math.max(newest, generation))
  }

  owns(generation: number, memberId: string, partitions: readonly number[]): void {
    for (const partition of partitions) {
      const key = `${generation}/${partition}`
      const owner = this.#owners.get(key) ?? memberId
      expect(owner, `seed ${this.#seed}: owner of ${partition} in generation ${generation}`).toBe(memberId)
      this.#owners.set(key, owner)
    }
  }

  committed(partition: number, offset: number): void {
    const before = this.acknowledged.get(partition) ?? -1
    expect(offset, `seed ${this.#seed}: commits of ${partition}`).toBeGreaterThan(before)
    this.acknowledged.set(partition, offset)
  }

  async nothingLost(bench: Bench): Promise<void> {
    const fetched = await bench.offsets('g')
    if (fetched.error !== undefined) return
    const offsets = fetched.orders ?? {}
    for (const [partition, offset] of this.acknowledged) {
      expect(Number(offsets[partition] ?? -1), `seed ${this.#seed}: offset of ${partition}`).toBeGreaterThanOrEqual(
        offset,
      )
    }
  }
}

/** The coordinator of the moment. */
interface Place {
  bench: Bench
  incarnation: number
}

/** A consumer as the clients implement it: joins, syncs, fetches, heartbeats, commits. Does one thing at a time. */
class Member {
  readonly #place: Place
  readonly #checker: Checker
  readonly #random: Random
  readonly #instanceId: string | null
  #memberId = ''
  #generation = -1
  #positions: Map<number, number> | undefined
  #busy = false
  #isRunning = false
  /** Grows with every crash: what an earlier life has under way is nobody's any more. */
  #life = 0
  #pausedTicks = 0

  constructor(place: Place, checker: Checker, random: Random, instanceId: string | null) {
    this.#place = place
    this.#checker = checker
    this.#random = random
    this.#instanceId = instanceId
  }

  /** Static members are missed later, and so miss rebalances without being removed. */
  get #timeouts() {
    const isStatic = this.#instanceId !== null
    return { instanceId: this.#instanceId, rebalanceTimeoutMs, sessionTimeoutMs: isStatic ? 20_000 : 6_000 }
  }

  get #identity(): string {
    return identityOf(this.#memberId)
  }

  get isStable(): boolean {
    return this.#positions !== undefined
  }

  get partitions(): number[] {
    return [...(this.#positions?.keys() ?? [])]
  }

  start(): void {
    this.#isRunning = true
  }

  /** Forgets everything, and says nothing. A request under way is answered to nobody. */
  crash(): void {
    this.#life++
    this.#isRunning = false
    this.#memberId = ''
    this.#positions = undefined
  }

  /** Does nothing for so long that the group may have gone on without it, and then goes on as if nothing had been. */
  pause(ticks: number): void {
    this.#pausedTicks = ticks
  }

  tick(): void {
    if (this.#pausedTicks > 0) {
      this.#pausedTicks--
      return
    }
    if (this.#busy || !this.#isRunning) return
    this.#busy = true
    const done = () => {
      this.#busy = false
    }
    this.#act(this.#life).then(done, (error: unknown) => this.#checker.failures.push(error))
  }

  async #act(life: number): Promise<void> {
    if (this.#positions === undefined) return this.#join(life)
    return randomBelow(this.#random, 2) === 0 ? this.#heartbeat(life) : this.#commit(life, this.#positions)
  }

  async #join(life: number): Promise<void> {
    const { bench, incarnation } = this.#place
    const asked = this.#memberId
    const protocols = [['range', subscription('orders')]] as const
    const reply = await bench.askJoin({ memberId: asked, ...this.#timeouts, protocols })
    if (life !== this.#life) return
    if (reply.errorCode === 79) this.#memberId = reply.memberId
    else if (reply.errorCode === 0) {
      this.#memberId = reply.memberId
      this.#generation = reply.generationId
      const members = reply.skipAssignment ? [] : reply.members.map(({ memberId }) => memberId)
      if (members.length > 0) this.#checker.leads(incarnation, reply.generationId, this.#identity, members)
      await this.#sync(life, members)
    } else if (reply.errorCode === 25 || reply.errorCode === 82) this.#memberId = ''
  }

  async #sync(life: number, members: readonly string[]): Promise<void> {
    const { bench } = this.#place
    const assignments = Object.fromEntries(
      members.map((memberId, index) => {
        const partitions = Array.from({ length: partitionCount }, (_, partition) => partition)
        return [memberId, assignment('orders', ...partitions.filter((each) => each % members.length === index))]
      }),
    )
    const identity = { memberId: this.#memberId, generation: this.#generation, instanceId: this.#instanceId }
    const reply = await bench.askSync({ ...identity, assignments })
    if (life !== this.#life) return
    if (reply.errorCode !== 0) return this.#onError(reply.errorCode)
    const assigned =
      reply.assignment.length === 0 ? [] : decodeConsumerAssignment(reply.assignment).data.assignedPartitions
    const partitions = assigned.flatMap((topic) => topic.partitions)
    this.#checker.owns(this.#generation, this.#identity, partitions)
    const offsets = await bench.offsets('g', { orders: partitions })
    if (offsets.error !== undefined || life !== this.#life) return
    this.#positions = new Map(partitions.map((partition) => [partition, Number(offsets.orders?.[partition] ?? -1)]))
  }

  async #heartbeat(life: number): Promise<void> {
    const identity = { memberId: this.#memberId, generation: this.#generation, instanceId: this.#instanceId }
    const errorCode = await this.#place.bench.heartbeat(identity)
    if (life === this.#life && errorCode !== 0) this.#onError(errorCode)
  }

  async #commit(life: number, positions: Map<number, number>): Promise<void> {
    const [partition, position] = [...positions][randomBelow(this.#random, Math.max(positions.size, 1))] ?? []
    if (partition === undefined || position === undefined) return this.#heartbeat(life)
    const offset = position + 1 + randomBelow(this.#random, 5)
    const identity = { memberId: this.#memberId, generation: this.#generation, instanceId: this.#instanceId }
    // A commit that fails may be written all the same: the position must not stay behind it.
    positions.set(partition, offset)
    const errorCode = (await this.#place.bench.commit({ orders: { [partition]: offset } }, identity)).orders?.[
      partition
    ]
    if (errorCode === 0) this.#checker.committed(partition, offset)
    else if (life === this.#life && errorCode !== undefined) this.#onError(errorCode)
  }

  #onError(errorCode: number): void {
    // The coordinator moves or is not ready: the same again. Everything else means to join again.
    if (errorCode === 14 || errorCode === 15 || errorCode === 16) return
    this.#positions = undefined
    if (errorCode === 25 || errorCode === 82) this.#memberId = ''
  }

  leave(): void {
    if (this.#memberId === '' || this.#busy) return
    void this.#place.bench.leave({ memberId: this.#memberId, instanceId: this.#instanceId })
    this.crash()
  }
}

/** One run: members, log and coordinator, and what befalls them. */
class Run {
  readonly random: Random
  readonly checker: Checker
  readonly members: readonly Member[]
  readonly #place: Place
  readonly #clock = new ManualClock()
  readonly #log = new MemoryLog()
  /** Of 200 steps, in how many writes are lost: runs are calm or stormy. */
  readonly #lossCount: number

  constructor(seed: number) {
    this.#lossCount = [2, 8, 30, 60][seed % 4] as number
    this.random = seededRandom(seed)
    this.checker = new Checker(seed)
    this.#place = { bench: this.#newBench(), incarnation: 0 }
    this.members = Array.from({ length: 5 }, (_, index) => {
      return new Member(this.#place, this.checker, this.random, index < 2 ? `static-${index}` : null)
    })
  }

  get bench(): Bench {
    return this.#place.bench
  }

  #newBench(): Bench {
    const seed = this.random.uint32()
    const bench = new Bench({ logs: [this.#log], clock: this.#clock, seed, config: { initialRebalanceDelayMs: 1_000 } })
    bench.metadata.topics.set('orders', { topicId: 'AAAAAAAAAAAAAAAAAAAAKg', partitionCount })
    return bench
  }

  async elect(): Promise<void> {
    this.#place.bench.coordinator.close()
    if (randomBelow(this.random, 2) === 0) this.#log.failFrom(this.#log.highWatermark)
    this.#place.bench = this.#newBench()
    this.#place.incarnation++
    await this.bench.coordinator.onElection(0, 1, this.#log)
  }

  /** Something goes wrong, or something that was wrong is over. */
  async fault(): Promise<void> {
    const member = this.members[randomBelow(this.random, this.members.length)] as Member
    const dice = randomBelow(this.random, 200)
    if (dice < 8) member.start()
    else if (dice < 9) member.crash()
    else if (dice < 10) member.leave()
    else if (dice < 18) member.pause(randomBelow(this.random, 90))
    else if (dice < 19) await this.elect()
    else if (dice < 20) this.#log.refuseWith(19)
    else if (dice < 40) this.#log.refuseWith(undefined)
    if (randomBelow(this.random, 200) < this.#lossCount) this.#log.failFrom(this.#log.highWatermark)
    if (randomBelow(this.random, 4) === 0) this.#log.commitAll()
  }

  async step(): Promise<void> {
    for (const member of this.members) member.tick()
    await flush()
    this.#clock.advance(tickMs)
    await flush()
    if (this.checker.failures.length > 0) throw this.checker.failures[0]
  }

  /** Nothing fails any more. */
  calm(): void {
    this.#log.refuseWith(undefined)
    this.#log.autoCommit()
    for (const member of this.members) {
      member.start()
      member.pause(0)
    }
  }
}

describe('members and a coordinator that fail', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])(
    'lose no commit, share no partition, and come to rest (seed %i)',
    async (seed) => {
      const run = new Run(seed)
      await run.elect()
      for (let count = 0; count < 2000; count++) {
        await run.fault()
        await run.step()
        if (count % 10 === 0) await run.checker.nothingLost(run.bench)
      }
      expect(run.checker.acknowledged.size, `seed ${seed}: the run has to do something`).toBeGreaterThan(0)

      run.calm()
      for (let count = 0; count < 300; count++) await run.step()
      expect(await run.bench.state(), `seed ${seed}`).toBe('Stable')
      expect(
        run.members.every(({ isStable }) => isStable),
        `seed ${seed}`,
      ).toBe(true)
      expect(run.members.flatMap(({ partitions }) => partitions).sort(), `seed ${seed}`).toEqual([0, 1, 2, 3, 4, 5])
      await run.checker.nothingLost(run.bench)

      for (const member of run.members) member.crash()
      for (let count = 0; count < 200; count++) await run.step()
      expect(await run.bench.state(), `seed ${seed}`).toBe('Empty')
      run.bench.coordinator.close()
      await flush()
      expect(run.bench.coordinator.parkedCount).toBe(0)
    },
  )
})
