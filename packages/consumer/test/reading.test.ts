import { string, topic } from '@millrace/client'
import { encodeBatch, Fetch, type FetchRequest, ListOffsets, Metadata } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { Consumer } from '../src/index.ts'
import { batchOf, numbered, transactionalBatchOf } from './batches.ts'
import { eventsOf, listen, textOf, world } from './world.ts'

describe('reading', () => {
  it('gives all records of all partitions on all brokers once, in the order of each partition', async () => {
    const { scripted, consume, take, append, end } = await world({ brokerCount: 3 })
    for (const name of ['a', 'b']) {
      scripted.createTopic(name, 5)
      for (let partition = 0; partition < 5; partition++) {
        for (let batch = 0; batch < 4; batch++) append(name, partition, numbered(25, batch * 25))
      }
    }
    const messages = await take(consume({ topics: ['a', 'b'], from: 'earliest' }).messages(), 1000)
    const places = messages.map(({ topic, partition, offset }) => `${topic}-${partition}@${offset}`)
    expect(new Set(places).size).toBe(1000)
    const next = new Map<string, number>()
    for (const { topic, partition, offset, value } of messages) {
      const key = `${topic}-${partition}`
      expect(offset).toBe(next.get(key) ?? 0)
      expect(value?.toString()).toBe(String(offset))
      next.set(key, offset + 1)
    }
    expect(scripted.broker(1).seen.some(({ name }) => name === 'Fetch')).toBe(true)
    expect(scripted.broker(3).seen.some(({ name }) => name === 'Fetch')).toBe(true)
    await end()
  })

  it.each([undefined, 'gzip', 'snappy', 'lz4', 'zstd'] as const)('reads %s, large batches too', async (codec) => {
    const { scripted, consume, take, end } = await world()
    scripted.createTopic('t')
    const log = scripted.log('t')
    // Hex digits of a generator: half of it goes away, more than 64 KiB stay.
    let state = 7
    const noise = () => {
      state = (state * 48271) % 2147483647
      return state.toString(16)
    }
    const large = Array.from({ length: 300 }, () => Array.from({ length: 100 }, noise).join(''))
    for (const values of [['small'], large, ['end']]) log.append(batchOf(values, codec === undefined ? {} : { codec }))
    const messages = await take(consume({ topics: ['t'], from: 'earliest' }).messages(), 302)
    expect(messages.map(({ value }) => value?.toString())).toEqual(['small', ...large, 'end'])
    await end()
  })

  it('gives keys, values, headers and times as they were written', async () => {
    const { scripted, consume, take, end } = await world()
    scripted.createTopic('t')
    const headers = [
      { key: 'a', value: Buffer.from('1') },
      { key: 'b', value: null },
      { key: 'a', value: Buffer.from('2') },
    ]
    scripted.log('t').append(
      encodeBatch([
        { key: 'k', value: 'v', timestamp: 12, headers },
        { key: null, value: null, timestamp: 13 },
      ]),
    )
    const [full, empty] = await take(consume({ topics: ['t'], from: 'earliest' }).messages(), 2)
    expect([full?.key?.toString(), full?.value?.toString(), full?.timestamp]).toEqual(['k', 'v', 12])
    expect(full?.headers).toEqual(headers)
    expect([full?.header('a')?.toString(), full?.header('b'), full?.header('c')]).toEqual(['2', null, undefined])
    expect([empty?.key, empty?.value, empty?.headers]).toEqual([null, null, []])
    await end()
  })

  it('decodes typed topics, and says which record cannot be decoded', async () => {
    const { scripted, consume, take, append, end } = await world()
    scripted.createTopic('t', 1)
    const numbers = topic('t', {
      key: string(),
      value: {
        encode: (value: number) => String(value),
        decode(bytes) {
          const value = Number(bytes.toString())
          if (Number.isNaN(value)) throw new RangeError('it is no number')
          return value
        },
      },
    })
    append('t', 0, ['5', 'five', '7'])
    const loop = consume({ topics: [numbers], from: 'earliest' }).messages()
    const [five, bad, seven] = await take(loop, 3)
    expect([five?.key, five?.value]).toEqual(['k0', 5])
    expect(bad?.key).toBe('k1')
    const error = expect.objectContaining({
      code: 'serialization',
      message: 'The value of the record in t-0 at offset 1 cannot be decoded: it is no number',
    })
    expect(() => bad?.value).toThrow(error)
    expect(() => bad?.value).toThrow(error)
    expect(seven?.value).toBe(7)
    await end()
  })

  it('begins where it is told to: at the first record, after the last one, or at a time', async () => {
    const { scripted, consume, run, take, append, end } = await world()
    scripted.createTopic('t')
    append('t', 0, ['a', 'b'])
    scripted.log('t').append(batchOf(['c']))
    const first = await take(consume({ topics: ['t'], from: 'earliest' }).messages(), 1)
    expect(first.map(textOf)).toEqual(['t-0@0=a'])
    const atTime = await take(consume({ topics: ['t'], from: { timestamp: 1001 } }).messages(), 1)
    expect(atTime.map(({ offset }) => offset)).toEqual([0])
    for (const from of ['latest', { timestamp: 9_000_000_000 }] as const) {
      const consumer = consume({ topics: ['t'], from })
      const told = listen(consumer)
      const next = consumer.messages().next()
      await run(new Promise<void>((resolve) => void consumer.on('end', () => resolve())))
      const { offset } = eventsOf(told, 'end')[0] ?? {}
      expect(offset).toBe(scripted.log('t').endOffset)
      append('t', 0, ['new'])
      expect((await run(next)).value?.offset).toBe(offset)
    }
    await end()
  })

  it('tells of the end once user code has everything, again after more came', async () => {
    const { scripted, consume, take, append, until, end } = await world()
    scripted.createTopic('t')
    append('t', 0, ['a', 'b'])
    const consumer = consume({ topics: ['t'], from: 'earliest' })
    const told = listen(consumer)
    const loop = consumer.messages()
    await take(loop, 2)
    expect(eventsOf(told, 'end')).toEqual([])
    const next = loop.next()
    await until(() => eventsOf(told, 'end').length === 1)
    append('t', 0, ['c'])
    await until(() => consumer.position({ topic: 't', partition: 0 }) === 3)
    expect((await next).value?.offset).toBe(2)
    void loop.next()
    await until(() => eventsOf(told, 'end').length === 2)
    expect(eventsOf(told, 'end').map(({ offset }) => offset)).toEqual([2, 3])
    await end()
  })

  it('reads until the end and no further, empty partitions and none among them', async () => {
    const { scripted, consume, run, append, end } = await world({ brokerCount: 2 })
    scripted.createTopic('t', 4)
    scripted.createTopic('empty', 2)
    append('t', 0, numbered(30))
    append('t', 2, numbered(5))
    const read = async (options: Parameters<typeof consume>[0]) => {
      const places: string[] = []
      for await (const message of consume(options).messages({ until: 'end' }))
        places.push(`${message.partition}@${message.offset}`)
      return places
    }
    expect(await run(read({ topics: ['t', 'empty'], from: 'earliest' }))).toHaveLength(35)
    expect(await run(read({ topics: ['empty'], from: 'earliest' }))).toEqual([])
    expect(await run(read({ topics: ['t'], from: 'latest' }))).toEqual([])
    await end()
  })

  it('ends at what was there when it began, however much comes meanwhile, and goes on in the next loop', async () => {
    const { scripted, consume, run, append, end } = await world()
    scripted.createTopic('t')
    append('t', 0, numbered(10))
    const consumer = consume({ topics: ['t'], from: 'earliest' })
    let count = 0
    const loop = async () => {
      for await (const _ of consumer.messages({ until: 'end' })) {
        count++
        append('t', 0, [`more ${count}`])
      }
    }
    await run(loop())
    expect(count).toBe(10)
    await run(loop())
    expect(count).toBe(20)
    await end()
  })

  it('knows its position and how far the end is', async () => {
    const { scripted, consume, take, append, end } = await world()
    scripted.createTopic('t')
    append('t', 0, numbered(10))
    const consumer = consume({ topics: ['t'], from: 'earliest' })
    const place = { topic: 't', partition: 0 }
    expect([consumer.position(place), consumer.lag(place)]).toEqual([undefined, undefined])
    await take(consumer.messages(), 4)
    expect([consumer.position(place), consumer.lag(place)]).toEqual([4, 6])
    expect(consumer.position({ topic: 't', partition: 1 })).toBeUndefined()
    expect(consumer.assignment).toEqual([place])
    await end()
  })

  it('skips what a compacted batch lacks, and goes on after it', async () => {
    const { scripted, consume, take, end } = await world()
    scripted.createTopic('t')
    scripted.log('t').append(batchOf(['a', 'b'], { lastOffsetDelta: 9 }))
    scripted.log('t').append(batchOf(['c']))
    const messages = await take(consume({ topics: ['t'], from: 'earliest' }).messages(), 3)
    expect(messages.map(textOf)).toEqual(['t-0@0=a', 't-0@1=b', 't-0@10=c'])
    await end()
  })

  it('gives batches of one partition each, not larger than asked for', async () => {
    const { scripted, consume, take, append, end } = await world()
    scripted.createTopic('t', 2)
    append('t', 0, numbered(10))
    append('t', 1, numbered(3))
    const consumer = consume({ topics: ['t'], from: 'earliest' })
    expect(() => consumer.batches({ maxRecords: 0 })).toThrow('maxRecords must be a positive integer')
    const batches = await take(consumer.batches({ maxRecords: 4 }), 4)
    const content = batches.map((batch) => [batch.partition, batch.count, batch.messages[0]?.offset])
    expect(content).toEqual(
      expect.arrayContaining([
        [0, 4, 0],
        [0, 4, 4],
        [0, 2, 8],
        [1, 3, 0],
      ]),
    )
    await end()
  })
})

