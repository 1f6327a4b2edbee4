import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { inlineWorkers, ManualClock, type Workers } from '@millrace/base'
import { hangUp, noAnswer, pass } from '@millrace/client/testing'
import { ErrorCode, InitProducerId, Metadata, Produce } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { type DeliveryReport, keyedPartition, ProduceError, Producer, roundRobin, string, topic } from '../src/index.ts'
import { recordsIn, valuesIn, world } from './world.ts'

const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, index) => String(from + index))

describe('send', () => {
  it('tells where a record is', async () => {
    const { scripted, producer, run } = await world()
    scripted.createTopic('t', 1)
    expect(await run(producer.send('t', { key: 'k', value: 'v', timestamp: 12 }))).toEqual({
      topic: 't',
      partition: 0,
      offset: 0,
      timestamp: 12,
    })
    const sent = await run(Promise.all(numbered(3).map((value) => producer.send('t', { value }))))
    expect(sent.map(({ offset }) => offset)).toEqual([1, 2, 3])
    expect(scripted.seen('Produce')).toHaveLength(2)
    await run(producer.close())
  })

  it('writes keys, values and headers of every kind', async () => {
    const { scripted, producer, run } = await world()
    scripted.createTopic('t', 1)
    await run(producer.send('t', { key: Buffer.from([1]), value: new Uint8Array([2]), headers: { a: 'x', b: null } }))
    await run(producer.send('t', { key: null, value: null, headers: [{ key: 'a', value: 'y' }] }))
    expect(recordsIn(scripted.log('t'))).toEqual([
      {
        key: Buffer.from([1]),
        value: Buffer.from([2]),
        offset: 0,
        headers: [
          { key: 'a', value: Buffer.from('x') },
          { key: 'b', value: null },
        ],
      },
      { key: null, value: null, offset: 1, headers: [{ key: 'a', value: Buffer.from('y') }] },
    ])
    await run(producer.close())
  })

  it('encodes for typed topics, and says what cannot be encoded', async () => {
    const { scripted, producer, run, fails } = await world()
    scripted.createTopic('t', 1)
    const numbers = topic('t', {
      key: string(),
      value: {
        encode(value: number) {
          if (value < 0) throw new RangeError('it is negative')
          return String(value)
        },
        decode: (bytes) => Number(bytes.toString()),
      },
    })
    await run(producer.send(numbers, { key: 'a', value: 5 }))
    await run(producer.send(numbers, { value: null }))
    expect(valuesIn(scripted.log('t'))).toEqual(['5', undefined])
    const error = await fails(producer.send(numbers, { value: -1 }))
    expect(error).toMatchObject({ code: 'serialization', cause: { message: 'it is negative' } })
    await run(producer.close())
  })

  it('puts a key always into one partition, and asked-for partitions where they were asked for', async () => {
    const { scripted, producer, run } = await world({ brokerCount: 3 })
    scripted.createTopic('t', 12)
    // The Java client puts these keys there: murmur2 vectors.
    const first = await run(producer.send('t', { key: 'abc', value: '1' }))
    const second = await run(producer.send('t', { key: 'abc', value: '2' }))
    expect(first.partition).toBe((479470107 & 0x7fffffff) % 12)
    expect(second.partition).toBe(first.partition)
    expect((await run(producer.send('t', { key: 'abc', value: '3', partition: 4 }))).partition).toBe(4)
    await run(producer.close())
  })

  it('refuses what cannot be right, without sending anything', async () => {
    const { scripted, producer, run, fails } = await world({ recordSizeMax: 1000 })
    scripted.createTopic('t', 2)
    await run(producer.send('t', { value: 'first' }))
    const seen = scripted.seen('Produce').length
    expect(await fails(producer.send('t', { value: 'v', partition: -1 }))).toMatchObject({ code: 'invalid-argument' })
    expect(await fails(producer.send('t', { value: 'x'.repeat(1001) }))).toMatchObject({ code: 'invalid-argument' })
    expect(await fails(producer.send('t', { value: 'v', timestamp: 0.5 }))).toMatchObject({ code: 'invalid-argument' })
    expect(scripted.seen('Produce')).toHaveLength(seen)
    await run(producer.close())
  })

  it('has taken what it needs of a buffer when it returns, also of a record that waits', async () => {
    const { clock, scripted, producer, run } = await world({ maxBlockMs: 3000 })
    clock.schedule(500, () => void scripted.createTopic('late', 1))
    const value = Buffer.from('0')
    const header = Buffer.from('h')
    const sent: Promise<unknown>[] = []
    for (const text of ['1', '2', '3']) {
      value.write(text)
      if (text === '2') producer.enqueue('late', { value, headers: { h: header } })
      else sent.push(producer.send('late', { value }))
    }
    value.write('x')
    header.write('x')
    await run(Promise.all(sent))
    await run(producer.flush())
    expect(valuesIn(scripted.log('late'))).toEqual(['1', '2', '3'])
    expect(recordsIn(scripted.log('late'))[1]?.headers).toMatchObject([{ value: Buffer.from('h') }])
    await run(producer.close())
  })

  it('waits for a topic that is being created, and gives up on one that does not come', async () => {
    const { clock, scripted, producer, run, fails } = await world({ maxBlockMs: 3000 })
    clock.schedule(1000, () => void scripted.createTopic('late', 1))
    const sent = numbered(5).map((value) => producer.send('late', { value }))
    expect((await run(Promise.all(sent))).map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4])
    const error = await fails(producer.send('never', { value: 'x' }))
    expect(error).toBeInstanceOf(ProduceError)
    expect(error).toMatchObject({ code: 'broker', brokerCode: 3, topic: 'never', outcome: 'not-written' })
    await run(producer.close())
  })

  it('waits for a partition that is being added, while the others go on, and gives up on one that does not come', async () => {
    const { clock, scripted, producer, run, fails } = await world({ maxBlockMs: 3000 })
    scripted.createTopic('t', 2)
    await run(producer.send('t', { value: 'first', partition: 0 }))
    clock.schedule(1000, () => void scripted.addPartitions('t', 3))
    const added = numbered(3).map((value) => producer.send('t', { value, partition: 2 }))
    expect(await run(producer.send('t', { value: 'other', partition: 1 }))).toMatchObject({ partition: 1, offset: 0 })
    expect(producer.state().waitingRecords).toBe(3)
    expect((await run(Promise.all(added))).map(({ offset }) => offset)).toEqual([0, 1, 2])
    const error = await fails(producer.send('t', { value: 'x', partition: 7 }))
    expect(error).toMatchObject({ code: 'broker', brokerCode: 3, topic: 't', outcome: 'not-written' })
    expect(error.message).toContain('no partition 7, there are 3 (waited 3000 ms for it)')
    await run(producer.close())
  })

  it('waits for a partition of a topic that is not known either', async () => {
    const { clock, scripted, producer, run } = await world({ maxBlockMs: 3000 })
    clock.schedule(500, () => void scripted.createTopic('late', 1))
    clock.schedule(1000, () => void scripted.addPartitions('late', 2))
    const sent = [
      producer.send('late', { value: 'a', partition: 1 }),
      producer.send('late', { value: 'b', partition: 0 }),
    ]
    expect((await run(Promise.all(sent))).map(({ partition, offset }) => [partition, offset])).toEqual([
      [1, 0],
      [0, 0],
    ])
    await run(producer.close())
  })

  it('does not hold up a topic for another one that is asked for', async () => {
    const { clock, scripted, producer, run } = await world({ maxBlockMs: 60_000 })
    scripted.createTopic('here', 1)
    await run(producer.send('here', { value: 'first' }))
    const never = producer.send('never', { value: 'x' })
    const before = clock.monotonic()
    await run(producer.send('here', { value: 'second' }))
    producer.enqueue('here', { value: 'third' })
    await run(producer.send('here', { value: 'fourth' }))
    expect(clock.monotonic() - before).toBeLessThan(1000)
    expect(valuesIn(scripted.log('here'))).toEqual(['first', 'second', 'third', 'fourth'])
    await run(producer.close({ timeoutMs: 10 }).catch(() => {}))
    await expect(never).rejects.toMatchObject({ outcome: 'not-written' })
  })

  it('asks for the topic to be created if the cluster does that', async () => {
    const { scripted, producer, run } = await world()
    scripted.intercept(Metadata, ({ body, cluster }, proceed) => {
      if (body.allowAutoTopicCreation) for (const { name } of body.topics ?? []) cluster.createTopic(name ?? '', 1)
      return proceed()
    })
    await run(producer.send('fresh', { value: 'x' }))
    await run(producer.close())
  })

  it('ends the waiting with its signal', async () => {
    const { clock, scripted, producer, run, fails } = await world()
    scripted.createTopic('t', 1)
    scripted.intercept(Produce, () => noAnswer)
    const aborter = new AbortController()
    clock.schedule(50, () => aborter.abort(new Error('enough')))
    const error = await fails(producer.send('t', { value: 'x' }, { signal: aborter.signal }))
    expect(error).toMatchObject({ code: 'aborted', cause: { message: 'enough' } })
    await run(producer.close({ timeoutMs: 10 }).catch(() => {}))
  })

  it('leaves no unhandled rejection when nobody waits for a failure', async () => {
    const { scripted, producer, run } = await world()
    scripted.createTopic('t', 1)
    scripted.intercept(Produce, ({ body }) => ({
      responses: body.topicData.map(({ topicId, partitionData }) => ({
        topicId,
        partitionResponses: partitionData.map(({ index }) => ({ index, errorCode: 29, baseOffset: -1 })),
      })),
    }))
    void producer.send('t', { value: 'x' })
    void producer.send('t', { value: 'x', partition: 9 })
    await run(producer.close().catch(() => {}))
  })
})

