import { hangUp } from '@millrace/client/testing'
import {
  ErrorCode,
  Fetch,
  type FetchRequest,
  OffsetForLeaderEpoch,
  type OffsetForLeaderEpochRequest,
} from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import type { ConsumerSettings } from '../src/index.ts'
import { batchOf, numbered } from './batches.ts'
import { eventsOf, listen, textOf, world } from './world.ts'

const place = { topic: 't', partition: 0 }

/** A partition with ten records in two batches, and a consumer that has read some of them. */
async function reading(count: number, settings: ConsumerSettings<Buffer, Buffer> = {}) {
  const all = await world({ brokerCount: 2 })
  const { scripted, append, consume, take } = all
  scripted.createTopic('t')
  append('t', 0, numbered(5))
  append('t', 0, numbered(5, 5))
  const consumer = consume({ topics: ['t'], from: 'earliest', fetchWaitMs: 50, ...settings })
  const told = listen(consumer)
  const loop = consumer.messages()
  await take(loop, count)
  /** Another leader, whose log ends at `offset`, and that has written since. */
  const truncate = (offset: number, values: readonly string[] = []) => {
    const log = scripted.log('t')
    log.truncate(offset)
    scripted.moveLeader('t', 0, 2)
    if (values.length > 0) append('t', 0, values)
  }
  const questions = () =>
    scripted
      .seen('OffsetForLeaderEpoch')
      .map(({ body }) => (body as OffsetForLeaderEpochRequest).topics[0]?.partitions[0])
  return { ...all, consumer, told, loop, truncate, questions }
}

