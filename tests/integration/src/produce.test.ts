/** Producing: what each `acks` promises, in which order, and that a producer's repetition is not a second record. */
import { seededRandom } from '@millrace/base'
import {
  ApiVersions,
  decodeResponse,
  ErrorCode,
  encodeBatch,
  forEachBatch,
  Metadata,
  openBatch,
  Produce,
} from '@millrace/protocol'
import { type Cluster, startCluster } from '@millrace/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTopic, expectNone, fetchOnce, newProducerId, produce, textRecord, tryProduce } from './actions.ts'
import { closed, Wire } from './wire.ts'

const timeoutMs = 10_000
let cluster: Cluster
let wire: Wire

beforeAll(async () => {
  cluster = await startCluster()
  wire = await Wire.connect(cluster.bootstrapServers)
})

afterAll(async () => {
  wire.close()
  await cluster.stop()
})

/** All values of a partition, by offset. */
async function valuesOf(topic: string, partition = 0): Promise<string[]> {
  const values: string[] = []
  for (;;) {
    const { errorCode, records, highWatermark } = await fetchOnce(wire, topic, values.length, partition)
    expectNone(errorCode, `fetching ${topic}`)
    const bytes = records ?? Buffer.alloc(0)
    forEachBatch(bytes, 0, bytes.length, (position) => {
      const batch = openBatch(bytes, position)
      expect(batch.baseOffset).toBe(values.length)
      for (const { value } of batch) values.push(value?.toString() ?? '')
    })
    if (values.length >= highWatermark) return values
  }
}

const body = (topic: string, acks: number, ...values: readonly string[]) => ({
  acks,
  timeoutMs,
  topicData: [
    { name: topic, partitionData: [{ index: 0, records: encodeBatch(values.map((each) => textRecord(each))) }] },
  ],
})

describe('acks', () => {
  it.each([1, -1])('%i: answers with the offset of the first record', async (acks) => {
    const topic = `acks${acks}`
    await createTopic(wire, topic)
    expect(await produce(wire, topic, ['a', 'b'], { acks })).toBe(0)
    expect(await produce(wire, topic, ['c'], { acks })).toBe(2)
    expect(await valuesOf(topic)).toEqual(['a', 'b', 'c'])
  })

  it('0: is never answered, and the records are there', async () => {
    await createTopic(wire, 'unanswered')
    wire.post(Produce, 9, body('unanswered', 0, 'a'))
    wire.post(Produce, 9, body('unanswered', 0, 'b'))
    // The next answer on the connection is that of the next request.
    expect(await produce(wire, 'unanswered', ['c'])).toBe(2)
    expect(await valuesOf('unanswered')).toEqual(['a', 'b', 'c'])
  })

  it('0: a failure closes the connection, after the answers before it', async () => {
    const other = await Wire.connect(cluster.bootstrapServers)
    other.post(ApiVersions, 0, {})
    other.post(Produce, 9, body('nowhere', 0, 'a'))
    expect(await other.frame()).not.toBe(closed)
    expect(await other.frame()).toBe(closed)
  })

  it.each([2, -2, 100])('%i: is refused', async (acks) => {
    await createTopic(wire, `refused${acks}`)
    const answer = await tryProduce(wire, `refused${acks}`, encodeBatch([textRecord('a')]), { acks })
    expect(answer.errorCode).toBe(ErrorCode.INVALID_REQUIRED_ACKS)
  })
})

describe('many requests at once', () => {
  it('are answered and appended in the order of their sending', async () => {
    await createTopic(wire, 'ordered')
    const count = 200
    const ids = Array.from({ length: count }, (_, index) => wire.post(Produce, 9, body('ordered', -1, String(index))))
    for (const [index, id] of ids.entries()) {
      const frame = await wire.frame()
      if (frame === closed) throw new Error('The connection was closed')
      const answer = decodeResponse(Produce, 9, frame)
      expect(answer.correlationId).toBe(id)
      expect(answer.body.responses[0]?.partitionResponses[0]).toMatchObject({ errorCode: 0, baseOffset: index })
    }
    expect(await valuesOf('ordered')).toEqual(ids.map((_, index) => String(index)))
  })

  it('from many connections lose nothing and mix nothing', async () => {
    await createTopic(wire, 'mixed', 3)
    const seed = 20_261_121
    const random = seededRandom(seed)
    const sent = [new Set<string>(), new Set<string>(), new Set<string>()]
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      const own = await Wire.connect(cluster.bootstrapServers)
      for (let index = 0; index < 25; index++) {
        const partition = random.uint32() % 3
        const values = Array.from({ length: 1 + (random.uint32() % 4) }, (__, place) => `${writer}-${index}-${place}`)
        for (const value of values) sent[partition]?.add(value)
        await produce(own, 'mixed', values, { partition, acks: random.uint32() % 2 === 0 ? 1 : -1 })
      }
      own.close()
    })
    await Promise.all(writers)
    for (const [partition, values] of sent.entries()) {
      const found = await valuesOf('mixed', partition)
      expect(found.toSorted(), `seed ${seed}`).toEqual([...values].toSorted())
    }
  })

  it('of other kinds wait for the answers before them', async () => {
    await createTopic(wire, 'kinds')
    const first = wire.post(Produce, 9, body('kinds', -1, 'a'))
    const second = wire.post(Metadata, 12, { topics: [{ name: 'kinds' }] })
    const idOf = (frame: Buffer | typeof closed) => (frame === closed ? -1 : frame.readInt32BE(0))
    const ids = [idOf(await wire.frame()), idOf(await wire.frame())]
    expect(ids).toEqual([first, second])
  })
})