describe('batching', () => {
  it('sends records of one turn together after the linger time', async () => {
    const { clock, scripted, producer, run } = await world({ lingerMs: 20 })
    scripted.createTopic('t', 1)
    await run(producer.send('t', { value: 'warm-up' }))
    const startMs = clock.monotonic()
    const sent = numbered(100).map((value) => producer.send('t', { value }))
    await run(Promise.all(sent))
    expect(clock.monotonic() - startMs).toBeGreaterThanOrEqual(20)
    expect(scripted.log('t').batchCount).toBe(2)
    await run(producer.close())
  })

  it('sends a full batch at once', async () => {
    const { clock, scripted, producer, run } = await world({ lingerMs: 60_000, batchSizeMax: 1000 })
    scripted.createTopic('t', 1)
    const first = producer.send('t', { value: 'x'.repeat(300) })
    for (let count = 0; count < 3; count++) void producer.send('t', { value: 'x'.repeat(300) })
    await run(first)
    expect(clock.monotonic()).toBeLessThan(1000)
    await run(producer.close())
  })

  it('fills batches of key-less records before it changes the partition', async () => {
    const { scripted, producer, run } = await world({ batchSizeMax: 2000 })
    scripted.createTopic('t', 10)
    await run(producer.send('t', { value: 'warm-up' }))
    const sent = await run(Promise.all(numbered(2000).map((value) => producer.send('t', { value: value.padEnd(90) }))))
    let changeCount = 0
    for (const [index, { partition }] of sent.entries()) if (partition !== sent[index - 1]?.partition) changeCount++
    expect(changeCount).toBeGreaterThan(50)
    expect(changeCount).toBeLessThan(150)
    expect(new Set(sent.map(({ partition }) => partition)).size).toBe(10)
    await run(producer.close())
  })

  it.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'compresses with %s, also beside the event loop',
    async (codec) => {
      const { scripted, producer, run } = await world({ compression: codec, batchSizeMax: 200_000 })
      scripted.createTopic('t', 1)
      const values = numbered(6000).map((value) => value.padEnd(50, '-'))
      const sent = await run(Promise.all(values.map((value) => producer.send('t', { value }))))
      expect(sent.map(({ offset }) => offset)).toEqual(values.map((_, index) => index))
      expect(valuesIn(scripted.log('t'))).toEqual(values)
      expect(scripted.log('t').bytes.length).toBeLessThan(150_000)
      await run(producer.close())
    },
  )

  it.each([
    ['snappy', undefined],
    ['lz4', undefined],
    ['lz4', 12],
  ] as const)('compresses large batches with %s (level %s) on workers, small ones in place', async (codec, level) => {
    const jobs: string[] = []
    const workers: Workers = {
      ...inlineWorkers,
      run(job, input) {
        jobs.push(job.name)
        return inlineWorkers.run(job, input)
      },
    }
    const settings = { compression: codec, batchSizeMax: 200_000, cluster: { workers } }
    const { scripted, producer, run } = await world(
      level === undefined ? settings : { ...settings, compressionLevel: level },
    )
    scripted.createTopic('t', 1)
    await run(producer.send('t', { value: 'small' }))
    expect(jobs).toEqual([])
    const values = numbered(3000).map((value) => value.padEnd(50, '-'))
    await run(Promise.all(values.map((value) => producer.send('t', { value }))))
    expect(new Set(jobs)).toEqual(new Set([`${codec} compress`]))
    expect(valuesIn(scripted.log('t'))).toEqual(['small', ...values])
    await run(producer.close())
  })

  it('cuts a batch that the broker finds too large', async () => {
    const { scripted, producer, run, fails } = await world({ batchSizeMax: 10_000 })
    scripted.createTopic('t', 1)
    scripted.intercept(Produce, ({ body }, proceed) => {
      const [first] = body.topicData
      const [data] = first?.partitionData ?? []
      if (data === undefined || (data.records as Buffer).length <= 500) return proceed()
      const partitionResponses = [{ index: 0, errorCode: 10, baseOffset: -1 }]
      return { responses: [{ topicId: first?.topicId ?? '', partitionResponses }] }
    })
    const values = numbered(200)
    const sent = await run(Promise.all(values.map((value) => producer.send('t', { value }))))
    expect(sent.map(({ offset }) => offset)).toEqual(values.map((_, index) => index))
    expect(valuesIn(scripted.log('t'))).toEqual(values)
    const error = await fails(producer.send('t', { value: 'x'.repeat(600) }))
    expect(error).toMatchObject({ brokerCode: 10, outcome: 'not-written', retriable: false })
    await run(producer.send('t', { value: 'after' }))
    expect(valuesIn(scripted.log('t'))).toEqual([...values, 'after'])
    await run(producer.close())
  })
})

