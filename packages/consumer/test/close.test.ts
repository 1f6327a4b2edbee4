import { ManualClock, seededRandom } from '@millrace/base'
import { drive, hangUp, noAnswer, pass, ScriptedCluster } from '@millrace/client/testing'
import {
  Fetch,
  FindCoordinator,
  Heartbeat,
  JoinGroup,
  LeaveGroup,
  ListOffsets,
  Metadata,
  OffsetCommit,
  OffsetFetch,
  SyncGroup,
} from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { Consumer, type Message } from '../src/index.ts'
import { numbered } from './batches.ts'
import { eventsOf, listen, world } from './world.ts'

const settings = { group: 'g', topics: ['t'], from: 'earliest' as const, autoCommitIntervalMs: 60_000 }

/** A topic with ten records. */
async function tenRecords(brokerCount = 1) {
  const all = await world({ brokerCount })
  all.scripted.createTopic('t', 2)
  all.append('t', 0, numbered(10))
  return all
}

describe('closing', () => {
  it('ends the loop, commits what is done, and leaves the group', async () => {
    const { scripted, consume, run, take, end } = await tenRecords()
    const consumer = consume(settings)
    const told = listen(consumer)
    const loop = consumer.messages()
    await take(loop, 4)
    await run(consumer.close())
    expect(await loop.next()).toEqual({ done: true, value: undefined })
    expect(scripted.group('g').offsets.get('t-0')?.offset).toBe(3)
    expect(scripted.group('g').members.size).toBe(0)
    expect(eventsOf(told, 'revoking')).toHaveLength(1)
    expect(consumer.assignment).toEqual([])
    await end()
  })

  it('from inside of the loop does not wait for the loop', async () => {
    const { scripted, clock, consume, run, end } = await tenRecords()
    const consumer = consume(settings)
    const seen: number[] = []
    await run(
      (async () => {
        for await (const { offset } of consumer.messages()) {
          seen.push(offset)
          if (offset === 4) await consumer.close()
        }
      })(),
    )
    expect(seen).toEqual([0, 1, 2, 3, 4])
    expect(clock.monotonic()).toBeLessThan(1000)
    expect(scripted.group('g').offsets.get('t-0')?.offset).toBe(4)
    await end()
  })

  it('ends a loop that waits', async () => {
    const { consume, run, take, end } = await tenRecords()
    const consumer = consume(settings)
    const loop = consumer.messages()
    await take(loop, 10)
    const next = loop.next()
    await run(consumer.close())
    expect(await next).toEqual({ done: true, value: undefined })
    await end()
  })

  it('twice is once, also from a listener of what closing tells', async () => {
    const { scripted, consume, run, take, end } = await tenRecords()
    const consumer = consume(settings)
    let count = 0
    consumer.on('revoking', () => {
      count++
      void consumer.close()
    })
    await take(consumer.messages(), 1)
    await run(Promise.all([consumer.close(), consumer.close(), consumer[Symbol.asyncDispose]()]))
    expect(count).toBe(1)
    expect(scripted.seen('LeaveGroup')).toHaveLength(1)
    await end()
  })

  it('makes everything after it fail clearly', async () => {
    const { consume, run, end } = await tenRecords()
    const consumer = consume(settings)
    await run(consumer.close())
    expect(() => consumer.messages()).toThrow(expect.objectContaining({ code: 'closed' }))
    await expect(consumer.run(() => {})).rejects.toMatchObject({ code: 'closed' })
    expect(() => consumer.seek({ topic: 't', partition: 0 }, 0)).toThrow(expect.objectContaining({ code: 'revoked' }))
    await end()
  })

  it('does not tell twice that partitions go when they were going already', async () => {
    const { consume, run, take, until, scripted, end } = await tenRecords()
    const consumer = consume({ ...settings, assignors: ['range'] })
    const told = listen(consumer)
    let finish = () => {}
    consumer.on('revoking', () => new Promise<void>((resolve) => (finish = resolve)))
    const loop = consumer.messages()
    await take(loop, 10)
    void loop.next()
    scripted.group('g').rebalance()
    await until(() => eventsOf(told, 'revoking').length === 1)
    const closing = consumer.close()
    finish()
    await run(closing)
    expect(eventsOf(told, 'revoking')).toHaveLength(1)
    expect(scripted.group('g').offsets.get('t-0')?.offset).toBe(10)
    await end()
  })

  it('commits and leaves though a listener hangs', async () => {
    const { scripted, clock, consume, run, take, end } = await tenRecords()
    const consumer = consume(settings)
    consumer.on('revoking', () => new Promise(() => {}))
    await take(consumer.messages(), 4)
    const startMs = clock.monotonic()
    await run(consumer.close({ timeoutMs: 4000 }))
    expect(clock.monotonic() - startMs).toBeLessThan(4000)
    expect(scripted.group('g').offsets.get('t-0')?.offset).toBe(3)
    expect(scripted.group('g').members.size).toBe(0)
    await end()
  })
})

