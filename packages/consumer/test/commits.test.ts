import { hangUp } from '@millrace/client/testing'
import { ErrorCode, OffsetCommit, type OffsetCommitRequest } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import type { Message } from '../src/index.ts'
import { group } from './group-world.ts'
import { eventsOf } from './world.ts'

/** Offsets by partition, of each request. */
const requestsOf = (seen: readonly { body: unknown }[]) =>
  seen.map(({ body }) =>
    (body as OffsetCommitRequest).topics.flatMap(({ partitions }) =>
      partitions.map(({ partitionIndex, committedOffset }) => [partitionIndex, committedOffset]),
    ),
  )

describe('commits that nobody waits for', () => {
  it('go together into one request while another is on its way', async () => {
    const { scripted, join, take, until, committed, pass, end } = await group()
    let isHeld = true
    scripted.intercept(OffsetCommit, async (_, proceed) => {
      while (isHeld) await scripted.nextAppend(5)
      return proceed()
    })
    const { consumer } = join({ autoCommit: false })
    const messages = await take(consumer.messages(), 40)
    const [first, ...others] = messages
    void first?.commit()
    await until(() => scripted.seen('OffsetCommit').length === 1)
    for (const message of others) void message.commit()
    await pass(200)
    isHeld = false
    await until(() => committed().every((offset) => offset === 10))
    const requests = requestsOf(scripted.seen('OffsetCommit'))
    expect(requests[0]).toEqual([[first?.partition, 1]])
    expect(requests.slice(1).map((request) => request.sort())).toEqual([
      [
        [0, 10],
        [1, 10],
        [2, 10],
        [3, 10],
      ],
    ])
    await end()
  })

  it('in one turn are one request', async () => {
    const { scripted, join, take, run, end } = await group()
    const { consumer } = join({ autoCommit: false })
    const messages = await take(consumer.messages(), 40)
    await run(Promise.all(messages.map((message) => message.commit())))
    expect(requestsOf(scripted.seen('OffsetCommit')).map(({ length }) => length)).toEqual([4])
    await end()
  })

  it('and fail do no harm; whoever waits is told', async () => {
    const { scripted, join, take, fails, pass, run, end } = await group()
    const unhandled: unknown[] = []
    const onUnhandled = (error: unknown) => void unhandled.push(error)
    process.on('unhandledRejection', onUnhandled)
    const remove = scripted.intercept(OffsetCommit, ({ body }) => ({
      topics: body.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: 30 })),
      })),
    }))
    const { consumer } = join({ autoCommit: false })
    const [message] = await take(consumer.messages(), 2)
    void message?.commit()
    void consumer.commit()
    await pass(100)
    expect(await fails((message as Message).commit())).toMatchObject({ brokerError: 'GROUP_AUTHORIZATION_FAILED' })
    expect(await fails(consumer.commit())).toMatchObject({ brokerError: 'GROUP_AUTHORIZATION_FAILED' })
    remove()
    await run(consumer.commit())
    process.off('unhandledRejection', onUnhandled)
    expect(unhandled).toEqual([])
    await end()
  })
})

describe('a commit of many partitions', () => {
  it('fails for those that were refused only', async () => {
    const { scripted, join, take, run, committed, end } = await group()
    scripted.intercept(OffsetCommit, async (_, proceed) => {
      const answer = await proceed()
      if (typeof answer === 'symbol') return answer
      const topics = (answer.topics ?? []).map(({ name, partitions }) => ({
        name: name as string,
        partitions: (partitions ?? []).map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: partitionIndex === 2 ? ErrorCode.OFFSET_METADATA_TOO_LARGE : 0,
        })),
      }))
      return { topics }
    })
    const { consumer } = join({ autoCommit: false })
    const messages = await take(consumer.messages(), 40)
    const outcomes = await run(Promise.allSettled(messages.map((message) => message.commit())))
    const refused = messages.filter((_, index) => outcomes[index]?.status === 'rejected')
    expect(refused.map(({ partition }) => partition)).toEqual(Array.from({ length: 10 }, () => 2))
    expect(scripted.seen('OffsetCommit')).toHaveLength(1)
    expect(committed().filter((offset) => offset === 10)).toHaveLength(4)
    await end()
  })

  it('is sent again only for those that have yet to succeed', async () => {
    const { scripted, join, take, run, end } = await group()
    let count = 0
    scripted.intercept(OffsetCommit, ({ body }, proceed) => {
      if (count++ > 0) return proceed()
      const partitions = (body.topics[0]?.partitions ?? []).map(({ partitionIndex }) => ({
        partitionIndex,
        errorCode: partitionIndex === 1 ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : 0,
      }))
      return { topics: [{ name: 't', partitions }] }
    })
    const { consumer } = join({ autoCommit: false })
    const messages = await take(consumer.messages(), 40)
    await run(Promise.all(messages.map((message) => message.commit())))
    const requests = requestsOf(scripted.seen('OffsetCommit'))
    expect(requests.map((request) => request.map(([partition]) => partition).sort())).toEqual([[0, 1, 2, 3], [1]])
    await end()
  })

  it('counts once, and not when nothing came of it', async () => {
    const { scripted, join, take, run, fails, end } = await group({ cluster: { retryBackoffMs: 1000 } })
    const { consumer, told } = join({ autoCommit: false, maxProcessingMs: 60_000 })
    await take(consumer.messages(), 40)
    await run(consumer.commit())
    expect(consumer.state().counts.commits).toBe(1)
    // There is nothing new.
    await run(consumer.commit())
    expect([consumer.state().counts.commits, scripted.seen('OffsetCommit').length]).toEqual([1, 1])
    scripted.intercept(OffsetCommit, () => hangUp)
    consumer.seek({ topic: 't', partition: 0 }, 3)
    expect(await fails(consumer.commit())).toMatchObject({ code: 'connection' })
    expect(consumer.state().counts.commits).toBe(1)
    expect(eventsOf(told, 'stalled')).toEqual([])
    await end()
  })
})