describe('several topics and partitions in one request', () => {
  it('succeed and fail each on its own', async () => {
    await createTopic(wire, 'several', 2)
    const batch = () => encodeBatch([textRecord('x')])
    const { responses } = await wire.send(Produce, 9, {
      acks: -1,
      timeoutMs,
      topicData: [
        { name: 'several', partitionData: [1, 5, 0].map((index) => ({ index, records: batch() })) },
        { name: 'nowhere', partitionData: [{ index: 0, records: batch() }] },
      ],
    })
    const codes = responses.map(({ partitionResponses }) =>
      partitionResponses.map(({ index, errorCode }) => [index, errorCode]),
    )
    const unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    expect(codes).toEqual([
      [
        [1, 0],
        [5, unknown],
        [0, 0],
      ],
      [[0, unknown]],
    ])
  })
})

describe('an idempotent producer', () => {
  const send = async (
    topic: string,
    producerId: number,
    producerEpoch: number,
    baseSequence: number,
    ...values: readonly string[]
  ) => {
    const records = values.map((each) => textRecord(each))
    return tryProduce(wire, topic, encodeBatch(records, { producerId, producerEpoch, baseSequence }))
  }

  it('that repeats a batch is told where it is, and it is there once', async () => {
    await createTopic(wire, 'repeated')
    const id = await newProducerId(wire)
    expect(await send('repeated', id, 0, 0, 'a', 'b')).toMatchObject({ errorCode: 0, baseOffset: 0 })
    expect(await send('repeated', id, 0, 2, 'c')).toMatchObject({ errorCode: 0, baseOffset: 2 })
    expect(await send('repeated', id, 0, 0, 'a', 'b')).toMatchObject({ errorCode: 0, baseOffset: 0 })
    expect(await send('repeated', id, 0, 2, 'c')).toMatchObject({ errorCode: 0, baseOffset: 2 })
    expect(await valuesOf('repeated')).toEqual(['a', 'b', 'c'])
  })

  it('that leaves out a sequence number is refused, and may go on where it was', async () => {
    await createTopic(wire, 'skipped')
    const id = await newProducerId(wire)
    await send('skipped', id, 0, 0, 'a')
    expect((await send('skipped', id, 0, 2, 'c')).errorCode).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
    expect(await send('skipped', id, 0, 1, 'b')).toMatchObject({ errorCode: 0, baseOffset: 1 })
    expect(await valuesOf('skipped')).toEqual(['a', 'b'])
  })

  it('of an older epoch is fenced', async () => {
    await createTopic(wire, 'fenced')
    const id = await newProducerId(wire)
    await send('fenced', id, 1, 0, 'a')
    expect((await send('fenced', id, 0, 0, 'b')).errorCode).toBe(ErrorCode.INVALID_PRODUCER_EPOCH)
    expect(await send('fenced', id, 2, 0, 'c')).toMatchObject({ errorCode: 0, baseOffset: 1 })
  })

  it('remembers its last five batches over a restart of the broker', async () => {
    const restarted = await startCluster()
    const own = await Wire.connect(restarted.bootstrapServers)
    await createTopic(own, 'kept')
    const id = await newProducerId(own)
    const batch = (sequence: number) =>
      encodeBatch([textRecord(String(sequence))], { producerId: id, producerEpoch: 0, baseSequence: sequence })
    for (let sequence = 0; sequence < 7; sequence++)
      expectNone((await tryProduce(own, 'kept', batch(sequence))).errorCode, 'send')
    own.close()
    await restarted.restart()
    const again = await Wire.connect(restarted.bootstrapServers)
    for (const sequence of [2, 3, 4, 5, 6]) {
      expect(await tryProduce(again, 'kept', batch(sequence))).toMatchObject({ errorCode: 0, baseOffset: sequence })
    }
    expect((await tryProduce(again, 'kept', batch(1))).errorCode).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER)
    expect(await tryProduce(again, 'kept', batch(7))).toMatchObject({ errorCode: 0, baseOffset: 7 })
    again.close()
    await restarted.stop()
  })

  it('gets an id that nobody else has, over restarts too', async () => {
    const restarted = await startCluster()
    const ids = new Set<number>()
    for (let round = 0; round < 3; round++) {
      const own = await Wire.connect(restarted.bootstrapServers)
      for (let count = 0; count < 5; count++) ids.add(await newProducerId(own))
      own.close()
      await restarted.restart()
    }
    await restarted.stop()
    expect(ids.size).toBe(15)
  })
})

describe('transactions', () => {
  it('are not served: their records are refused, by name, and block nobody', async () => {
    await createTopic(wire, 'transactional')
    const records = () =>
      encodeBatch([textRecord('x')], { producerId: 5, producerEpoch: 0, baseSequence: 0, isTransactional: true })
    const topicData = () => [{ name: 'transactional', partitionData: [{ index: 0, records: records() }] }]
    const named = await wire.send(Produce, 9, { transactionalId: 'tx', acks: -1, timeoutMs, topicData: topicData() })
    expect(named.responses[0]?.partitionResponses[0]).toMatchObject({
      errorCode: ErrorCode.INVALID_PRODUCER_ID_MAPPING,
      errorMessage: expect.stringContaining('transactions are not served yet'),
    })
    const unnamed = await wire.send(Produce, 9, { acks: -1, timeoutMs, topicData: topicData() })
    expect(unnamed.responses[0]?.partitionResponses[0]?.errorCode).toBe(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    expect(await produce(wire, 'transactional', ['a'])).toBe(0)
    expect((await fetchOnce(wire, 'transactional', 0)).lastStableOffset).toBe(1)
  })
})