describe('retries', () => {
  it('neither double nor reorder records when answers are lost', async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { scripted, producer, run } = await world({ batchSizeMax: 300, cluster: { requestTimeoutMs: 300 } })
      scripted.createTopic('t', 1)
      let state = seed
      const chance = () => {
        state = (state * 1103515245 + 12345) % 2147483648
        return state % 10
      }
      scripted.intercept(Produce, async (_, proceed) => {
        const draw = chance()
        if (draw === 0) return hangUp
        const answer = await proceed()
        if (draw === 1) return hangUp
        return draw === 2 ? noAnswer : answer
      })
      const values = numbered(500)
      const sent = await run(Promise.all(values.map((value) => producer.send('t', { value }))))
      expect(valuesIn(scripted.log('t')), `seed ${seed}`).toEqual(values)
      expect(
        sent.map(({ offset }) => offset),
        `seed ${seed}`,
      ).toEqual(values.map((_, index) => index))
      await run(producer.close())
      expect(scripted.failures).toEqual([])
    }
  })

  it('keep the order without sequence numbers, though they may double', async () => {
    const { scripted, producer, run } = await world({ idempotent: false, batchSizeMax: 300 })
    scripted.createTopic('t', 1)
    let count = 0
    scripted.intercept(Produce, async (_, proceed) => {
      count++
      return count % 3 === 0 ? hangUp : proceed()
    })
    const values = numbered(500)
    await run(Promise.all(values.map((value) => producer.send('t', { value }))))
    expect(valuesIn(scripted.log('t'))).toEqual(values)
    expect(scripted.seen('InitProducerId')).toHaveLength(0)
    await run(producer.close())
  })

  it('follow the leader', async () => {
    const { scripted, producer, run } = await world({ brokerCount: 3 })
    scripted.createTopic('t', 1)
    await run(producer.send('t', { value: '0' }))
    scripted.moveLeader('t', 0, 2)
    await run(producer.send('t', { value: '1' }))
    scripted.moveLeader('t', 0, 3)
    await scripted.broker(2).stop()
    await run(producer.send('t', { value: '2' }))
    expect(valuesIn(scripted.log('t'))).toEqual(['0', '1', '2'])
    await run(producer.close())
  })

  it('wait for a partition that has no leader, and for brokers that are all gone', async () => {
    const { clock, scripted, producer, run } = await world({ brokerCount: 1 })
    scripted.createTopic('t', 1)
    await run(producer.send('t', { value: '0' }))
    await scripted.broker(1).stop()
    const sent = producer.send('t', { value: '1' })
    await pass(clock, 5000)
    await scripted.broker(1).start()
    expect((await run(sent)).offset).toBe(1)
    await run(producer.close())
  })

  it('wait for a partition that lost its leader while nothing was sent', async () => {
    const { clock, scripted, cluster, producer, run } = await world({ brokerCount: 2 })
    scripted.createTopic('t', 2)
    await run(producer.send('t', { partition: 1, value: 'a' }))
    await scripted.broker(2).stop()
    await run(cluster.metadata(['t']))
    await pass(clock, 3000)
    const sent = producer.send('t', { partition: 1, value: 'b' })
    await pass(clock, 1000)
    await scripted.broker(2).start()
    const startedMs = clock.monotonic()
    await run(sent)
    expect(clock.monotonic() - startedMs).toBeLessThan(2000)
    expect(valuesIn(scripted.log('t', 1))).toEqual(['a', 'b'])
    await run(producer.close())
  })

  it('begin a new epoch when the broker has lost its memory of the producer', async () => {
    const { scripted, producer, run } = await world({ batchSizeMax: 300 })
    scripted.createTopic('t', 1)
    await run(producer.send('t', { value: '0' }))
    let isLost = false
    scripted.intercept(Produce, ({ body }, proceed) => {
      if (isLost) return proceed()
      isLost = true
      return {
        responses: body.topicData.map(({ topicId }) => ({
          topicId,
          partitionResponses: [{ index: 0, errorCode: 45, baseOffset: -1 }],
        })),
      }
    })
    const values = numbered(100, 1)
    await run(Promise.all(values.map((value) => producer.send('t', { value }))))
    expect(valuesIn(scripted.log('t'))).toEqual(['0', ...values])
    await run(producer.close())
  })

  it('fail one partition without holding up another', async () => {
    const { scripted, producer, run, fails } = await world()
    scripted.createTopic('t', 2)
    scripted.intercept(Produce, async (_, proceed) => {
      const answer = await proceed()
      if (typeof answer === 'symbol') return answer
      const responses = (answer.responses ?? []).map((each) => ({
        ...each,
        partitionResponses: (each.partitionResponses ?? []).map((part) =>
          part.index === 0 ? { index: 0, errorCode: 87, baseOffset: -1, errorMessage: 'bad record' } : part,
        ),
      }))
      return { ...answer, responses }
    })
    const good = producer.send('t', { value: 'good', partition: 1 })
    const error = await fails(producer.send('t', { value: 'bad', partition: 0 }))
    expect(error.message).toContain(
      'Records for t-0 were not written: Producing failed with INVALID_RECORD: bad record',
    )
    expect((await run(good)).offset).toBe(0)
    await run(producer.close())
  })
})

