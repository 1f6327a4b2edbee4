import { noAnswer } from '@millrace/client/testing'
import { Fetch, ListOffsets, Metadata, OffsetFetch } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { Consumer, type Message } from '../src/index.ts'
import { numbered } from './batches.ts'
import { textOf, world } from './world.ts'

const place = { topic: 't', partition: 0 }

/** A topic with ten records, and a group to see what is done by what is committed. */
async function tenRecords() {
  const all = await world()
  all.scripted.createTopic('t')
  all.append('t', 0, numbered(10))
  const consumer = all.consume({ group: 'g', topics: ['t'], from: 'earliest', autoCommitIntervalMs: 100 })
  const committed = async () => {
    await all.pass(300)
    return all.scripted.group('g').offsets.get('t-0')?.offset
  }
  return { ...all, consumer, committed }
}

describe('a message', () => {
  it('is done when the loop asks for the next one, and not before', async () => {
    const { consumer, take, committed, end } = await tenRecords()
    const loop = consumer.messages()
    await take(loop, 1)
    expect(await committed()).toBe(0)
    await take(loop, 1)
    expect(await committed()).toBe(1)
    await end()
  })

  it('of a batch is done with the whole batch', async () => {
    const { consumer, take, committed, end } = await tenRecords()
    const loop = consumer.batches({ maxRecords: 4 })
    await take(loop, 2)
    expect(await committed()).toBe(4)
    await end()
  })

  it('is handed out again after the loop was left by break or by an error', async () => {
    const { consumer, run, committed, end } = await tenRecords()
    const seen: string[] = []
    const leaveAt = (offset: number, leave: () => void) =>
      run(
        (async () => {
          for await (const message of consumer.messages()) {
            seen.push(textOf(message))
            if (message.offset < offset) continue
            leave()
            break
          }
        })(),
      )
    await leaveAt(2, () => {})
    expect(await committed()).toBe(2)
    await expect(
      leaveAt(4, () => {
        throw new Error('user code failed')
      }),
    ).rejects.toThrow('user code failed')
    await leaveAt(5, () => {})
    const offsets = seen.map((text) => Number(text.split('=')[1]))
    expect(offsets).toEqual([0, 1, 2, 2, 3, 4, 4, 5])
    expect(await committed()).toBe(5)
    await end()
  })

  it('that was committed before the loop was left is not handed out again', async () => {
    const { consumer, run, take, end } = await tenRecords()
    const loop = consumer.messages()
    const [, second] = await take(loop, 2)
    await run((second as Message).commit())
    await run(loop.return?.() as Promise<unknown>)
    expect((await take(consumer.messages(), 1))[0]?.offset).toBe(2)
    await end()
  })
})

describe('the signal', () => {
  it('ends a loop before anything is fetched, and one that begins late', async () => {
    const { scripted, consume, clock, run, end } = await world()
    scripted.intercept(Metadata, () => noAnswer)
    const consumer = consume({ topics: ['t'] })
    const aborter = new AbortController()
    clock.schedule(50, () => aborter.abort())
    expect(await run(consumer.messages({ signal: aborter.signal }).next())).toEqual({ done: true, value: undefined })
    expect(clock.monotonic()).toBeLessThan(60)
    expect((await run(consumer.messages({ signal: aborter.signal }).next())).done).toBe(true)
    await end()
  })

  it('ends a loop that waits for more, and the next loop goes on', async () => {
    const { scripted, clock, consume, run, take, append, end } = await world()
    scripted.createTopic('t')
    append('t', 0, ['a'])
    const consumer = consume({ topics: ['t'], from: 'earliest' })
    const aborter = new AbortController()
    const loop = consumer.messages({ signal: aborter.signal })
    await take(loop, 1)
    clock.schedule(2000, () => aborter.abort())
    expect((await run(loop.next())).done).toBe(true)
    append('t', 0, ['b'])
    expect((await take(consumer.messages(), 1)).map(textOf)).toEqual(['t-0@1=b'])
    await end()
  })

  it('lets user code finish its message, which is done then', async () => {
    const { consumer, run, committed, end } = await tenRecords()
    const aborter = new AbortController()
    const seen: number[] = []
    await run(
      (async () => {
        for await (const { offset } of consumer.messages({ signal: aborter.signal })) {
          seen.push(offset)
          if (offset === 3) aborter.abort()
        }
      })(),
    )
    expect(seen).toEqual([0, 1, 2, 3])
    expect(await committed()).toBe(4)
    await end()
  })

  it('leaves no listener behind on a signal that lives long', async () => {
    const { scripted, consume, run, append, end } = await world()
    scripted.createTopic('t')
    const { signal } = new AbortController()
    let count = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      count++
      add(...args)
    }
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      count--
      remove(...args)
    }
    const loop = consume({ topics: ['t'], from: 'earliest' }).messages({ signal })
    for (let round = 0; round < 5; round++) {
      const next = loop.next()
      append('t', 0, ['x'])
      await run(next)
      expect(count).toBe(0)
    }
    await end()
  })
})