describe('a new leader', () => {
  it('that has what was fetched is asked once, and read on', async () => {
    const { loop, scripted, append, take, told, questions, pass, end } = await reading(10)
    expect(questions()).toEqual([])
    scripted.moveLeader('t', 0, 2)
    append('t', 0, ['x'])
    expect((await take(loop, 1)).map(textOf)).toEqual(['t-0@10=x'])
    append('t', 0, ['y'])
    await take(loop, 1)
    await pass(2000)
    expect(questions()).toEqual([{ partition: 0, currentLeaderEpoch: 1, leaderEpoch: 0 }])
    expect(eventsOf(told, 'reset')).toEqual([])
    await end()
  })

  it('whose log ends before is told of, and read from where the logs part', async () => {
    const { loop, take, told, truncate, run, end } = await reading(10)
    const next = loop.next()
    truncate(5, ['other 5', 'other 6'])
    expect(textOf((await run(next)).value as never)).toBe('t-0@5=other 5')
    expect((await take(loop, 1)).map(textOf)).toEqual(['t-0@6=other 6'])
    expect(eventsOf(told, 'reset')).toEqual([{ ...place, from: 10, to: 5 }])
    await end()
  })

  it('that has more than was fetched, but other records, is read from where the logs part', async () => {
    const { loop, take, told, truncate, run, end } = await reading(10)
    const next = loop.next()
    truncate(
      5,
      numbered(20).map((value) => `other ${value}`),
    )
    expect(textOf((await run(next)).value as never)).toBe('t-0@5=other 0')
    expect(eventsOf(told, 'reset')).toEqual([{ ...place, from: 10, to: 5 }])
    expect((await take(loop, 1)).map(textOf)).toEqual(['t-0@6=other 1'])
    await end()
  })

  it('makes fetched records that it lacks go, without a word, while user code has had none of them', async () => {
    const { loop, take, told, truncate, consumer, until, pass, questions, end } = await reading(3)
    await until(() => consumer.state().partitions[0]?.lag === 7)
    truncate(5, ['other 5'])
    // Only the next fetch shows that there is another leader.
    await until(() => questions().length > 0)
    await pass(20)
    expect((await take(loop, 3)).map(textOf)).toEqual(['t-0@3=3', 't-0@4=4', 't-0@5=other 5'])
    expect(eventsOf(told, 'reset')).toEqual([])
    await end()
  })

  it('does not make a message count as done that user code still has', async () => {
    const { scripted, loop, told, truncate, pass, run, append, end } = await reading(9, {
      group: 'g',
      autoCommitIntervalMs: 100,
    })
    const committed = () => scripted.group('g').offsets.get('t-0')?.offset
    await pass(300)
    expect(committed()).toBe(8)
    truncate(5)
    await pass(1500)
    expect(eventsOf(told, 'reset')).toEqual([])
    expect(committed()).toBe(8)
    const next = loop.next()
    await pass(300)
    expect(eventsOf(told, 'reset')).toEqual([{ ...place, from: 9, to: 5 }])
    expect(committed()).toBe(5)
    append('t', 0, ['other 5'])
    expect(textOf((await run(next)).value as never)).toBe('t-0@5=other 5')
    await end()
  })

  it('that the old one names (KIP-951) is asked before it is read', async () => {
    const { scripted, loop, run, truncate, told, end } = await reading(10)
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
    const next = loop.next()
    truncate(5, ['other 5'])
    expect(textOf((await run(next)).value as never)).toBe('t-0@5=other 5')
    expect(eventsOf(told, 'reset')).toHaveLength(1)
    await end()
  })

  it.each(['FENCED_LEADER_EPOCH', 'UNKNOWN_LEADER_EPOCH', 'NOT_LEADER_OR_FOLLOWER', 'hang up'] as const)(
    'that answers with %s is asked again until it answers',
    async (name) => {
      const { scripted, loop, truncate, told, run, end } = await reading(10)
      let count = 0
      scripted.intercept(OffsetForLeaderEpoch, (_, proceed) => {
        if (count++ >= 3) return proceed()
        if (name === 'hang up') return hangUp
        return { topics: [{ topic: 't', partitions: [{ partition: 0, errorCode: ErrorCode[name] }] }] }
      })
      const next = loop.next()
      truncate(5, ['other 5'])
      expect(textOf((await run(next)).value as never)).toBe('t-0@5=other 5')
      expect(eventsOf(told, 'reset')).toHaveLength(1)
      await end()
    },
  )

  it.each(['that cannot be asked', 'that may not be asked', 'that does not know'])('%s is read on', async (way) => {
    const { scripted, loop, append, take, told, pass, end } = await reading(10)
    if (way === 'that cannot be asked') scripted.broker(2).versions.delete(OffsetForLeaderEpoch.key)
    scripted.intercept(OffsetForLeaderEpoch, () => ({
      topics: [{ topic: 't', partitions: [{ partition: 0, errorCode: way === 'that may not be asked' ? 29 : 0 }] }],
    }))
    scripted.moveLeader('t', 0, 2)
    append('t', 0, ['x'])
    expect((await take(loop, 1)).map(textOf)).toEqual(['t-0@10=x'])
    expect(eventsOf(told, 'reset')).toEqual([])
    await pass(500)
    expect(scripted.seen('OffsetForLeaderEpoch').length).toBeLessThanOrEqual(1)
    await end()
  })

  it.each([
    ['after its answer', 'Fetch'],
    ['before its answer', 'OffsetForLeaderEpoch'],
  ])('is asked again about what came late from the one before, %s', async (_when, awaited) => {
    const { scripted, consume, append, take, until, pass, run, end } = await world({
      brokerCount: 2,
      cluster: { metadataMaxAgeMs: 200 },
    })
    scripted.createTopic('t')
    append('t', 0, numbered(5))
    const consumer = consume({ topics: ['t'], from: 'earliest', fetchWaitMs: 900 })
    const told = listen(consumer)
    const loop = consumer.messages()
    const isHeld = [false, false]
    let isAnswered = false
    for (const id of [1, 2]) {
      scripted.broker(id).intercept(Fetch, async (_, proceed) => {
        const answer = await proceed()
        while (isHeld[id - 1]) await scripted.nextAppend(10)
        return answer
      })
    }
    scripted.broker(2).intercept(OffsetForLeaderEpoch, async (_, proceed) => {
      const answer = await proceed()
      while (!isAnswered) await scripted.nextAppend(10)
      return answer
    })
    await take(loop, 5)
    scripted.moveLeader('t', 0, 1)
    scripted.broker(1).dropConnections()
    await until(() => scripted.broker(1).seen.some(({ name }) => name === 'OffsetForLeaderEpoch'))
    await pass(20)
    // The last records of the first leader are long on their way.
    isHeld.fill(true)
    append('t', 0, ['5', '6'])
    await pass(5)
    scripted.log('t').truncate(5)
    scripted.moveLeader('t', 0, 2)
    append('t', 0, ['other 5', 'other 6', 'other 7'])
    // The second one has what was read so far.
    await until(() => scripted.broker(2).seen.some(({ name }) => name === 'OffsetForLeaderEpoch'))
    if (awaited === 'Fetch') isAnswered = true
    await until(() => scripted.broker(2).seen.some(({ name }) => name === awaited))
    isHeld[0] = false
    expect(textOf((await run(loop.next())).value as never)).toBe('t-0@5=5')
    isAnswered = true
    await pass(100)
    isHeld[1] = false
    expect((await take(loop, 3)).map(textOf)).toEqual(['t-0@5=other 5', 't-0@6=other 6', 't-0@7=other 7'])
    expect(eventsOf(told, 'reset')).toEqual([{ ...place, from: 6, to: 5 }])
    await end()
  })

  it('is asked about what was committed under an earlier one, too', async () => {
    const { scripted, consume, append, run, end } = await world({ brokerCount: 2 })
    scripted.createTopic('t')
    append('t', 0, numbered(5))
    scripted.moveLeader('t', 0, 2)
    append('t', 0, ['other 5'])
    scripted.group('g').offsets.set('t-0', { offset: 8, leaderEpoch: 0, metadata: '' })
    const consumer = consume({ topics: ['t'], group: 'g', from: 'latest' })
    const told = listen(consumer)
    expect(textOf((await run(consumer.messages().next())).value as never)).toBe('t-0@5=other 5')
    expect(eventsOf(told, 'reset')).toEqual([{ ...place, from: 8, to: 5 }])
    await end()
  })

  it('is not asked about an offset that user code named, or that was looked up', async () => {
    const { scripted, consumer, loop, take, append, questions, end } = await reading(10)
    consumer.seek(place, 4)
    scripted.moveLeader('t', 0, 2)
    expect((await take(loop, 1)).map(({ offset }) => offset)).toEqual([4])
    append('t', 0, ['x'])
    expect(questions()).toEqual([])
    await end()
  })
})