describe('giving up', () => {
  it('says that a record may be written when its answer never came', async () => {
    const { scripted, producer, run, fails } = await world({
      deliveryTimeoutMs: 3000,
      cluster: { requestTimeoutMs: 1000 },
    })
    scripted.createTopic('t', 1)
    const remove = scripted.intercept(Produce, (_, proceed) => proceed().then((): typeof noAnswer => noAnswer))
    const error = await fails(producer.send('t', { value: '0' }))
    expect(error).toMatchObject({ code: 'timeout', outcome: 'unknown', topic: 't', partition: 0 })
    remove()
    expect((await run(producer.send('t', { value: '1' }))).offset).toBe(1)
    expect(valuesIn(scripted.log('t'))).toEqual(['0', '1'])
    await run(producer.close())
  })

  it('says that a record may be written when the leader stepped down while it waited for replicas', async () => {
    const { scripted, producer, run, fails } = await world({ deliveryTimeoutMs: 1000 })
    scripted.createTopic('t', 1)
    await run(producer.send('t', { value: 'a' }))
    let isFirst = true
    const remove = scripted.intercept(Produce, async ({ body }, proceed) => {
      // The first try is appended, whatever is said of it; the others reach nobody.
      if (isFirst) await proceed()
      isFirst = false
      const errorCode = ErrorCode.NOT_LEADER_OR_FOLLOWER
      return {
        responses: body.topicData.map(({ name, topicId, partitionData }) => ({
          name,
          topicId,
          partitionResponses: partitionData.map(({ index }) => ({ index, errorCode, baseOffset: -1 })),
        })),
      }
    })
    expect(await fails(producer.send('t', { value: 'b' }))).toMatchObject({ outcome: 'unknown' })
    remove()
    await run(producer.send('t', { value: 'c' }))
    expect(valuesIn(scripted.log('t'))).toEqual(['a', 'b', 'c'])
    await run(producer.close())
  })

  it('says that a record is not written when it was never sent', async () => {
    const { scripted, producer, run, fails } = await world({ deliveryTimeoutMs: 3000 })
    scripted.createTopic('t', 1)
    await run(producer.send('t', { value: '0' }))
    await scripted.broker(1).stop()
    const error = await fails(producer.send('t', { value: '1' }))
    expect(error).toMatchObject({ code: 'timeout', outcome: 'not-written' })
    await scripted.broker(1).start()
    expect((await run(producer.send('t', { value: '2' }))).offset).toBe(1)
    await run(producer.close())
  })

  it('fails when there is no producer id to be had, and asks again with the next record', async () => {
    const { scripted, producer, run, fails } = await world()
    scripted.createTopic('t', 1)
    const remove = scripted.intercept(InitProducerId, () => ({ errorCode: 31 }))
    expect(await fails(producer.send('t', { value: '0' }))).toMatchObject({ brokerCode: 31, outcome: 'not-written' })
    remove()
    expect((await run(producer.send('t', { value: '1' }))).offset).toBe(0)
    await run(producer.close())
  })

  it('never doubles a record over an epoch that begins anew, whatever is lost on the way', async () => {
    for (const seed of [11, 12, 13, 14]) {
      const { scripted, producer, run } = await world({
        batchSizeMax: 200,
        deliveryTimeoutMs: 900,
        cluster: { requestTimeoutMs: 200 },
      })
      scripted.createTopic('t', 1)
      let state = seed
      scripted.intercept(Produce, async (_, proceed) => {
        state = (state * 1103515245 + 12345) % 2147483648
        const draw = state % 4
        if (draw === 0) return noAnswer
        const answer = await proceed()
        return draw === 1 ? noAnswer : answer
      })
      const values = numbered(60)
      const settled = await run(Promise.allSettled(values.map((value) => producer.send('t', { value }))))
      const written = valuesIn(scripted.log('t'))
      expect(new Set(written).size, `seed ${seed}: doubled`).toBe(written.length)
      expect(written, `seed ${seed}: reordered`).toEqual(written.toSorted((a, b) => Number(a) - Number(b)))
      for (const [index, result] of settled.entries()) {
        const isThere = written.includes(String(index))
        if (result.status === 'fulfilled') expect(isThere, `seed ${seed}: lost ${index}`).toBe(true)
        else if ((result.reason as ProduceError).outcome === 'not-written') {
          expect(isThere, `seed ${seed}: ${index} is there`).toBe(false)
        }
      }
      await run(producer.close().catch(() => {}))
    }
  })
})

