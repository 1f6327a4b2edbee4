/**
 * Groups under a random schedule, from a seed: members that come, go and are thrown out, connections that are cut, leaders that move,
 * brokers that are killed, user code that dawdles or gives up; with assignors of either protocol, one kind in each group. A failure
 * names the seed that replays it.
 */
import { type Random, randomBelow, seededRandom } from '@millrace/base'
import { decodeConsumerAssignment, OffsetCommit, SyncGroup } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import type { Consumer, TopicPartition } from '../src/index.ts'
import { batchOf, numbered } from './batches.ts'
import { listen, type Told, world } from './world.ts'

const partitionCount = 5
const brokerCount = 3
const stepCount = 60
const sessionTimeoutMs = 1500
const memberCountMax = 4
const kinds = ['eager', 'sticky', 'cooperative'] as const
type Kind = (typeof kinds)[number]

/** What user code has been given and has finished, by partition. */
class Ledger {
  readonly given = Array.from({ length: partitionCount }, () => new Set<number>())
  readonly finished = Array.from({ length: partitionCount }, () => new Set<number>())
  readonly faults: string[] = []
  /** Who was given records of a partition in a generation, by both. */
  readonly #readers = new Map<string, string>()

  /** In one generation, one member at most is given records of a partition. */
  read(partition: number, generationId: number, memberId: string): void {
    const place = `${partition} in generation ${generationId}`
    const reader = this.#readers.get(place) ?? memberId
    if (reader !== memberId) this.faults.push(`${place}: given to ${memberId} after ${reader}`)
    this.#readers.set(place, reader)
  }

  /** The first offset that nobody has finished. */
  firstUnfinished(partition: number): number {
    let offset = 0
    while (this.finished[partition]?.has(offset)) offset++
    return offset
  }
}

interface Member {
  readonly consumer: Consumer
  readonly told: Told[]
  readonly running: Promise<void>
}