describe('closing takes no longer than it may, and leaves nothing behind', () => {
  const apis = {
    Metadata,
    FindCoordinator,
    JoinGroup,
    SyncGroup,
    OffsetFetch,
    ListOffsets,
    Fetch,
    Heartbeat,
    OffsetCommit,
    LeaveGroup,
  }
  const ways = [
    ['is not answered', noAnswer],
    ['cuts the connection', hangUp],
  ] as const
  const cases = ways.flatMap(([way, outcome]) =>
    (Object.keys(apis) as (keyof typeof apis)[]).map((name) => [name, way, outcome] as const),
  )

  it.each(cases)('where %s %s', async (name, _, outcome) => {
    const { scripted, clock, consume, run, pass, end } = await tenRecords()
    scripted.intercept(apis[name] as typeof Metadata, () => outcome)
    const consumer = consume({ ...settings, autoCommitIntervalMs: 500, heartbeatIntervalMs: 500 })
    const running = consumer.run(() => {}).catch(() => {})
    await pass(2000)
    const startMs = clock.monotonic()
    await run(consumer.close({ timeoutMs: 1500 }))
    expect(clock.monotonic() - startMs).toBeLessThanOrEqual(1520)
    await run(running)
    // The cluster stays, since others may use it: but for its metadata, nothing goes on in it.
    await pass(100)
    const { length } = scripted.seen()
    await pass(6000)
    const after = scripted.seen().filter((_, index) => index >= length)
    expect(after.filter((each) => !['ApiVersions', 'Metadata'].includes(each.name))).toEqual([])
    await end()
  })

  it.each([0, 1, 5, 10, 20, 30, 40, 50, 75, 100, 500])('%d ms after the loop began', async (delayMs) => {
    const { clock, consume, run, pass, scripted, end } = await tenRecords(2)
    const consumer = consume(settings)
    const next = consumer.messages().next()
    await pass(delayMs)
    const startMs = clock.monotonic()
    await run(consumer.close())
    await run(next)
    expect(clock.monotonic() - startMs).toBeLessThan(1000)
    expect(scripted.group('g').members.size).toBe(0)
    await end()
  })

  it.each([0, 2000])('when the whole cluster is dead (%d ms after the loop began)', async (delayMs) => {
    const { clock, scripted, consume, run, pass, end } = await tenRecords(2)
    if (delayMs === 0) await scripted.stop()
    const consumer = consume(settings)
    const running = consumer.run(() => {}).catch(() => {})
    await pass(delayMs)
    await scripted.stop()
    await pass(10_000)
    const startMs = clock.monotonic()
    await run(consumer.close())
    expect(clock.monotonic() - startMs).toBeLessThan(30_100)
    await run(running)
    await end()
  })

  it('while user code has a message, and never gives it back', async () => {
    const { scripted, clock, consume, run, take, pass, end } = await tenRecords()
    const consumer = consume({ ...settings, assignors: ['range'] })
    await take(consumer.messages(), 1)
    // Also while that keeps partitions from being given up.
    scripted.group('g').rebalance()
    await pass(3500)
    const startMs = clock.monotonic()
    await run(consumer.close())
    expect(clock.monotonic() - startMs).toBeLessThan(1000)
    await end()
  })

  it('before it ever began', async () => {
    const { scripted, clock, consume, run, end } = await tenRecords()
    const consumer = consume(settings)
    await run(consumer.close())
    expect([clock.monotonic(), scripted.seen().length]).toEqual([0, 0])
    await end()
  })
})

describe('the cluster', () => {
  it('that a consumer made is closed with it, and everything is gone', async () => {
    const clock = new ManualClock()
    const scripted = await ScriptedCluster.start({ clock })
    scripted.createTopic('t')
    const { bootstrap: brokers, transport } = scripted
    const consumer = new Consumer({ brokers, transport, clock, random: seededRandom(3), ...settings })
    const next = consumer.messages().next()
    await pass(clock, 200)
    await drive(clock, consumer.close())
    await next
    await pass(clock, 600)
    expect(clock.pendingCount).toBe(0)
    expect(scripted.broker(1).connectionCount).toBe(0)
  })

  it('that others use too stays open', async () => {
    const { newCluster, run, take, end } = await tenRecords()
    const cluster = newCluster()
    const consumer = new Consumer({ cluster, ...settings })
    await take(consumer.messages(), 1)
    await run(consumer.close())
    expect(cluster.isClosed).toBe(false)
    const other = new Consumer<Buffer, Buffer>({ cluster, topics: ['t'], from: 'earliest' })
    const [message] = await take(other.messages(), 1)
    expect((message as Message).offset).toBe(0)
    await run(other.close())
    await cluster.close()
    await end()
  })

  it('closed before its consumer is told in the loop, and the consumer can still be closed', async () => {
    const { newCluster, clock, run, fails, take, end } = await tenRecords()
    const cluster = newCluster()
    const consumer = new Consumer({ cluster, ...settings })
    const loop = consumer.messages()
    await take(loop, 10)
    const next = loop.next()
    await cluster.close()
    expect(await fails(next)).toMatchObject({ code: 'closed' })
    const startMs = clock.monotonic()
    await run(consumer.close())
    expect(clock.monotonic() - startMs).toBeLessThan(100)
    await end()
  })
})