describe('enqueue', () => {
  it('takes records until it says that it is enough, and refuses beyond the bound', async () => {
    const { scripted, producer, run } = await world({ bufferSizeMax: 20_000, lingerMs: 1 })
    scripted.createTopic('t', 1)
    let count = 0
    while (producer.enqueue('t', { value: String(count++).padEnd(100) }));
    expect(count).toBeGreaterThan(80)
    expect(producer.bufferedSize).toBeLessThan(20_000)
    await run(producer.ready())
    expect(producer.enqueue('t', { value: String(count++).padEnd(100) })).toBe(true)
    expect(() => {
      for (;;) producer.enqueue('t', { value: String(count++).padEnd(100) })
    }).toThrow('await ready()')
    await run(producer.flush())
    expect(valuesIn(scripted.log('t')).map(Number)).toEqual(Array.from({ length: count - 1 }, (_, index) => index))
    expect(producer.bufferedSize).toBe(0)
    await run(producer.close())
  })

  it('says that it is enough while a topic is not known yet, however small the records', async () => {
    const { scripted, producer, run } = await world()
    scripted.createTopic('t', 1)
    let count = 0
    for (let turn = 0; turn < 3; turn++) {
      while (producer.enqueue('t', { value: String(count++) }) && count < 150_000);
      await run(producer.ready())
    }
    expect(count).toBeGreaterThan(100_000)
    await run(producer.flush())
    expect(scripted.log('t').endOffset).toBe(count)
    await run(producer.close())
  })

  it('reports what failed with the next flush, once, and to the listener', async () => {
    const failed: [number | undefined, number][] = []
    const { scripted, producer, run, fails } = await world({
      onDeliveryFailed: (error, count) => void failed.push([error.brokerCode, count]),
    })
    scripted.createTopic('t', 1)
    const remove = scripted.intercept(Produce, ({ body }) => ({
      responses: body.topicData.map(({ topicId }) => ({
        topicId,
        partitionResponses: [{ index: 0, errorCode: 29, baseOffset: -1 }],
      })),
    }))
    for (const value of numbered(3)) producer.enqueue('t', { value })
    expect(await fails(producer.flush())).toMatchObject({ brokerCode: 29 })
    expect(failed).toEqual([[29, 3]])
    await run(producer.flush())
    const watched = fails(producer.send('t', { value: 'x' }))
    await watched
    await run(producer.flush())
    remove()
    await run(producer.close())
  })
})