async function play(seed: number, kind: Kind): Promise<void> {
  const random: Random = seededRandom(seed)
  const below = (bound: number) => randomBelow(random, bound)
  const ledger = new Ledger()
  const { clock, scripted, consume, run, pass, until, end } = await world({
    brokerCount,
    cluster: { requestTimeoutMs: 2000, metadataMaxAgeMs: 5000 },
  })
  scripted.createTopic('t', partitionCount)
  const group = scripted.group('g')
  const members = new Set<Member>()
  let isQuiet = false

  scripted.intercept(OffsetCommit, ({ body }, proceed) => {
    for (const { partitionIndex, committedOffset } of body.topics.flatMap(({ partitions }) => partitions)) {
      const first = ledger.firstUnfinished(partitionIndex)
      if (committedOffset > first)
        ledger.faults.push(`${partitionIndex}: ${committedOffset} committed, ${first} not done`)
    }
    return proceed()
  })

  /** What members were told last, by member id. */
  const assignments = new Map<string, ReadonlySet<number>>()
  scripted.intercept(SyncGroup, async ({ body }, proceed) => {
    const answer = await proceed()
    if (typeof answer !== 'symbol' && answer.errorCode === 0) {
      const { assignedPartitions } = decodeConsumerAssignment(answer.assignment as Buffer).data
      assignments.set(body.memberId, new Set(assignedPartitions.flatMap(({ partitions }) => partitions)))
    }
    return answer
  })

  /** What comes and goes does so in turn; and a cooperative member keeps what it is assigned. */
  function watch(consumer: Consumer, isClosed: () => boolean): void {
    const owned = new Set<number>()
    const come = (partitions: readonly TopicPartition[]) => {
      for (const { partition } of partitions) {
        if (owned.has(partition)) ledger.faults.push(`${partition} was assigned twice`)
        owned.add(partition)
      }
    }
    const go = (partitions: readonly TopicPartition[]) => {
      for (const { partition } of partitions) {
        if (!owned.delete(partition)) ledger.faults.push(`${partition} was taken away and not there`)
      }
    }
    const revoking = new Set<number>()
    consumer.on('assigned', (partitions) => {
      for (const each of revoking) owned.delete(each)
      revoking.clear()
      come(partitions)
    })
    consumer.on('revoking', (partitions) => {
      for (const { partition } of partitions) {
        if (!owned.has(partition)) ledger.faults.push(`${partition} is being revoked and not there`)
        revoking.add(partition)
        const told = assignments.get(consumer.state().memberId)
        if (kind !== 'cooperative' || isClosed() || told?.has(partition) !== true) continue
        ledger.faults.push(`${partition} was assigned to stay, and taken back`)
      }
    })
    consumer.on('lost', (partitions) => {
      // What was given up since is not lost.
      const lost = new Set(partitions.map(({ partition }) => partition))
      for (const each of revoking) if (!lost.has(each)) owned.delete(each)
      revoking.clear()
      go(partitions)
      if (owned.size > 0) ledger.faults.push(`${[...owned]} stay though all was lost`)
    })
  }

  const sleep = (delayMs: number) => new Promise<void>((resolve) => void clock.schedule(delayMs, resolve))

  /** One loop; order is kept within it as long as nothing is assigned anew. */
  async function loop(consumer: Consumer, told: Told[]): Promise<void> {
    let seenCount = told.length
    const last = new Map<number, number>()
    for await (const { partition, offset } of consumer.messages()) {
      for (const [name, event] of told.slice(seenCount)) {
        if (name === 'assigned') for (const each of event) last.delete(each.partition)
      }
      seenCount = told.length
      const { memberId, generationId } = consumer.state()
      ledger.read(partition, generationId, memberId)
      for (const { consumer: other } of members) {
        const state = other.state()
        const isThere = state.partitions.some((each) => each.partition === partition)
        if (other === consumer || state.generationId !== generationId || !isThere) continue
        ledger.faults.push(`${partition} is given to ${memberId} while ${state.memberId} has it`)
      }
      const before = last.get(partition)
      if (before !== undefined && offset !== before + 1) ledger.faults.push(`${partition}: ${offset} after ${before}`)
      last.set(partition, offset)
      ledger.given[partition]?.add(offset)
      const draw = isQuiet ? 99 : below(100)
      if (draw === 0) await sleep(4000)
      else if (draw < 30) await sleep(below(20))
      if (draw === 0 || draw > 3) ledger.finished[partition]?.add(offset)
      // Left without finishing it: it has to come again.
      else return
    }
  }

  async function work(consumer: Consumer, told: Told[], isClosed: () => boolean): Promise<void> {
    while (!isClosed()) {
      try {
        await loop(consumer, told)
      } catch (error) {
        const { code } = error as { code?: string }
        if (code === 'closed') return
        if (code !== 'too-slow') ledger.faults.push(String(error))
      }
      await sleep(1)
    }
  }

  const assignorsOf = () => {
    if (kind === 'cooperative') return ['cooperative-sticky']
    return kind === 'sticky' ? ['sticky'] : [below(2) === 0 ? 'range' : 'roundrobin', 'range']
  }

  function join(): void {
    const consumer = consume({
      group: 'g',
      topics: ['t'],
      from: 'earliest',
      assignors: assignorsOf(),
      autoCommitIntervalMs: 150,
      heartbeatIntervalMs: 100,
      sessionTimeoutMs,
      maxProcessingMs: 1500,
      fetchWaitMs: 100,
      prefetchSizeMax: 3000,
      partitionFetchSizeMax: 500,
    })
    const told = listen(consumer)
    let isClosed = false
    watch(consumer, () => isClosed)
    const running = work(consumer, told, () => isClosed)
    const { close } = consumer
    consumer.close = (options) => {
      isClosed = true
      return close.call(consumer, options)
    }
    members.add({ consumer, told, running })
  }

  const pick = <T>(items: readonly T[]): T | undefined => items[below(Math.max(1, items.length))]
  const closing: Promise<void>[] = []
  const actions: readonly (() => void | Promise<void>)[] = [
    () => void scripted.log('t', below(partitionCount)).append(batchOf(numbered(1 + below(30)))),
    () => void scripted.log('t', below(partitionCount)).append(batchOf(numbered(1 + below(30)))),
    () => void scripted.log('t', below(partitionCount)).append(batchOf(numbered(1 + below(30)))),
    () => {
      if (members.size < memberCountMax) join()
    },
    () => {
      const member = pick([...members])
      if (member === undefined || members.size < 2) return
      members.delete(member)
      closing.push(member.consumer.close({ timeoutMs: 3000 }).then(() => member.running))
    },
    () => {
      const id = pick([...group.members.keys()])
      if (id !== undefined) group.expel(id)
    },
    () => group.state === 'stable' && group.rebalance(),
    () => scripted.broker(1 + below(brokerCount)).dropConnections(),
    () => scripted.moveLeader('t', below(partitionCount), 1 + below(brokerCount)),
    async () => {
      const broker = scripted.broker(1 + below(brokerCount))
      if (!broker.isUp) await broker.start()
      else if (scripted.brokers.filter(({ isUp }) => isUp).length > 1) await broker.stop()
    },
  ].map((action) => action as () => void | Promise<void>)

  join()
  for (let step = 0; step < stepCount; step++) {
    await pick(actions)?.()
    await pass(below(400))
    group.expelSilent(sessionTimeoutMs)
  }
  isQuiet = true
  for (const broker of scripted.brokers) if (!broker.isUp) await broker.start()
  if (members.size === 0) join()
  const ends = Array.from({ length: partitionCount }, (_, partition) => scripted.log('t', partition).endOffset)
  const committed = () => ends.map((_, partition) => group.offsets.get(`t-${partition}`)?.offset ?? 0)
  const isDone = () => committed().every((offset, partition) => offset === ends[partition])
  await pass(sessionTimeoutMs)
  group.expelSilent(sessionTimeoutMs)
  await until(isDone, 60_000).catch(() => {
    ledger.faults.push(`after a minute without faults ${committed()} is committed of ${ends}`)
  })
  for (const [partition, offsets] of ledger.given.entries()) {
    if (offsets.size !== ends[partition]) ledger.faults.push(`${partition}: ${offsets.size} of ${ends[partition]} seen`)
  }
  for (const { consumer, running } of members) closing.push(consumer.close().then(() => running))
  await run(Promise.all(closing))
  expect(ledger.faults, `seed ${seed}, ${kind}`).toEqual([])
  await end()
}

describe.each(kinds)('in a group of %s members', (kind) => {
  it.each(Array.from({ length: 8 }, (_, index) => index + 1))(
    'every record is given, in order, by one member at a time, and none is committed before it is done (seed %d)',
    (seed) => play(seed, kind),
  )
})