describe('what is committed', () => {
  it('has the leader epoch of what comes before it, also where that is nothing for user code', async () => {
    const { scripted, consume, take, until, end } = await world()
    scripted.createTopic('t')
    const log = scripted.log('t')
    log.append(batchOf(['a']))
    log.leaderEpoch = 3
    log.append(batchOf(['aborted'], { producerId: 1, producerEpoch: 0, baseSequence: 0, isTransactional: true }))
    log.appendMarker('Abort', 1, 0)
    log.abortedTransactions.push({ producerId: 1, firstOffset: 1 })
    const settings = { topics: ['t'], group: 'g', from: 'earliest', isolation: 'committed' } as const
    const consumer = consume({ ...settings, autoCommitIntervalMs: 100 })
    const loop = consumer.messages()
    await take(loop, 1)
    void loop.next()
    await until(() => scripted.group('g').offsets.get('t-0')?.offset === 3)
    expect(scripted.group('g').offsets.get('t-0')?.leaderEpoch).toBe(3)
    // What was read elsewhere says nothing about an offset that user code named.
    consumer.seek(place, 2)
    await until(() => scripted.group('g').offsets.get('t-0')?.offset !== 3)
    expect(scripted.group('g').offsets.get('t-0')).toMatchObject({ offset: 2, leaderEpoch: -1 })
    await end()
  })
})