describe('the bound on the buffer', () => {
  it('makes send wait, in order', async () => {
    const { scripted, producer, run } = await world({ bufferSizeMax: 2000, batchSizeMax: 1000, lingerMs: 0 })
    scripted.createTopic('t', 1)
    const values = numbered(300).map((value) => value.padEnd(100))
    const sent = await run(Promise.all(values.map((value) => producer.send('t', { value }))))
    expect(producer.bufferedSize).toBe(0)
    expect(sent.map(({ offset }) => offset)).toEqual(values.map((_, index) => index))
    await run(producer.close())
  })

  it('fails a send that waited too long for room', async () => {
    const { scripted, producer, run, fails } = await world({ bufferSizeMax: 1000, batchSizeMax: 500, maxBlockMs: 700 })
    scripted.createTopic('t', 1)
    await run(producer.send('t', { value: 'first' }))
    scripted.intercept(Produce, () => noAnswer)
    for (const value of numbered(10)) void producer.send('t', { value: value.padEnd(200) })
    const error = await fails(producer.send('t', { value: 'x' }))
    expect(error).toMatchObject({ code: 'buffer-full', outcome: 'not-written', retriable: true })
    await run(producer.close({ timeoutMs: 1 }).catch(() => {}))
  })
})

describe('acks', () => {
  it('0 resolves when written, without an offset', async () => {
    const { clock, scripted, producer, run } = await world({ acks: 0 })
    scripted.createTopic('t', 1)
    expect((await run(producer.send('t', { value: 'x' }))).offset).toBe(-1)
    await pass(clock, 5)
    expect(valuesIn(scripted.log('t'))).toEqual(['x'])
    await run(producer.close())
  })

  it('other than all cannot be idempotent', () => {
    expect(() => new Producer({ brokers: 'a:1', acks: 1, idempotent: true })).toThrow("needs acks: 'all'")
    expect(() => new Producer({ brokers: 'a:1', acks: 2 as 1 })).toThrow('acks must be')
    expect(() => new Producer({ brokers: 'a:1', maxInFlight: 6 })).toThrow('maxInFlight must be an integer from 1 to 5')
    expect(() => new Producer({ brokers: 'a:1', compression: 'brotli' as 'gzip' })).toThrow('compression must be')
  })
})

describe('old brokers', () => {
  it('get produce requests by topic name', async () => {
    const { scripted, producer, run } = await world()
    scripted.broker(1).versions.set(Produce.key, { min: 0, max: 7 })
    scripted.createTopic('t', 2)
    await run(producer.send('t', { value: 'x', partition: 1 }))
    expect(scripted.seen('Produce')[0]?.version).toBe(7)
    expect(valuesIn(scripted.log('t', 1))).toEqual(['x'])
    await run(producer.close())
  })
})

describe('new partitions', () => {
  it('are used once they are known', async () => {
    const { clock, scripted, producer, run } = await world({ cluster: { metadataMaxAgeMs: 500 }, batchSizeMax: 100 })
    scripted.createTopic('t', 1)
    await run(producer.send('t', { value: 'x' }))
    scripted.addPartitions('t', 8)
    await pass(clock, 600)
    const sent = await run(Promise.all(numbered(100).map((value) => producer.send('t', { value: value.padEnd(100) }))))
    expect(new Set(sent.map(({ partition }) => partition)).size).toBeGreaterThan(4)
    await run(producer.close())
  })
})

