import { forgetFetchSessions, hangUp, noAnswer } from '@millrace/client/testing'
import {
  ErrorCode,
  Fetch,
  type FetchRequest,
  FindCoordinator,
  Heartbeat,
  JoinGroup,
  ListOffsets,
  Metadata,
  OffsetCommit,
  OffsetFetch,
  SyncGroup,
} from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import type { Message } from '../src/index.ts'
import { batchOf, damagedBatchOf, numbered } from './batches.ts'
import { eventsOf, listen, textOf, world } from './world.ts'

const place = { topic: 't', partition: 0 }
const offsetsOf = (messages: readonly Message[]) => messages.map(({ offset }) => offset)

describe('a leader that moves', () => {
  it('is found again, and nothing is lost or doubled', async () => {
    const { scripted, consume, take, append, end } = await world({ brokerCount: 2 })
    scripted.createTopic('t')
    append('t', 0, numbered(5))
    const loop = consume({ topics: ['t'], from: 'earliest' }).messages()
    expect(offsetsOf(await take(loop, 5))).toEqual([0, 1, 2, 3, 4])
    scripted.moveLeader('t', 0, 2)
    append('t', 0, numbered(5, 5))
    expect(offsetsOf(await take(loop, 5))).toEqual([5, 6, 7, 8, 9])
    await end()
  })

  it('is asked at once when the old one names it, before metadata is (KIP-951)', async () => {
    const { clock, scripted, consume, run, take, append, until, end } = await world({
      brokerCount: 2,
      cluster: { retryBackoffMs: 5000, retryBackoffMaxMs: 5000 },
    })
    scripted.createTopic('t')
    append('t', 0, ['a'])
    scripted.broker(1).intercept(Fetch, async (_, proceed) => {
      const answer = await proceed()
      if (typeof answer === 'symbol') return answer
      const currentLeader = { leaderId: 2, leaderEpoch: 1 }
      const responses = (answer.responses ?? []).map((topic) => ({
        ...topic,
        partitions: (topic.partitions ?? []).map((each) => (each.errorCode === 6 ? { ...each, currentLeader } : each)),
      }))
      return { ...answer, responses, nodeEndpoints: [{ nodeId: 2, host: 'broker2', port: 9092, rack: null }] }
    })
    const loop = consume({ topics: ['t'], from: 'earliest' }).messages()
    await take(loop, 1)
    const next = loop.next()
    await until(() => scripted.seen('Fetch').length === 2)
    scripted.moveLeader('t', 0, 2)
    const startMs = clock.monotonic()
    append('t', 0, ['b'])
    expect((await run(next)).value?.offset).toBe(1)
    expect(clock.monotonic() - startMs).toBeLessThan(100)
    await end()
  })

  it('may be missing for a while', async () => {
    const { clock, scripted, consume, run, take, append, end } = await world({ brokerCount: 2 })
    scripted.createTopic('t')
    append('t', 0, ['a'])
    const consumer = consume({ topics: ['t'], from: 'earliest' })
    const told = listen(consumer)
    const loop = consumer.messages()
    await take(loop, 1)
    await scripted.broker(1).stop()
    clock.schedule(20_000, () => {
      scripted.moveLeader('t', 0, 2)
      append('t', 0, ['b'])
    })
    expect((await run(loop.next())).value?.offset).toBe(1)
    expect(clock.monotonic()).toBeLessThan(25_000)
    expect(eventsOf(told, 'stalled').map(({ during }) => during)).toContain('fetch')
    await end()
  })
})

describe('a broker that is down', () => {
  it('is read again when it is back, and keeps others from nothing', async () => {
    const { clock, scripted, consume, run, take, append, end } = await world({ brokerCount: 2 })
    scripted.createTopic('t', 2)
    append('t', 0, ['a'])
    append('t', 1, ['x'])
    const loop = consume({ topics: ['t'], from: 'earliest' }).messages()
    await take(loop, 2)
    await scripted.broker(1).stop()
    append('t', 0, ['b'])
    append('t', 1, ['y'])
    expect(textOf((await run(loop.next())).value as Message)).toBe('t-1@1=y')
    clock.schedule(30_000, () => void scripted.broker(1).start())
    expect(textOf((await run(loop.next())).value as Message)).toBe('t-0@1=b')
    expect(clock.monotonic()).toBeLessThan(35_000)
    await end()
  })
})

