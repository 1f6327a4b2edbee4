/** Fetching: sessions that carry only what changed, waits that end when there is something, limits that are kept. */
import { DeleteRecords, DeleteTopics, ErrorCode, encodeBatch, Fetch, type RequestInput } from '@millrace/protocol'
import { type Cluster, startCluster } from '@millrace/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTopic, fetchOnce, produce, textRecord, tryProduce } from './actions.ts'
import { Wire } from './wire.ts'

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

type Topics = NonNullable<RequestInput<typeof Fetch>['topics']>

const from = (topicId: string, ...places: readonly (readonly [partition: number, fetchOffset: number])[]): Topics => [
  {
    topicId,
    partitions: places.map(([partition, fetchOffset]) => ({ partition, fetchOffset, partitionMaxBytes: 100_000 })),
  },
]

/** A fetch in a session, without waiting. */
function fetchIn(sessionId: number, sessionEpoch: number, topics: Topics = [], forgotten: Topics = []) {
  const forgottenTopicsData = forgotten.map(({ topicId, partitions }) => ({
    topicId: topicId ?? '',
    partitions: (partitions ?? []).map(({ partition }) => partition ?? 0),
  }))
  return wire.send(Fetch, 13, { maxWaitMs: 0, minBytes: 0, sessionId, sessionEpoch, topics, forgottenTopicsData })
}

type Answer = Awaited<ReturnType<typeof fetchIn>>

/** Partitions of an answer with the size of their records. */
const contents = ({ responses }: Answer) =>
  responses.flatMap(({ partitions }) =>
    partitions.map(({ partitionIndex, records }) => [partitionIndex, records?.length ?? 0]),
  )

describe('a fetch session', () => {
  it('answers everything first, and then only what changed', async () => {
    const id = await createTopic(wire, 'session', 3)
    await produce(wire, 'session', ['a'], { partition: 0 })
    const first = await fetchIn(0, 0, from(id, [0, 0], [1, 0], [2, 0]))
    expect(first.errorCode).toBe(ErrorCode.NONE)
    expect(first.sessionId).toBeGreaterThan(0)
    expect(contents(first).map(([partition]) => partition)).toEqual([0, 1, 2])
    const { sessionId } = first

    // The position in partition 0 moves on; nothing has changed elsewhere.
    expect(contents(await fetchIn(sessionId, 1, from(id, [0, 1])))).toEqual([])
    expect(contents(await fetchIn(sessionId, 2))).toEqual([])

    const size = encodeBatch([textRecord('b')]).length
    await produce(wire, 'session', ['b'], { partition: 2 })
    expect(contents(await fetchIn(sessionId, 3))).toEqual([[2, size]])
    // Asked again from the same position, the records are there again.
    expect(contents(await fetchIn(sessionId, 4))).toEqual([[2, size]])
    expect(contents(await fetchIn(sessionId, 5, from(id, [2, 1])))).toEqual([])
  })

  it('tells of a log that was shortened, though there are no records', async () => {
    const id = await createTopic(wire, 'session-start')
    await produce(wire, 'session-start', ['a'])
    const { sessionId } = await fetchIn(0, 0, from(id, [0, 1]))
    const partitions = [{ partitionIndex: 0, offset: 1 }]
    await wire.send(DeleteRecords, 2, { topics: [{ name: 'session-start', partitions }], timeoutMs: 1000 })
    const { responses } = await fetchIn(sessionId, 1)
    expect(responses[0]?.partitions[0]).toMatchObject({ partitionIndex: 0, logStartOffset: 1 })
    expect(contents(await fetchIn(sessionId, 2))).toEqual([])
  })

  it('forgets partitions, takes in others, and ends with the last', async () => {
    const id = await createTopic(wire, 'session-parts', 2)
    const { sessionId } = await fetchIn(0, 0, from(id, [0, 0]))
    await produce(wire, 'session-parts', ['a'], { partition: 1 })
    expect(contents(await fetchIn(sessionId, 1)).map(([partition]) => partition)).toEqual([])
    expect(contents(await fetchIn(sessionId, 2, from(id, [1, 0]))).map(([partition]) => partition)).toEqual([1])
    expect(contents(await fetchIn(sessionId, 3, [], from(id, [1, 0])))).toEqual([])
    const last = await fetchIn(sessionId, 4, [], from(id, [0, 0]))
    expect(last).toMatchObject({ errorCode: ErrorCode.NONE, sessionId: 0 })
    expect((await fetchIn(sessionId, 5)).errorCode).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
  })

  it('is closed by its client', async () => {
    const id = await createTopic(wire, 'session-closed')
    const { sessionId } = await fetchIn(0, 0, from(id, [0, 0]))
    expect(await fetchIn(sessionId, -1, from(id, [0, 0]))).toMatchObject({ errorCode: ErrorCode.NONE, sessionId: 0 })
    expect((await fetchIn(sessionId, 1)).errorCode).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
  })

  it('tells a partition once that it is gone, and again that it is', async () => {
    const id = await createTopic(wire, 'session-gone')
    const { sessionId } = await fetchIn(0, 0, from(id, [0, 0]))
    await wire.send(DeleteTopics, 6, { topics: [{ name: 'session-gone' }], timeoutMs: 1000 })
    for (const epoch of [1, 2]) {
      const { responses } = await fetchIn(sessionId, epoch)
      expect(responses[0]?.partitions[0]?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_ID)
    }
  })

  it('lets no partition starve that comes after a full one', async () => {
    const id = await createTopic(wire, 'session-fair', 2)
    const value = 'x'.repeat(1000)
    for (const partition of [0, 0, 0, 1]) await produce(wire, 'session-fair', [value], { partition })
    const limited = (sessionId: number, sessionEpoch: number, topics: Topics) =>
      wire.send(Fetch, 13, { maxWaitMs: 0, minBytes: 0, maxBytes: 1100, sessionId, sessionEpoch, topics })
    const withRecords = (answer: Answer) =>
      contents(answer)
        .filter(([, size]) => size !== 0)
        .map(([partition]) => partition)
    const first = await limited(0, 0, from(id, [0, 0], [1, 0]))
    expect(withRecords(first)).toContain(0)
    const second = await limited(first.sessionId, 1, from(id, [0, 1]))
    expect(withRecords(second)[0]).toBe(1)
  })
})