describe('close', () => {
  it('sends what is buffered, takes no more, and leaves nothing behind', async () => {
    const clock = new ManualClock()
    expect(clock.pendingCount).toBe(0)
    const first = await world({ lingerMs: 60_000 })
    first.scripted.createTopic('t', 1)
    for (const value of numbered(10)) first.producer.enqueue('t', { value })
    const sent = first.producer.send('t', { value: '10' })
    await first.run(first.producer.close())
    expect((await first.run(sent)).offset).toBe(10)
    expect(() => first.producer.enqueue('t', { value: 'x' })).toThrow('has been closed')
    expect(await first.fails(first.producer.send('t', { value: 'x' }))).toMatchObject({ code: 'closed' })
    expect(await first.fails(first.producer.ready())).toMatchObject({ code: 'closed' })
    await first.run(first.producer.close())
    await first.cluster.close()
    await pass(first.clock, 50)
    expect(first.clock.pendingCount).toBe(0)
  })

  it('is bounded in time when the cluster is gone, in every phase', async () => {
    for (const phase of ['topic unknown', 'waiting for the id', 'in flight', 'to be sent again'] as const) {
      const { clock, scripted, cluster, producer, run, fails } = await world()
      if (phase !== 'topic unknown') scripted.createTopic('t', 1)
      if (phase === 'waiting for the id') scripted.intercept(InitProducerId, () => noAnswer)
      if (phase === 'in flight') scripted.intercept(Produce, () => noAnswer)
      if (phase === 'to be sent again') scripted.intercept(Produce, () => hangUp)
      const sent = fails(producer.send('t', { value: 'x' }))
      await pass(clock, 100)
      const startMs = clock.monotonic()
      await run(producer.close({ timeoutMs: 2000 }))
      expect(clock.monotonic() - startMs, phase).toBeLessThan(2100)
      expect(await sent, phase).toMatchObject({ code: 'closed' })
      await cluster.close()
      await pass(clock, 50)
      expect(clock.pendingCount, phase).toBe(0)
    }
  })

  it('closes the cluster that it made itself', async () => {
    const { scripted, clock, run } = await world()
    scripted.createTopic('t', 1)
    const { bootstrap: brokers, transport } = scripted
    const producer = new Producer({ brokers, transport, clock })
    await run(producer.send('t', { value: 'x' }))
    await run(producer[Symbol.asyncDispose]())
    await pass(clock, 50)
    expect(scripted.broker(1).connectionCount).toBe(0)
    expect(clock.pendingCount).toBe(0)
  })
})

describe('a partitioner', () => {
  it('of round robin takes one partition after the other, of each topic, whatever the keys', async () => {
    const { scripted, producer, run } = await world({ partitioner: roundRobin() })
    scripted.createTopic('t', 3)
    scripted.createTopic('u', 3)
    const sent = await run(
      Promise.all(['t', 't', 'u', 't', 't', 'u'].map((name) => producer.send(name, { key: 'same', value: 'v' }))),
    )
    expect(sent.map(({ partition }) => partition)).toEqual([0, 1, 0, 2, 0, 1])
    await run(producer.close())
  })

  it('of round robin leaves out partitions without a leader', async () => {
    const { scripted, cluster, producer, run } = await world({ brokerCount: 2, partitioner: roundRobin() })
    scripted.createTopic('t', 2)
    await scripted.broker(2).stop()
    await run(cluster.metadata(['t']))
    const sent = await run(Promise.all(['a', 'b'].map((value) => producer.send('t', { value }))))
    expect(sent.map(({ partition }) => partition)).toEqual([0, 0])
    await run(producer.close())
  })

  it('of the user sees key and value as they are sent, and may use the default one', async () => {
    const seen: unknown[] = []
    const { scripted, producer, run } = await world({
      partitioner(record, { count }) {
        seen.push(record)
        return record.key === null ? 1 : keyedPartition(record.key, count)
      },
    })
    scripted.createTopic('t', 4)
    const keyed = await run(producer.send('t', { key: 'u1', value: 'v' }))
    const keyless = await run(producer.send('t', { value: 'v' }))
    expect([keyed.partition, keyless.partition]).toEqual([keyedPartition('u1', 4), 1])
    expect(seen[0]).toEqual({ topic: 't', key: 'u1', value: 'v' })
    await run(producer.close())
  })

  it('that fails, or chooses what is not there, fails its record alone', async () => {
    const { scripted, producer, run, fails } = await world({
      partitioner({ value }) {
        if (value === 'throw') throw new Error('no idea')
        return value === 'far' ? 7 : 0
      },
    })
    scripted.createTopic('t', 2)
    await run(producer.send('t', { value: 'good' }))
    expect(await fails(producer.send('t', { value: 'throw' }))).toMatchObject({
      code: 'invalid-argument',
      outcome: 'not-written',
      message: 'The partitioner failed for a record of t: no idea',
    })
    expect((await fails(producer.send('t', { value: 'far' }))).message).toBe(
      'The partitioner chose a partition that is not there: t has 2 partitions',
    )
    await run(producer.send('t', { value: 'good' }))
    expect(valuesIn(scripted.log('t'))).toEqual(['good', 'good'])
    await run(producer.close())
  })
})