describe('a connection that is cut', () => {
  const apis = {
    Metadata,
    ListOffsets,
    Fetch,
    FindCoordinator,
    JoinGroup,
    SyncGroup,
    OffsetFetch,
    OffsetCommit,
    Heartbeat,
  }

  it.each(Object.keys(apis) as (keyof typeof apis)[])(
    'at %s, before or after the broker did what it was asked, costs no record',
    async (name) => {
      for (const isBefore of [true, false]) {
        const { scripted, consume, take, append, pass, end } = await world()
        scripted.createTopic('t', 2)
        for (const partition of [0, 1]) append('t', partition, numbered(5))
        let cutCount = 0
        scripted.intercept(apis[name] as typeof Metadata, async (_, proceed) => {
          if (cutCount >= 3) return proceed()
          cutCount++
          if (!isBefore) await proceed()
          return hangUp
        })
        const settings = { group: 'g', topics: ['t'], from: 'earliest' as const, maxProcessingMs: 10_000 }
        const consumer = consume({ ...settings, autoCommitIntervalMs: 500 })
        const loop = consumer.messages()
        const messages = await take(loop, 10)
        expect(new Set(messages.map(textOf)).size).toBe(10)
        void loop.next()
        await pass(15_000)
        expect(cutCount).toBe(3)
        const { offsets } = scripted.group('g')
        expect([offsets.get('t-0')?.offset, offsets.get('t-1')?.offset]).toEqual([5, 5])
        await end()
      }
    },
  )

  it('in one direction only is noticed, and another one made', async () => {
    const { scripted, consume, run, append, end } = await world({ cluster: { requestTimeoutMs: 2000 } })
    scripted.createTopic('t')
    append('t', 0, ['a'])
    let count = 0
    scripted.intercept(Fetch, (_, proceed) => (++count === 1 ? noAnswer : proceed()))
    const consumer = consume({ topics: ['t'], from: 'earliest' })
    const told = listen(consumer)
    expect((await run(consumer.messages().next(), 5000)).value?.offset).toBe(0)
    expect(eventsOf(told, 'stalled')).toMatchObject([{ during: 'fetch', error: { code: 'timeout' } }])
    await end()
  })
})

describe('a fetch session', () => {
  const bodies = (seen: readonly { body: unknown }[]) => seen.map(({ body }) => body as FetchRequest)

  it('that is lost or evicted is begun anew without a word', async () => {
    const { scripted, consume, take, append, end } = await world()
    scripted.createTopic('t', 2)
    const consumer = consume({ topics: ['t'], from: 'earliest', fetchWaitMs: 50 })
    const told = listen(consumer)
    const loop = consumer.messages()
    for (let round = 0; round < 5; round++) {
      append('t', round % 2, [String(round)])
      expect((await take(loop, 1))[0]?.value?.toString()).toBe(String(round))
      forgetFetchSessions(scripted)
    }
    expect(eventsOf(told, 'stalled')).toEqual([])
    const fetches = bodies(scripted.seen('Fetch'))
    expect(fetches.filter(({ sessionEpoch }) => sessionEpoch === 0).length).toBeGreaterThanOrEqual(4)
    await end()
  })

  it('that a broker refuses for ever is not asked for without a pause', async () => {
    const { scripted, consume, pass, end } = await world()
    scripted.createTopic('t')
    scripted.intercept(Fetch, () => ({ errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH }))
    const consumer = consume({ topics: ['t'], from: 'earliest' })
    const told = listen(consumer)
    void consumer.messages().next()
    await pass(10_000)
    expect(scripted.seen('Fetch').length).toBeLessThan(30)
    expect(eventsOf(told, 'stalled').length).toBeGreaterThan(2)
    await end()
  })

  it('names only what changed', async () => {
    const { scripted, consume, take, append, pass, end } = await world()
    scripted.createTopic('t', 10)
    const loop = consume({ topics: ['t'], from: 'earliest', fetchWaitMs: 50 }).messages()
    void loop.next()
    await pass(200)
    append('t', 3, ['x'])
    await pass(200)
    const named = bodies(scripted.seen('Fetch')).map(({ topics }) => topics.flatMap(({ partitions }) => partitions))
    expect(named[0]).toHaveLength(10)
    expect(named.slice(1).flat()).toMatchObject([{ partition: 3, fetchOffset: 1 }])
    await take(loop, 0)
    await end()
  })

  it('is not needed: brokers that keep none are read too, also those that know no topic ids', async () => {
    const { scripted, consume, take, append, end } = await world()
    scripted.broker(1).versions.set(Fetch.key, { min: 4, max: 6 })
    scripted.broker(1).versions.set(Metadata.key, { min: 0, max: 8 })
    scripted.createTopic('t', 2)
    const loop = consume({ topics: ['t'], from: 'earliest', fetchWaitMs: 50 }).messages()
    for (let round = 0; round < 4; round++) {
      append('t', round % 2, [String(round)])
      expect((await take(loop, 1))[0]?.value?.toString()).toBe(String(round))
    }
    expect(scripted.seen('Metadata').every(({ version }) => version <= 8)).toBe(true)
    expect(bodies(scripted.seen('Fetch')).every(({ sessionId }) => sessionId === 0)).toBe(true)
    await end()
  })
})