describe('waiting', () => {
  it('ends when enough has come', async () => {
    const id = await createTopic(wire, 'waited')
    const other = await Wire.connect(cluster.bootstrapServers)
    const size = encodeBatch([textRecord('x'.repeat(100))]).length
    const answer = other.send(Fetch, 13, { maxWaitMs: 60_000, minBytes: size + 1, topics: from(id, [0, 0]) })
    await produce(wire, 'waited', ['x'.repeat(100)])
    await produce(wire, 'waited', ['x'.repeat(100)])
    expect(contents(await answer)).toEqual([[0, 2 * size]])
    other.close()
  })

  it('ends at once when there is an error to tell', async () => {
    const id = await createTopic(wire, 'waited-error')
    const answer = await wire.send(Fetch, 13, { maxWaitMs: 60_000, minBytes: 1, topics: from(id, [0, 99]) })
    expect(answer.responses[0]?.partitions[0]?.errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE)
  })

  it('is not for those who ask for nothing', async () => {
    const answer = await wire.send(Fetch, 13, { maxWaitMs: 60_000, minBytes: 1, topics: [] })
    expect(answer).toMatchObject({ errorCode: 0, responses: [] })
  })

  it('holds up nobody but its own connection, and ends with it', async () => {
    const id = await createTopic(wire, 'waited-gone')
    const others = await Promise.all(Array.from({ length: 20 }, () => Wire.connect(cluster.bootstrapServers)))
    for (const other of others) other.post(Fetch, 13, { maxWaitMs: 60_000, minBytes: 1, topics: from(id, [0, 0]) })
    expect(await produce(wire, 'waited-gone', ['a'], { acks: 1 })).toBe(0)
    for (const other of others) other.close()
    expect(await produce(wire, 'waited-gone', ['b'])).toBe(1)
  })
})

describe('limits', () => {
  it('a first batch larger than all limits comes whole', async () => {
    await createTopic(wire, 'large')
    const batch = encodeBatch([textRecord('x'.repeat(5000))])
    const { length } = batch
    await tryProduce(wire, 'large', batch)
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 10 }]
    const topics = [{ topic: 'large', partitions }]
    const { responses } = await wire.send(Fetch, 12, { maxWaitMs: 0, minBytes: 0, maxBytes: 10, topics })
    expect(responses[0]?.partitions[0]?.records).toHaveLength(length)
  })

  it('a position inside a batch gives the whole batch', async () => {
    await createTopic(wire, 'inside')
    await produce(wire, 'inside', ['a', 'b', 'c'])
    const { records } = await fetchOnce(wire, 'inside', 2)
    expect(records?.readBigInt64BE(0)).toBe(0n)
  })

  it('at the end there is nothing, beyond it is an error', async () => {
    await createTopic(wire, 'ends')
    await produce(wire, 'ends', ['a'])
    expect(await fetchOnce(wire, 'ends', 1)).toMatchObject({ errorCode: 0, highWatermark: 1, records: Buffer.alloc(0) })
    expect((await fetchOnce(wire, 'ends', 2)).errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE)
    expect((await fetchOnce(wire, 'ends', -1)).errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE)
  })
})