describe('topics', () => {
  it('that do not exist are told of, and read from their beginning once they are created', async () => {
    const { clock, scripted, consume, take, append, end } = await world({ cluster: { metadataMaxAgeMs: 1000 } })
    // Also where what is there already is left out.
    const consumer = consume({ topics: ['late'], from: 'latest' })
    const told = listen(consumer)
    clock.schedule(3000, () => {
      scripted.createTopic('late', 2)
      append('late', 1, ['first'])
    })
    expect((await take(consumer.messages(), 1)).map(textOf)).toEqual(['late-1@0=first'])
    expect(eventsOf(told, 'stalled')).toEqual([
      {
        during: 'metadata',
        error: expect.objectContaining({
          brokerError: 'UNKNOWN_TOPIC_OR_PARTITION',
          message: 'Reading topic "late" failed with UNKNOWN_TOPIC_OR_PARTITION',
        }),
      },
    ])
    expect(eventsOf(told, 'assigned')).toHaveLength(1)
    await end()
  })

  it('that may not be read are an error in the loop', async () => {
    const { scripted, consume, fails, end } = await world()
    scripted.intercept(Metadata, async (_, proceed) => {
      const answer = await proceed()
      if (typeof answer === 'symbol') return answer
      return { ...answer, topics: (answer.topics ?? []).map(({ name }) => ({ name: name ?? null, errorCode: 29 })) }
    })
    const consumer = consume({ topics: ['secret'] })
    expect(await fails(consumer.messages().next())).toMatchObject({
      brokerError: 'TOPIC_AUTHORIZATION_FAILED',
      message: 'Reading topic "secret" failed with TOPIC_AUTHORIZATION_FAILED',
    })
    await end()
  })

  it('that grow are read in full: new partitions from their beginning', async () => {
    const { scripted, consume, take, append, until, end } = await world({ cluster: { metadataMaxAgeMs: 1000 } })
    scripted.createTopic('t', 1)
    append('t', 0, ['old'])
    const consumer = consume({ topics: ['t'], from: 'latest' })
    const told = listen(consumer)
    const loop = consumer.messages()
    const next = loop.next()
    await until(() => consumer.position({ topic: 't', partition: 0 }) === 1)
    scripted.addPartitions('t', 2)
    append('t', 1, ['new'])
    expect(textOf((await take({ next: () => next } as typeof loop, 1))[0] as never)).toBe('t-1@0=new')
    expect(eventsOf(told, 'assigned')).toEqual([[{ topic: 't', partition: 0 }], [{ topic: 't', partition: 1 }]])
    await end()
  })

  it('that another user of the cluster knows already do not make the others look new', async () => {
    const { scripted, newCluster, run, append, until, end } = await world()
    for (const name of ['a', 'b']) {
      scripted.createTopic(name, 1)
      append(name, 0, ['old'])
    }
    const cluster = newCluster()
    await run(cluster.metadata(['a']))
    const consumer = new Consumer({ cluster, topics: ['a', 'b'], from: 'latest' })
    const refreshing = cluster.metadata(['a'])
    const next = consumer.messages().next()
    await run(refreshing)
    await until(() => consumer.position({ topic: 'b', partition: 0 }) !== undefined)
    expect(consumer.position({ topic: 'b', partition: 0 })).toBe(1)
    await run(consumer.close())
    expect((await next).done).toBe(true)
    await cluster.close()
    await end()
  })
})