describe('compressionLevel', () => {
  it('is given to the codec', async () => {
    const sizes: number[] = []
    const value = Array.from({ length: 4000 }, (_, index) => (index * index) % 977).join()
    for (const compressionLevel of [1, 9]) {
      const { scripted, producer, run } = await world({ compression: 'gzip', compressionLevel })
      scripted.createTopic('t', 1)
      await run(producer.send('t', { value, timestamp: 1 }))
      sizes.push(scripted.log('t').bytes.length)
      await run(producer.close())
    }
    expect(sizes[1]).toBeLessThan(sizes[0] as number)
  })

  it('that the codec does not have is refused', async () => {
    const make = (compression: 'gzip' | 'snappy', compressionLevel: number) => () =>
      new Producer({ brokers: 'localhost:9092', compression, compressionLevel })
    expect(make('gzip', 10)).toThrow('compressionLevel 10: gzip has levels from 1 to 9')
    expect(make('snappy', 3)).toThrow('snappy has no levels')
  })
})

describe('interceptors', () => {
  it('may replace records, in their order, and hear of every batch', async () => {
    const reports: DeliveryReport[] = []
    const { scripted, producer, run, fails } = await world({
      deliveryTimeoutMs: 3000,
      interceptors: [
        {
          onSend: (_topic, record) => ({ ...record, headers: { trace: '1' } }),
          onDelivered: (each) => reports.push(each),
        },
        { onSend: (topic, record) => ({ ...record, value: `${topic}:${String(record.value)}` }) },
      ],
    })
    scripted.createTopic('t', 1)
    await run(producer.send('t', { value: 'a' }))
    expect(recordsIn(scripted.log('t'))).toMatchObject([
      { value: Buffer.from('t:a'), headers: [{ key: 'trace', value: Buffer.from('1') }] },
    ])
    scripted.intercept(Produce, () => hangUp)
    await fails(producer.send('t', { value: 'b' }))
    expect(reports).toEqual([
      { topic: 't', partition: 0, recordCount: 1, baseOffset: 0, error: undefined },
      { topic: 't', partition: 0, recordCount: 1, baseOffset: -1, error: expect.any(ProduceError) },
    ])
    await run(producer.close())
  })

  it('that fail hinder nothing', async () => {
    const broken = () => {
      throw new Error('broken')
    }
    const { scripted, producer, run } = await world({ interceptors: [{ onSend: broken, onDelivered: broken }] })
    scripted.createTopic('t', 1)
    await run(producer.send('t', { value: 'a' }))
    expect(valuesIn(scripted.log('t'))).toEqual(['a'])
    await run(producer.close())
  })
})

describe('what can be watched', () => {
  it('is the state, as a plain object', async () => {
    const { scripted, producer, run, fails } = await world({ deliveryTimeoutMs: 2000 })
    scripted.createTopic('t', 1)
    await run(Promise.all(numbered(3).map((value) => producer.send('t', { value }))))
    expect(producer.state()).toEqual({
      isClosed: false,
      bufferedSize: 0,
      waitingRecords: 0,
      incompleteBatches: 0,
      counts: { acceptedRecords: 3, acknowledgedRecords: 3, failedRecords: 0, batches: 1, requests: 1, retries: 0 },
    })
    scripted.intercept(Produce, () => hangUp)
    const failing = fails(producer.send('t', { value: 'x' }))
    expect(producer.state()).toMatchObject({ incompleteBatches: 1 })
    expect(producer.state().bufferedSize).toBeGreaterThan(0)
    await failing
    expect(producer.state().counts).toMatchObject({ acceptedRecords: 4, failedRecords: 1, batches: 2 })
    expect(producer.state().counts.retries).toBeGreaterThan(0)
    await run(producer.close())
    expect(producer.state().isClosed).toBe(true)
  })

  it('are deliveries, requests and connections, by diagnostics channels', async () => {
    const heard: Record<string, unknown[]> = { delivery: [], request: [], connection: [] }
    const listeners = Object.entries(heard).map(([name, messages]) => {
      const listener = (message: unknown) => void messages.push(message)
      subscribe(`millrace:${name}`, listener)
      return () => unsubscribe(`millrace:${name}`, listener)
    })
    const { scripted, producer, run } = await world()
    scripted.createTopic('t', 1)
    await run(producer.send('t', { value: 'a' }))
    await run(producer.close())
    for (const end of listeners) end()
    const clientId = 'millrace'
    expect(heard.delivery).toEqual([
      { clientId, topic: 't', partition: 0, recordCount: 1, baseOffset: 0, error: undefined },
    ])
    expect(heard.request).toContainEqual(
      expect.objectContaining({ clientId, broker: 'broker1:9092', apiName: 'Produce', error: undefined }),
    )
    expect(heard.connection).toContainEqual({ clientId, broker: 'broker1:9092', event: 'connected', error: undefined })
  })
})
