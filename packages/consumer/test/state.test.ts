import { ErrorCode, Fetch, JoinGroup } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { numbered } from './batches.ts'
import { group } from './group-world.ts'
import { eventsOf, listen, world } from './world.ts'

describe('the state of a consumer', () => {
  it('says what it does, from before its first loop until it is closed', async () => {
    const { scripted, join, take, run, until, end } = await group()
    const { consumer } = join()
    const counts = { records: 0, bytes: 0, fetches: 0, rebalances: 0, commits: 0, failures: 0 }
    expect(consumer.state()).toEqual({ state: 'idle', memberId: '', generationId: -1, partitions: [], counts })
    expect(consumer.isClosed).toBe(false)
    const loop = consumer.messages()
    const next = loop.next()
    expect(consumer.state().state).toBe('joining')
    await run(next)
    expect(consumer.state()).toMatchObject({ state: 'stable', memberId: 'member-1', generationId: 1 })
    await take(loop, 39)
    scripted.group('g').rebalance()
    await until(() => consumer.state().state === 'joining')
    await until(() => consumer.state().state === 'stable')
    expect(consumer.state().generationId).toBe(2)
    const closing = consumer.close()
    expect([consumer.state().state, consumer.isClosed]).toEqual(['closing', true])
    await run(closing)
    expect([consumer.state().state, consumer.isClosed]).toEqual(['closed', true])
    await end()
  })

  it('has where each partition stands', async () => {
    const { scripted, consume, append, take, run, until, end } = await world()
    scripted.createTopic('t', 2)
    append('t', 0, numbered(10))
    const consumer = consume({ group: 'g', topics: ['t'], from: 'earliest', autoCommit: false })
    const loop = consumer.messages()
    await take(loop, 4)
    await run(consumer.commit())
    consumer.pause([{ topic: 't', partition: 1 }])
    await until(() => consumer.state().partitions[1]?.lag === 0)
    const [first, second] = consumer.state().partitions
    expect(first).toEqual({
      topic: 't',
      partition: 0,
      position: 4,
      committedOffset: 3,
      lag: 6,
      isPaused: false,
      bufferedBytes: scripted.log('t').bytes.length,
    })
    expect(second).toEqual({
      topic: 't',
      partition: 1,
      position: 0,
      committedOffset: 0,
      lag: 0,
      isPaused: true,
      bufferedBytes: 0,
    })
    await end()
  })

  it('counts what it has done', async () => {
    const { scripted, consume, append, take, run, end } = await world()
    scripted.createTopic('t', 1)
    append('t', 0, numbered(10))
    let failureCount = 0
    scripted.intercept(Fetch, (_, proceed) => {
      return failureCount++ === 0 ? { errorCode: ErrorCode.UNKNOWN_SERVER_ERROR } : proceed()
    })
    const consumer = consume({ group: 'g', topics: ['t'], from: 'earliest', autoCommit: false })
    const told = listen(consumer)
    await take(consumer.batches({ maxRecords: 4 }), 2).catch(() => {})
    await take(consumer.batches({ maxRecords: 4 }), 3)
    await run(consumer.commit())
    const { counts } = consumer.state()
    expect(counts).toMatchObject({ bytes: scripted.log('t').bytes.length, rebalances: 1, commits: 1 })
    expect(counts.records).toBeGreaterThanOrEqual(10)
    // One may be on its way.
    expect(counts.fetches).toBeGreaterThanOrEqual(scripted.seen('Fetch').length - 1)
    expect(counts.failures).toBe(eventsOf(told, 'stalled').length)
    await end()
  })

  it('is plain: it can be sent anywhere, and does not change', async () => {
    const { join, take, end } = await group()
    const { consumer } = join()
    const loop = consumer.messages()
    await take(loop, 1)
    const state = consumer.state()
    const copy = structuredClone(state)
    await take(loop, 10)
    expect(state).toEqual(copy)
    expect(consumer.state()).not.toEqual(copy)
    await end()
  })

  it('tells of a member that cannot be in its group', async () => {
    const { scripted, join, fails, end } = await group()
    scripted.intercept(JoinGroup, () => ({ errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED }))
    const { consumer } = join()
    await fails(consumer.messages().next())
    expect(consumer.state().state).toBe('failed')
    await end()
  })

  it('without a group is stable at once', async () => {
    const { scripted, consume, append, take, end } = await world()
    scripted.createTopic('t')
    append('t', 0, ['a'])
    const consumer = consume({ topics: ['t'], from: 'earliest' })
    await take(consumer.messages(), 1)
    expect(consumer.state()).toMatchObject({ state: 'stable', memberId: '', generationId: -1 })
    await end()
  })
})