describe('a topic that is deleted and created again', () => {
  async function recreated(settings: ConsumerSettings<Buffer, Buffer>) {
    const all = await world({ cluster: { metadataMaxAgeMs: 500 } })
    const { scripted, append, consume, take } = all
    scripted.createTopic('t')
    append('t', 0, numbered(5))
    const consumer = consume({ topics: ['t'], fetchWaitMs: 50, ...settings })
    const told = listen(consumer)
    const loop = consumer.messages()
    const recreate = (values: readonly string[]) => {
      scripted.topics.delete('t')
      scripted.createTopic('t')
      append('t', 0, values)
    }
    return { ...all, consumer, told, loop, recreate, take: (count: number) => take(loop, count) }
  }

  it('is read from its beginning, never on at the old offset', async () => {
    const { take, recreate, told, append, end } = await recreated({ from: 'earliest' })
    await take(3)
    recreate(numbered(8).map((value) => `new ${value}`))
    append('t', 0, ['more'])
    // What was fetched of the old one may still come.
    const texts = (await take(11)).map(textOf)
    const first = texts.indexOf('t-0@0=new 0')
    expect(first).toBeGreaterThanOrEqual(0)
    expect(first).toBeLessThanOrEqual(2)
    expect(texts.slice(first).every((text, at) => text.startsWith(`t-0@${at}=`))).toBe(true)
    expect(eventsOf(told, 'reset')).toHaveLength(1)
    expect(eventsOf(told, 'reset')[0]).toMatchObject({ ...place, to: 0 })
    await end()
  })

  it('is read from its beginning once metadata tells, where fetches have no ids', async () => {
    const { scripted, loop, take, recreate, told, consumer, until, pass, run, end } = await recreated({
      from: 'latest',
    })
    scripted.broker(1).versions.set(Fetch.key, { min: 4, max: 12 })
    const next = loop.next()
    await until(() => consumer.position(place) === 5)
    recreate(['new 0', 'new 1'])
    expect(textOf((await run(next)).value as never)).toBe('t-0@0=new 0')
    expect((await take(1)).map(textOf)).toEqual(['t-0@1=new 1'])
    await pass(1500)
    // Its offset is gone before metadata says why.
    expect(eventsOf(told, 'reset').at(-1)).toMatchObject({ ...place, to: 0 })
    await end()
  })

  it('is not read at, and not committed at, the offset of the one before', async () => {
    const { scripted, take, recreate, told, loop, consumer, until, pass, fails, run, end } = await recreated({
      group: 'g',
      from: 'earliest',
      autoCommitIntervalMs: 100,
    })
    const [, second] = await take(2)
    await pass(300)
    expect(scripted.group('g').offsets.get('t-0')?.offset).toBe(1)
    recreate(['new 0', 'new 1'])
    await until(() => eventsOf(told, 'reset').length === 1)
    expect(eventsOf(told, 'reset')).toEqual([{ ...place, from: 2, to: 0 }])
    expect(await fails((second as NonNullable<typeof second>).commit())).toMatchObject({ code: 'revoked' })
    expect(textOf((await run(loop.next())).value as never)).toBe('t-0@0=new 0')
    await pass(300)
    expect(scripted.group('g').offsets.get('t-0')?.offset).toBe(0)
    expect(consumer.assignment).toEqual([place])
    expect(eventsOf(told, 'lost')).toEqual([])
    await end()
  })

  it('stays paused when it was', async () => {
    const { take, recreate, told, consumer, loop, until, pass, run, end } = await recreated({ from: 'earliest' })
    await take(5)
    consumer.pause([place])
    let isThere = false
    const next = loop.next().then((result) => {
      isThere = true
      return result
    })
    recreate(['new 0'])
    await until(() => eventsOf(told, 'reset').length === 1)
    await pass(500)
    expect(isThere).toBe(false)
    consumer.resume([place])
    expect(textOf((await run(next)).value as never)).toBe('t-0@0=new 0')
    await end()
  })

  it('is told apart from a broker that is behind and tells of the one before', async () => {
    const { scripted, take, recreate, told, until, pass, end } = await recreated({ from: 'earliest' })
    await take(5)
    const former = scripted.topics.get('t') as NonNullable<ReturnType<typeof scripted.topics.get>>
    recreate(['new 0'])
    await until(() => eventsOf(told, 'reset').length === 1)
    const current = scripted.topics.get('t') as typeof former
    scripted.topics.set('t', former)
    await pass(1200)
    scripted.topics.set('t', current)
    await pass(1200)
    expect(eventsOf(told, 'reset')).toHaveLength(1)
    const fetches = scripted.seen('Fetch').flatMap(({ body }) => (body as FetchRequest).topics)
    expect(fetches.at(-1)?.topicId).toBe(current.topicId)
    await end()
  })
})
