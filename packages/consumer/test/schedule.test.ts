/**
 * Groups under a random schedule, from a seed: members that come, go and are thrown out, connections that are cut, leaders that move,
 * brokers that are killed, user code that dawdles or gives up. A failure names the seed that replays it.
 */
import { type Random, randomBelow, seededRandom } from '@millrace/base'
import { OffsetCommit } from '@millrace/protocol'
import { expect, it } from 'vitest'
import type { Consumer } from '../src/index.ts'
import { batchOf, numbered } from './batches.ts'
import { eventsOf, listen, type Told, world } from './world.ts'

const partitionCount = 5
const brokerCount = 3
const stepCount = 60
const sessionTimeoutMs = 1500
const memberCountMax = 4

/** What user code has been given and has finished, by partition. */
class Ledger {
  readonly given = Array.from({ length: partitionCount }, () => new Set<number>())
  readonly finished = Array.from({ length: partitionCount }, () => new Set<number>())
  readonly faults: string[] = []

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

async function play(seed: number): Promise<void> {
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

  const sleep = (delayMs: number) => new Promise<void>((resolve) => void clock.schedule(delayMs, resolve))

  /** One loop; order is kept within it as long as nothing is assigned anew. */
  async function loop(consumer: Consumer, told: Told[]): Promise<void> {
    let assignedCount = -1
    const last = new Map<number, number>()
    for await (const { partition, offset } of consumer.messages()) {
      const count = eventsOf(told, 'assigned').length
      if (count !== assignedCount) last.clear()
      assignedCount = count
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

  function join(): void {
    const consumer = consume({
      group: 'g',
      topics: ['t'],
      from: 'earliest',
      assignors: [below(2) === 0 ? 'range' : 'roundrobin', 'range'],
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
  expect(ledger.faults, `seed ${seed}`).toEqual([])
  await end()
}

it.each(Array.from({ length: 12 }, (_, index) => index + 1))(
  'every record is given, in order, and none is committed before it is done (seed %d)',
  (seed) => play(seed),
)