describe('an offset that is gone', () => {
  it.each([
    ['earliest' as const, 7],
    ['latest' as const, 10],
  ])('is told of, and reading goes on at the %s', async (from, to) => {
    const { scripted, consume, run, append, end } = await world()
    scripted.createTopic('t')
    append('t', 0, numbered(7))
    append('t', 0, numbered(3, 7))
    scripted.log('t').deleteBefore(7)
    const consumer = consume({ from })
    const told = listen(consumer)
    consumer.assign([{ ...place, offset: 2 }])
    const next = consumer.messages().next()
    await run(new Promise<void>((resolve) => void consumer.on('reset', () => resolve())))
    expect(eventsOf(told, 'reset')).toEqual([{ ...place, from: 2, to }])
    append('t', 0, ['more'])
    expect((await run(next)).value?.offset).toBe(to)
    await end()
  })

  it('keeps what was fetched before it, and what user code has not finished', async () => {
    const { scripted, consume, run, take, append, pass, end } = await world()
    scripted.createTopic('t')
    append('t', 0, numbered(5))
    const consumer = consume({ group: 'g', from: 'latest', autoCommitIntervalMs: 100, fetchWaitMs: 50 })
    const told = listen(consumer)
    consumer.assign([{ ...place, from: 'earliest' }])
    const loop = consumer.messages()
    await take(loop, 2)
    // Everything goes away while user code is busy with the second of the five.
    append('t', 0, numbered(20, 5))
    scripted.intercept(Fetch, (_, proceed) => {
      scripted.log('t').deleteBefore(25)
      return proceed()
    })
    await pass(1000)
    expect(scripted.group('g').offsets.get('t-0')?.offset).toBe(1)
    expect(eventsOf(told, 'reset')).toEqual([])
    expect(offsetsOf(await take(loop, 3))).toEqual([2, 3, 4])
    const next = loop.next()
    await run(new Promise<void>((resolve) => void consumer.on('reset', () => resolve())))
    expect(eventsOf(told, 'reset')).toEqual([{ ...place, from: 5, to: 25 }])
    append('t', 0, ['more'])
    expect((await run(next)).value?.offset).toBe(25)
    await end()
  })
})

describe('an error of one partition', () => {
  it.each([
    'UNKNOWN_TOPIC_OR_PARTITION',
    'LEADER_NOT_AVAILABLE',
    'NOT_LEADER_OR_FOLLOWER',
    'REPLICA_NOT_AVAILABLE',
    'KAFKA_STORAGE_ERROR',
    'FENCED_LEADER_EPOCH',
    'UNKNOWN_LEADER_EPOCH',
    'OFFSET_NOT_AVAILABLE',
    'UNKNOWN_TOPIC_ID',
    'INCONSISTENT_TOPIC_ID',
    'CORRUPT_MESSAGE',
  ] as const)('%s is tried again, slower each time, and the others go on', async (name) => {
    const { scripted, consume, take, append, pass, end } = await world()
    scripted.createTopic('t', 2)
    let failureCount = 0
    scripted.intercept(Fetch, async (_, proceed) => {
      const answer = await proceed()
      if (typeof answer === 'symbol') return answer
      const responses = (answer.responses ?? []).map((topic) => ({
        ...topic,
        partitions: (topic.partitions ?? []).map((each) => {
          if (each.partitionIndex !== 0 || failureCount >= 4) return each
          failureCount++
          return { partitionIndex: 0, errorCode: ErrorCode[name], highWatermark: -1, records: null }
        }),
      }))
      return { ...answer, responses }
    })
    append('t', 0, ['a'])
    append('t', 1, ['b'])
    const consumer = consume({ topics: ['t'], from: 'earliest', fetchWaitMs: 50 })
    const told = listen(consumer)
    const messages = await take(consumer.messages(), 2)
    expect(messages.map(textOf)).toEqual(['t-1@0=b', 't-0@0=a'])
    expect(failureCount).toBe(4)
    // The first failure is often no more than news.
    expect(eventsOf(told, 'stalled').map(({ error }) => error.brokerError)).toEqual([name, name, name])
    await pass(1)
    await end()
  })

  it('that nothing helps against is thrown into the loop, and the next loop goes on with the others', async () => {
    const { scripted, consume, run, fails, append, end } = await world()
    scripted.createTopic('t', 2)
    append('t', 1, ['b'])
    scripted.intercept(Fetch, async (_, proceed) => {
      const answer = await proceed()
      if (typeof answer === 'symbol') return answer
      const responses = (answer.responses ?? []).map((topic) => ({
        ...topic,
        partitions: (topic.partitions ?? []).map((each) =>
          each.partitionIndex === 0
            ? { partitionIndex: 0, errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED, highWatermark: -1, records: null }
            : each,
        ),
      }))
      return { ...answer, responses }
    })
    const consumer = consume({ topics: ['t'], from: 'earliest', fetchWaitMs: 50 })
    expect(await fails(consumer.messages().next())).toMatchObject({
      message: 'Fetching t-0 failed with TOPIC_AUTHORIZATION_FAILED',
    })
    expect((await run(consumer.messages().next())).value?.partition).toBe(1)
    await end()
  })
})