describe('one loop at a time', () => {
  it('reads a consumer: another one is refused while it lives', async () => {
    const { consumer, run, take, end } = await tenRecords()
    const loop = consumer.messages()
    const refused = expect.objectContaining({ code: 'invalid-argument' })
    expect(() => consumer.messages()).toThrow(refused)
    expect(() => consumer.batches()).toThrow('Another loop reads this consumer')
    await take(loop, 1)
    expect(() => consumer.messages()).toThrow(refused)
    await run(loop.return?.() as Promise<unknown>)
    expect(await take(consumer.batches(), 1)).toHaveLength(1)
    await end()
  })

  it('asks for one message at a time, and survives asking for two', async () => {
    const { scripted, consume, run, append, end } = await world()
    scripted.createTopic('t')
    const loop = consume({ topics: ['t'], from: 'earliest' }).messages()
    const first = loop.next()
    await expect(loop.next()).rejects.toMatchObject({ code: 'invalid-argument' })
    append('t', 0, ['a'])
    expect((await run(first)).value?.offset).toBe(0)
    await end()
  })

  it('ends also where it waits, when it is left from outside', async () => {
    const { scripted, consume, run, append, take, end } = await world()
    scripted.createTopic('t')
    const consumer = consume({ topics: ['t'], from: 'earliest' })
    const loop = consumer.messages()
    const next = loop.next()
    await run(loop.return?.() as Promise<unknown>)
    expect(await run(next)).toEqual({ done: true, value: undefined })
    append('t', 0, ['a'])
    expect((await take(consumer.messages(), 1)).map(textOf)).toEqual(['t-0@0=a'])
    await end()
  })

  it('needs something to read', async () => {
    const { consume, end } = await world()
    expect(() => consume({}).messages()).toThrow('There is nothing to read')
    expect(() => consume({ group: 'g' }).messages()).toThrow('There is nothing to read')
    await end()
  })
})

describe('run', () => {
  it('calls the handler for one message after the other until it is told to stop', async () => {
    const { consumer, clock, run, committed, end } = await tenRecords()
    const aborter = new AbortController()
    const seen: number[] = []
    let busyCount = 0
    await run(
      consumer.run(
        async ({ offset }) => {
          expect(++busyCount).toBe(1)
          await new Promise<void>((resolve) => void clock.schedule(5, resolve))
          busyCount--
          seen.push(offset)
          if (offset === 9) aborter.abort()
        },
        { signal: aborter.signal },
      ),
    )
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(await committed()).toBe(10)
    await end()
  })

  it('rejects with what the handler throws, whose message comes again', async () => {
    const { consumer, fails, run, committed, end } = await tenRecords()
    const seen: number[] = []
    const error = await fails(
      consumer.run(({ offset }) => {
        seen.push(offset)
        if (offset === 3) throw new Error('no')
      }),
    )
    expect(error.message).toBe('no')
    expect(await committed()).toBe(3)
    const aborter = new AbortController()
    await run(
      consumer.run(
        ({ offset }) => {
          seen.push(offset)
          aborter.abort()
        },
        { signal: aborter.signal },
      ),
    )
    expect(seen).toEqual([0, 1, 2, 3, 3])
    await end()
  })

  it('ends when the consumer is closed', async () => {
    const { consumer, run, pass, end } = await tenRecords()
    const seen: number[] = []
    const running = consumer.run(({ offset }) => void seen.push(offset))
    await pass(500)
    await run(consumer.close())
    await running
    expect(seen).toHaveLength(10)
    await end()
  })
})