describe('memory', () => {
  const fetchesOf = (seen: readonly { body: unknown }[]) => seen.map(({ body }) => body as FetchRequest)

  it('that fetched records take is bounded, however slow user code is', async () => {
    const { scripted, consume, take, append, pass, end } = await world()
    scripted.createTopic('t', 4)
    for (let partition = 0; partition < 4; partition++) {
      for (let batch = 0; batch < 40; batch++) append('t', partition, [String(batch).padEnd(1000)])
    }
    const consumer = consume({
      topics: ['t'],
      from: 'earliest',
      prefetchSizeMax: 10_000,
      partitionFetchSizeMax: 2000,
      fetchWaitMs: 50,
    })
    const loop = consumer.messages()
    let fetchedSize = 0
    scripted.intercept(Fetch, async ({ body }, proceed) => {
      expect(body.maxBytes).toBeLessThanOrEqual(10_000)
      const answer = await proceed()
      if (typeof answer === 'symbol') return answer
      for (const { partitions } of answer.responses ?? []) {
        for (const { records } of partitions ?? []) fetchedSize += (records as Buffer).length
      }
      return answer
    })
    await take(loop, 1)
    await pass(2000)
    // The limit, and a batch for each partition: brokers send one even if it is larger than the room.
    expect(fetchedSize).toBeLessThan(10_000 + 4 * 1200)
    expect(await take(loop, 159)).toHaveLength(159)
    await end()
  })

  it('of a full partition keeps only that one from being fetched', async () => {
    const { scripted, consume, run, take, append, pass, end } = await world()
    scripted.createTopic('t', 2)
    for (let batch = 0; batch < 40; batch++) append('t', 0, [String(batch).padEnd(1000)])
    const consumer = consume({ topics: ['t'], from: 'earliest', partitionFetchSizeMax: 2000, fetchWaitMs: 50 })
    const loop = consumer.messages()
    await take(loop, 1)
    await pass(200)
    const position = () => fetchesOf(scripted.seen('Fetch')).length
    const before = position()
    append('t', 1, ['other'])
    await pass(200)
    expect(position()).toBeGreaterThan(before)
    consumer.pause([{ topic: 't', partition: 0 }])
    expect((await run(loop.next())).value?.partition).toBe(1)
    await end()
  })

  it('of paused partitions is given up when the others have no room', async () => {
    const { scripted, consume, run, take, append, pass, end } = await world()
    scripted.createTopic('t', 2)
    for (let batch = 0; batch < 10; batch++) append('t', 0, [String(batch).padEnd(1000)])
    const settings = { prefetchSizeMax: 3000, partitionFetchSizeMax: 4000, fetchWaitMs: 50 }
    const consumer = consume({ topics: ['t'], from: 'earliest', ...settings })
    const loop = consumer.messages()
    await take(loop, 1)
    await pass(100)
    consumer.pause([{ topic: 't', partition: 0 }])
    append('t', 1, ['other'])
    expect((await run(loop.next(), 10_000)).value?.partition).toBe(1)
    consumer.resume([{ topic: 't', partition: 0 }])
    expect((await take(loop, 9)).map(({ offset }) => offset)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
    await end()
  })

  it('of one detached message is that of its own bytes', async () => {
    const { scripted, consume, take, append, end } = await world()
    scripted.createTopic('t')
    append(
      't',
      0,
      numbered(1000).map((value) => value.padEnd(100)),
    )
    const messages = await take(consume({ topics: ['t'], from: 'earliest' }).messages(), 1000)
    const message = messages[500]
    const detached = message?.detach()
    expect([detached?.offset, detached?.key?.toString(), detached?.value?.toString()]).toEqual([
      500,
      'k500',
      '500'.padEnd(100),
    ])
    expect(message?.value?.buffer.byteLength).toBeGreaterThan(100_000)
    expect(detached?.value?.buffer.byteLength).toBeLessThan(150)
    await end()
  })
})

describe('committed reading', () => {
  it('gives no aborted record, and none before it is decided', async () => {
    const { scripted, consume, take, until, end } = await world()
    scripted.createTopic('t')
    const log = scripted.log('t')
    log.append(transactionalBatchOf(['aborted'], 1))
    log.append(transactionalBatchOf(['committed'], 2))
    log.appendMarker('Abort', 1, 0)
    log.appendMarker('Commit', 2, 0)
    log.append(transactionalBatchOf(['kept'], 1, 1))
    log.append(transactionalBatchOf(['open'], 2, 1))
    log.appendMarker('Commit', 1, 0)
    log.abortedTransactions.push({ producerId: 1, firstOffset: 0 })
    log.lastStableOffset = 5
    const consumer = consume({ topics: ['t'], from: 'earliest', isolation: 'committed' })
    const told = listen(consumer)
    const loop = consumer.messages()
    expect((await take(loop, 2)).map(textOf)).toEqual(['t-0@1=committed', 't-0@4=kept'])
    const next = loop.next()
    await until(() => eventsOf(told, 'end').length > 0)
    expect(eventsOf(told, 'end')[0]?.offset).toBe(5)
    log.lastStableOffset = undefined
    log.appendMarker('Commit', 2, 0)
    await until(() => consumer.position({ topic: 't', partition: 0 }) === 6)
    expect(textOf((await next).value as never)).toBe('t-0@5=open')
    // And without: everything but the markers.
    const all = await take(consume({ topics: ['t'], from: 'earliest' }).messages(), 4)
    expect(all.map(({ value }) => value?.toString())).toEqual(['aborted', 'committed', 'kept', 'open'])
    await end()
  })

  it('begins after the last decided record with latest', async () => {
    const { scripted, consume, take, end } = await world()
    scripted.createTopic('t')
    const log = scripted.log('t')
    log.append(batchOf(['a']))
    log.append(transactionalBatchOf(['open'], 1))
    log.lastStableOffset = 1
    const asked: number[] = []
    scripted.intercept(ListOffsets, ({ body }, proceed) => {
      asked.push(body.isolationLevel)
      log.lastStableOffset = undefined
      return proceed().then((answer) =>
        typeof answer === 'symbol'
          ? answer
          : { topics: [{ name: 't', partitions: [{ partitionIndex: 0, offset: 1 }] }] },
      )
    })
    const loop = consume({ topics: ['t'], from: 'latest', isolation: 'committed' }).messages()
    expect((await take(loop, 1)).map(textOf)).toEqual(['t-0@1=open'])
    expect(asked).toEqual([1])
    await end()
  })
})