describe('damaged data', () => {
  it('is thrown every time until somebody seeks beyond it; what comes before is given first', async () => {
    const { scripted, consume, fails, take, append, pass, end } = await world()
    scripted.createTopic('t')
    append('t', 0, ['a', 'b'])
    scripted.log('t').appendDamaged(damagedBatchOf(['c', 'd']))
    append('t', 0, ['e'])
    const consumer = consume({ topics: ['t'], from: 'earliest', fetchWaitMs: 50 })
    const loop = consumer.messages()
    expect((await take(loop, 2)).map(textOf)).toEqual(['t-0@0=a', 't-0@1=b'])
    expect(await fails(loop.next())).toMatchObject({
      code: 'corrupt-data',
      message: expect.stringContaining('The records of t-0 from offset 2 on cannot be read: the checksum'),
    })
    expect(await loop.next()).toEqual({ done: true, value: undefined })
    for (let count = 0; count < 3; count++) {
      expect(await fails(consumer.messages().next())).toMatchObject({ code: 'corrupt-data' })
    }
    consumer.seek(place, 4)
    expect((await take(consumer.messages(), 1)).map(textOf)).toEqual(['t-0@4=e'])
    await pass(1)
    await end()
  })

  it('is not fetched again and again', async () => {
    const { scripted, consume, fails, take, append, pass, end } = await world()
    scripted.createTopic('t')
    append('t', 0, ['a'])
    scripted.intercept(Fetch, async (_, proceed) => {
      const answer = await proceed()
      if (typeof answer === 'symbol') return answer
      const [topic] = answer.responses ?? []
      const [each] = topic?.partitions ?? []
      if (topic === undefined || each === undefined) return answer
      const records = Buffer.concat([batchOf(['a']), Buffer.alloc(100, 1)])
      return { ...answer, responses: [{ ...topic, partitions: [{ ...each, records }] }] }
    })
    const consumer = consume({ topics: ['t'], from: 'earliest', fetchWaitMs: 50 })
    const loop = consumer.messages()
    expect((await take(loop, 1)).map(textOf)).toEqual(['t-0@0=a'])
    expect(await fails(loop.next())).toMatchObject({ code: 'corrupt-data' })
    const before = scripted.seen('Fetch').length
    await pass(5000)
    expect(scripted.seen('Fetch').length).toBe(before)
    await end()
  })

  it('without a whole batch in it is told of too', async () => {
    const { scripted, consume, fails, append, end } = await world()
    scripted.createTopic('t')
    append('t', 0, ['a'])
    scripted.intercept(Fetch, async (_, proceed) => {
      const answer = await proceed()
      if (typeof answer === 'symbol') return answer
      const [topic] = answer.responses ?? []
      const [each] = topic?.partitions ?? []
      if (topic === undefined || each === undefined) return answer
      const records = batchOf(['a']).subarray(0, 40)
      return { ...answer, responses: [{ ...topic, partitions: [{ ...each, records }] }] }
    })
    expect(
      await fails(
        consume({ topics: ['t'], from: 'earliest' })
          .messages()
          .next(),
      ),
    ).toMatchObject({
      code: 'corrupt-data',
      message: expect.stringContaining('the broker sent 40 bytes and no whole batch'),
    })
    await end()
  })
})