describe('seek', () => {
  it('goes on at an offset, at either end, or at a time; what was fetched or on its way does not count', async () => {
    const { scripted, consume, run, take, append, end } = await world()
    scripted.createTopic('t')
    append('t', 0, numbered(10))
    const consumer = consume({ topics: ['t'], from: 'earliest' })
    const loop = consumer.messages()
    await take(loop, 3)
    consumer.seek(place, 7)
    expect(consumer.position(place)).toBe(7)
    expect((await take(loop, 2)).map(({ offset }) => offset)).toEqual([7, 8])
    consumer.seek(place, 'earliest')
    expect(consumer.position(place)).toBeUndefined()
    expect((await take(loop, 1)).map(({ offset }) => offset)).toEqual([0])
    consumer.seek(place, { timestamp: 1005 })
    consumer.seek(place, 'latest')
    const next = loop.next()
    await run(new Promise<void>((resolve) => void consumer.on('end', () => resolve())))
    append('t', 0, ['x'])
    expect((await run(next)).value?.offset).toBe(10)
    await end()
  })

  it('while an answer is on its way is not undone by it', async () => {
    const { scripted, consume, run, take, append, until, end } = await world()
    scripted.createTopic('t')
    append('t', 0, numbered(5))
    append('t', 0, numbered(5, 5))
    const consumer = consume({})
    consumer.assign([{ ...place, offset: 5 }])
    let isHeld = true
    scripted.intercept(Fetch, async (_, proceed) => {
      const answer = await proceed()
      while (isHeld) await scripted.nextAppend(10)
      return answer
    })
    const loop = consumer.messages()
    const next = loop.next()
    await until(() => scripted.seen('Fetch').length === 1)
    consumer.seek(place, 1)
    isHeld = false
    expect((await run(next)).value?.offset).toBe(1)
    expect((await take(loop, 5)).map(({ offset }) => offset)).toEqual([2, 3, 4, 5, 6])
    await end()
  })

  it.each([
    ['OffsetFetch', OffsetFetch],
    ['ListOffsets', ListOffsets],
  ] as const)('while the position is looked for wins over what is found (%s)', async (name, api) => {
    const { scripted, consume, run, take, append, until, pass, end } = await world()
    scripted.createTopic('t')
    append('t', 0, numbered(10))
    scripted.group('g').offsets.set('t-0', { offset: 2, leaderEpoch: 0, metadata: '' })
    if (name === 'ListOffsets') scripted.group('g').offsets.clear()
    let isHeld = true
    scripted.intercept(api as typeof ListOffsets, async (_, proceed) => {
      const answer = await proceed()
      while (isHeld) await scripted.nextAppend(10)
      return answer
    })
    const consumer = consume({ group: 'g', topics: ['t'], from: 'earliest' })
    const loop = consumer.messages()
    const next = loop.next()
    await until(() => scripted.seen(name).length === 1)
    consumer.seek(place, 7)
    isHeld = false
    expect((await run(next)).value?.offset).toBe(7)
    await pass(100)
    expect((await take(loop, 2)).map(({ offset }) => offset)).toEqual([8, 9])
    await end()
  })

  it('is refused for what is not assigned, and for what is no offset', async () => {
    const { consumer, take, end } = await tenRecords()
    expect(() => consumer.seek(place, 0)).toThrow(expect.objectContaining({ code: 'revoked' }))
    await take(consumer.messages(), 1)
    for (const offset of [-1, 0.5, Number.NaN, 2 ** 60]) {
      expect(() => consumer.seek(place, offset)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
    }
    expect(() => consumer.seek({ topic: 't', partition: 5 }, 0)).toThrow('t-5 is not assigned')
    await end()
  })
})

describe('pause', () => {
  it('keeps a partition back until it is resumed, with what was fetched', async () => {
    const { scripted, consume, run, take, append, pass, end } = await world()
    scripted.createTopic('t', 2)
    for (const partition of [0, 1]) append('t', partition, numbered(5))
    const consumer = consume({ topics: ['t'], from: 'earliest', fetchWaitMs: 50 })
    const loop = consumer.messages()
    const [first] = await take(loop, 1)
    const paused = { topic: 't', partition: first?.partition ?? 0 }
    consumer.pause([paused])
    const others = await take(loop, 5)
    expect(others.every(({ partition }) => partition !== paused.partition)).toBe(true)
    let isThere = false
    const next = loop.next().then((result) => {
      isThere = true
      return result
    })
    append('t', paused.partition, ['later'])
    await pass(2000)
    expect(isThere).toBe(false)
    consumer.resume([paused])
    expect((await run(next)).value?.offset).toBe(1)
    expect((await take(loop, 4)).map(({ offset }) => offset)).toEqual([2, 3, 4, 5])
    expect(() => consumer.pause([{ topic: 'x', partition: 0 }])).toThrow(expect.objectContaining({ code: 'revoked' }))
    await end()
  })
})

describe('assign', () => {
  it('reads exactly what it names, from where it says', async () => {
    const { scripted, consume, take, append, end } = await world()
    scripted.createTopic('t', 3)
    for (const partition of [0, 1, 2]) append('t', partition, numbered(3))
    const consumer = consume({ from: 'latest' })
    consumer.assign([
      { topic: 't', partition: 0, offset: 2 },
      { topic: 't', partition: 2, from: 'earliest' },
    ])
    const messages = await take(consumer.messages(), 4)
    expect(messages.map(textOf).sort()).toEqual(['t-0@2=2', 't-2@0=0', 't-2@1=1', 't-2@2=2'])
    await end()
  })

  it('replaces what was assigned before, also while a loop reads', async () => {
    const { scripted, consume, run, take, append, fails, end } = await world()
    scripted.createTopic('t', 2)
    for (const partition of [0, 1]) append('t', partition, numbered(3))
    const consumer = consume({ group: 'g', from: 'earliest' })
    consumer.assign([place])
    const loop = consumer.messages()
    const [old] = await take(loop, 1)
    consumer.assign([{ topic: 't', partition: 1, offset: 1 }])
    expect((await take(loop, 2)).map(textOf)).toEqual(['t-1@1=1', 't-1@2=2'])
    expect(await fails((old as Message).commit())).toMatchObject({ code: 'revoked' })
    consumer.assign([])
    expect(consumer.assignment).toEqual([])
    await run(consumer.close())
    await end()
  })

  it('begins where the group has committed, and commits there without being a member', async () => {
    const { scripted, consume, run, take, append, end } = await world()
    scripted.createTopic('t')
    append('t', 0, numbered(10))
    scripted.group('g').offsets.set('t-0', { offset: 4, leaderEpoch: 0, metadata: '' })
    const consumer = consume({ group: 'g' })
    consumer.assign([{ ...place, from: 'earliest' }])
    const [first, second] = await take(consumer.messages(), 2)
    expect([first?.offset, second?.offset]).toEqual([4, 5])
    await run(consumer.commit())
    expect(scripted.group('g').offsets.get('t-0')?.offset).toBe(5)
    expect(scripted.seen('JoinGroup')).toEqual([])
    await end()
  })

  it('is refused where a group assigns, after closing, and for what is no partition', async () => {
    const { consume, run, end } = await world()
    expect(() => consume({ group: 'g', topics: ['t'] }).assign([place])).toThrow('The group assigns partitions')
    const consumer = consume({})
    expect(() => consumer.assign([{ topic: 't', partition: -1 }])).toThrow('partition must be an integer')
    expect(() => consumer.assign([{ ...place, offset: -1 }])).toThrow('an offset is an integer from 0 on')
    await run(consumer.close())
    expect(() => consumer.assign([place])).toThrow(expect.objectContaining({ code: 'closed' }))
    await end()
  })
})

it('committing needs a group', async () => {
  const { scripted, consume, take, append, fails, end } = await world()
  scripted.createTopic('t')
  append('t', 0, ['a'])
  const consumer = consume({ topics: ['t'], from: 'earliest' })
  const [message] = await take(consumer.messages(), 1)
  expect(await fails((message as Message).commit())).toMatchObject({ code: 'invalid-argument' })
  expect(await fails(consumer.commit())).toMatchObject({ code: 'invalid-argument' })
  await end()
})

it('options that cannot be right are refused before anything is sent', () => {
  const make = () => new Consumer({ brokers: 'localhost:9092', topics: ['t'], instanceId: 'i' })
  expect(make).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
})
