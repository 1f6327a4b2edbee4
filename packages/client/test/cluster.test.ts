import { ManualClock, seededRandom } from '@millrace/base'
import { ApiVersions, CreateTopics, FindCoordinator, Heartbeat, Metadata, Produce } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { Cluster } from '../src/cluster.ts'
import { brokerError, type MillraceError } from '../src/error.ts'
import type { ClusterEvent, ClusterOptions } from '../src/options.ts'
import { drive, hangUp, noAnswer, pass, ScriptedCluster } from '../src/testing.ts'

async function world(brokerCount = 3, options: Partial<ClusterOptions> = {}) {
  const clock = new ManualClock()
  const scripted = await ScriptedCluster.start({ clock, brokerCount })
  const events: ClusterEvent[] = []
  const cluster = new Cluster({
    brokers: scripted.bootstrap,
    transport: scripted.transport,
    clock,
    random: seededRandom(5),
    onState: (event) => void events.push(event),
    ...options,
  })
  const run = <T>(promise: Promise<T>) => drive(clock, promise)
  const fails = (promise: Promise<unknown>) =>
    run(
      promise.then(
        () => expect.unreachable('it should fail') as never,
        (error: MillraceError) => error,
      ),
    )
  return { clock, scripted, cluster, events, run, fails }
}

const beat = { groupId: 'g', generationId: 1, memberId: 'm' }

describe('version negotiation', () => {
  it.each([
    ['a broker that names what it knows', 3, true, [4, 3]],
    ['a broker that knows little', 2, true, [4, 2]],
    ['a broker that names nothing', 1, false, [4, 0]],
    ['a current broker', 4, true, [4]],
  ])('falls back for %s', async (_, max, tells, expected) => {
    const { scripted, cluster, run } = await world(1)
    const broker = scripted.broker(1)
    broker.versions.set(ApiVersions.key, { min: 0, max })
    broker.tellsApiVersionsRange = tells
    const asked: number[] = []
    // Refused versions never reach the handler: they are counted by what follows them.
    broker.intercept(ApiVersions, ({ version }, proceed) => {
      asked.push(version)
      return proceed()
    })
    await run(cluster.metadata())
    expect(asked).toEqual(expected.slice(-1))
    await cluster.close()
  })

  it('uses the highest version that the broker serves', async () => {
    const { scripted, cluster, run } = await world(1)
    scripted.broker(1).versions.set(Metadata.key, { min: 0, max: 5 })
    await run(cluster.metadata())
    expect(scripted.seen('Metadata').map(({ version }) => version)).toEqual([5])
    await cluster.close()
  })

  it('says when a broker does not serve what is needed', async () => {
    const { scripted, cluster, fails } = await world(1)
    scripted.broker(1).versions.delete(FindCoordinator.key)
    expect(await fails(cluster.coordinatorFor('group', 'g'))).toMatchObject({
      code: 'unsupported-version',
      retriable: false,
      apiName: 'FindCoordinator',
    })
    await cluster.close()
  })
})

describe('connections', () => {
  it('comes back to a broker that was lost, with waits in between, for as long as it takes', async () => {
    const { clock, scripted, cluster, events, run, fails } = await world(1)
    await run(cluster.metadata())
    await scripted.broker(1).stop()
    for (let round = 0; round < 20; round++) {
      expect((await fails(cluster.metadata())).code).toBe('connection')
    }
    const waits = events.flatMap((event) => (event.type === 'connect-failed' ? [event.retryMs] : []))
    expect(Math.max(...waits)).toBeGreaterThanOrEqual(800)
    expect(Math.max(...waits)).toBeLessThanOrEqual(1200)
    await scripted.broker(1).start()
    await pass(clock, 1)
    expect((await run(cluster.metadata())).brokers.size).toBe(1)
    const kinds = events.map(({ type }) => type).filter((type) => type !== 'connect-failed')
    expect(kinds).toEqual(['connected', 'disconnected', 'unreachable', 'connected', 'reachable'])
    await cluster.close()
  })

  it('asks another broker when one is gone', async () => {
    const { scripted, cluster, run } = await world(3)
    await run(cluster.metadata())
    await scripted.broker(1).stop()
    await scripted.broker(2).stop()
    expect((await run(cluster.metadata())).brokers.size).toBe(1)
    await cluster.close()
  })

  it('goes back to the configured brokers when no known one answers', async () => {
    const { scripted, cluster, run } = await world(3, { brokers: 'broker1:9092' })
    scripted.broker(1).intercept(Metadata, async (_, proceed) => {
      const answer = await proceed()
      // As if the cluster had moved behind one address: only brokers are named that are about to vanish.
      if (typeof answer === 'symbol') return answer
      return { ...answer, brokers: (answer.brokers ?? []).filter(({ nodeId }) => nodeId !== 1) }
    })
    expect([...(await run(cluster.metadata())).brokers.keys()]).toEqual([2, 3])
    await scripted.broker(2).stop()
    await scripted.broker(3).stop()
    await run(cluster.metadata())
    await cluster.close()
  })

  it('gives a request its deadline while there is no connection', async () => {
    const { scripted, cluster, fails } = await world(1, { requestTimeoutMs: 500 })
    scripted.broker(1).intercept(ApiVersions, () => noAnswer)
    const error = await fails(cluster.send(Metadata, { topics: [] }))
    expect(error).toMatchObject({ code: 'timeout', retriable: true, mayHaveArrived: false })
    await cluster.close()
  })

  it('gives an unanswered request its deadline and connects again', async () => {
    const { scripted, cluster, run, fails } = await world(1, { requestTimeoutMs: 500 })
    const remove = scripted.intercept(Heartbeat, () => noAnswer)
    expect(await fails(cluster.send(Heartbeat, beat, { group: 'g' }))).toMatchObject({
      code: 'timeout',
      mayHaveArrived: true,
    })
    remove()
    expect((await run(cluster.send(Heartbeat, beat, { group: 'g' }))).errorCode).toBe(25)
    await cluster.close()
  })

  it('stops waiting when the signal is aborted, wherever the request is', async () => {
    const { clock, scripted, cluster, run, fails } = await world(1)
    const aborter = new AbortController()
    aborter.abort(new Error('enough'))
    expect(await fails(cluster.send(Metadata, { topics: [] }, { signal: aborter.signal }))).toMatchObject({
      code: 'aborted',
    })
    await run(cluster.metadata())
    scripted.intercept(Metadata, () => noAnswer)
    const later = new AbortController()
    const waiting = fails(cluster.send(Metadata, { topics: [] }, { signal: later.signal }))
    clock.schedule(5, () => later.abort(new Error('enough')))
    const error = await waiting
    expect(error).toMatchObject({ code: 'aborted', cause: { message: 'enough' } })
    await cluster.close()
  })

  it('waits as long as the broker asks it to', async () => {
    const { clock, scripted, cluster, run } = await world(1)
    await run(cluster.metadata())
    const remove = scripted.intercept(Heartbeat, () => ({ errorCode: 0, throttleTimeMs: 700 }))
    await run(cluster.send(Heartbeat, beat, { node: 1 }))
    remove()
    const startMs = clock.monotonic()
    await run(cluster.send(Heartbeat, beat, { node: 1 }))
    expect(clock.monotonic() - startMs).toBeGreaterThanOrEqual(695)
    await cluster.close()
  })

  it('keeps the order of requests to one node, also over a pause', async () => {
    const { clock, scripted, cluster, run } = await world(1)
    await run(cluster.metadata())
    scripted.broker(1).dropConnections()
    await pass(clock, 2)
    const sent = Array.from({ length: 20 }, (_, index) =>
      cluster.send(Heartbeat, { ...beat, generationId: index }, { node: 1 }).catch(() => {}),
    )
    await run(Promise.all(sent))
    const seen = scripted.seen('Heartbeat').map(({ body }) => (body as { generationId: number }).generationId)
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
    expect(seen).toHaveLength(20)
    await cluster.close()
  })

  it('keeps lanes apart: one does not wait for the other', async () => {
    const { scripted, cluster, run } = await world(1)
    await run(cluster.metadata())
    scripted.intercept(Heartbeat, async ({ cluster: { clock } }) => {
      await new Promise<void>((resolve) => void clock.schedule(5000, resolve))
      return { errorCode: 0 }
    })
    const slow = cluster.send(Heartbeat, beat, { node: 1, lane: 'slow' })
    let isSlowDone = false
    slow.then(() => {
      isSlowDone = true
    })
    await run(cluster.metadata())
    expect(isSlowDone).toBe(false)
    await run(slow)
    await cluster.close()
  })

  it('closes unused connections without trying to get them back', async () => {
    const { clock, scripted, cluster, run, events } = await world(1, { connectionIdleMs: 2000 })
    await run(cluster.metadata())
    expect(scripted.broker(1).connectionCount).toBe(1)
    await pass(clock, 4500)
    expect(scripted.broker(1).connectionCount).toBe(0)
    expect(events.map(({ type }) => type)).toEqual(['connected'])
    await run(cluster.metadata())
    await cluster.close()
  })
})

describe('metadata', () => {
  it('asks once for all who ask at the same time', async () => {
    const { scripted, cluster, run } = await world(1)
    scripted.createTopic('a', 2)
    await run(cluster.metadata(['a']))
    const before = scripted.seen('Metadata').length
    const asked = Array.from({ length: 50 }, () => cluster.metadata(['a']))
    await run(Promise.all(asked))
    expect(scripted.seen('Metadata').length - before).toBeLessThanOrEqual(2)
    expect(cluster.partitionsOf('a')).toHaveLength(2)
    expect(cluster.leaderOf('a', 0)).toBe(1)
    expect(cluster.leaderOf('a', 2)).toBeUndefined()
    await cluster.close()
  })

  it('keeps topics in use fresh by age, and nothing else', async () => {
    const { clock, scripted, cluster, run } = await world(1, { metadataMaxAgeMs: 1000 })
    scripted.createTopic('a', 1)
    const release = cluster.trackTopics(['a'])
    await run(cluster.metadata(['a']))
    scripted.addPartitions('a', 4)
    await pass(clock, 1100)
    expect(cluster.partitionsOf('a')).toHaveLength(4)
    release()
    await pass(clock, 1100)
    const before = scripted.seen('Metadata').length
    await pass(clock, 5000)
    expect(scripted.seen('Metadata').length).toBe(before)
    await cluster.close()
  })

  it('looks for a topic in use that is not there again and again, at most every two seconds', async () => {
    const { clock, scripted, cluster, run } = await world(1)
    const release = cluster.trackTopics(['later'])
    await run(cluster.metadata(['later']))
    await pass(clock, 20_000)
    const askedCount = scripted.seen('Metadata').length
    expect(askedCount).toBeGreaterThan(10)
    expect(askedCount).toBeLessThan(20)
    scripted.createTopic('later', 1)
    await pass(clock, 2100)
    expect(cluster.partitionsOf('later')).toHaveLength(1)
    const foundCount = scripted.seen('Metadata').length
    await pass(clock, 20_000)
    expect(scripted.seen('Metadata').length).toBe(foundCount)
    release()
    await cluster.close()
  })

  it('tells of topics that do not exist by their error', async () => {
    const { cluster, run } = await world(1)
    const snapshot = await run(cluster.metadata(['nope']))
    expect(snapshot.topics.get('nope')?.errorCode).toBe(3)
    expect(cluster.partitionsOf('nope')).toBeUndefined()
    await cluster.close()
  })

  it('starts over when a broker says so', async () => {
    const { scripted, cluster, run, fails } = await world(2, { brokers: 'broker1:9092' })
    await run(cluster.metadata())
    const remove = scripted.intercept(Metadata, () => ({ errorCode: 129 }))
    expect(await fails(cluster.metadata())).toMatchObject({ brokerCode: 129, retriable: true })
    expect(cluster.snapshot.brokers.size).toBe(0)
    remove()
    expect((await run(cluster.metadata())).brokers.size).toBe(2)
    await cluster.close()
  })
})

describe('coordinators', () => {
  it.each([3, 6])('finds them with version %i and remembers', async (max) => {
    const { scripted, cluster, run } = await world(2)
    for (const broker of scripted.brokers) broker.versions.set(FindCoordinator.key, { min: 0, max })
    await run(cluster.metadata())
    await run(Promise.all([cluster.coordinatorFor('group', 'g'), cluster.coordinatorFor('group', 'g')]))
    await run(cluster.coordinatorFor('group', 'g'))
    expect(scripted.seen('FindCoordinator')).toHaveLength(1)
    await cluster.close()
  })

  it('looks again after a move', async () => {
    const { scripted, cluster, run } = await world(2)
    await run(cluster.metadata())
    let coordinator = 1
    scripted.intercept(FindCoordinator, ({ cluster: { brokers } }) => {
      const { id, host, port } = brokers[coordinator - 1] as (typeof brokers)[number]
      return { coordinators: [{ key: 'g', nodeId: id, host, port }] }
    })
    scripted.intercept(Heartbeat, ({ broker }) => ({ errorCode: broker.id === coordinator ? 0 : 16 }))
    const attempt = async () => {
      const { errorCode } = await cluster.send(Heartbeat, beat, { group: 'g' })
      if (errorCode !== 0) throw brokerError(errorCode, 'Heartbeat')
    }
    await run(cluster.retry(attempt, { group: 'g' }))
    coordinator = 2
    await run(cluster.retry(attempt, { group: 'g' }))
    expect(scripted.broker(2).seen.some(({ name }) => name === 'Heartbeat')).toBe(true)
    await cluster.close()
  })

  it('gives the error of a coordinator that there is not', async () => {
    const { scripted, cluster, fails } = await world(1)
    scripted.intercept(FindCoordinator, () => ({ coordinators: [{ key: 'g', errorCode: 15, errorMessage: 'soon' }] }))
    const error = await fails(cluster.coordinatorFor('group', 'g'))
    expect(error).toMatchObject({ code: 'broker', brokerCode: 15, retriable: true })
    expect(error.message).toContain('COORDINATOR_NOT_AVAILABLE: soon')
    await cluster.close()
  })
})

describe('retry', () => {
  it('goes on until time is up and gives the last error', async () => {
    const { clock, cluster, fails } = await world(1)
    let tryCount = 0
    const startMs = clock.monotonic()
    const error = await fails(
      cluster.retry(
        async () => {
          tryCount++
          throw brokerError(14, `Try ${tryCount}`)
        },
        { timeoutMs: 5000 },
      ),
    )
    expect(error.message).toContain(`Try ${tryCount}`)
    expect(tryCount).toBeGreaterThan(5)
    expect(clock.monotonic() - startMs).toBeLessThanOrEqual(5000)
    await cluster.close()
  })

  it('does not repeat what cannot succeed, and ends with its signal', async () => {
    const { clock, cluster, fails } = await world(1)
    let tryCount = 0
    const attempt = async () => {
      tryCount++
      throw brokerError(tryCount === 1 ? 29 : 14, 'It')
    }
    expect(await fails(cluster.retry(attempt))).toMatchObject({ brokerCode: 29 })
    expect(tryCount).toBe(1)
    const aborter = new AbortController()
    clock.schedule(250, () => aborter.abort())
    expect(await fails(cluster.retry(attempt, { signal: aborter.signal }))).toMatchObject({ code: 'aborted' })
    await cluster.close()
  })
})

describe('requests that change something', () => {
  it('are not sent twice when their connection is lost', async () => {
    const { scripted, cluster, fails } = await world(3)
    scripted.intercept(CreateTopics, (_, proceed) => proceed().then((): typeof hangUp => hangUp))
    const topics = [{ name: 'a', numPartitions: 1, replicationFactor: 1 }]
    const error = await fails(cluster.send(CreateTopics, { topics }))
    expect(error).toMatchObject({ code: 'connection', mayHaveArrived: true })
    expect(scripted.seen('CreateTopics')).toHaveLength(1)
    await cluster.close()
  })
})

describe('close', () => {
  it('rejects what waits in every phase, once and for all', async () => {
    const { scripted, cluster, run, fails } = await world(2)
    const early = fails(cluster.send(Metadata, { topics: [] }))
    await cluster.close()
    expect(await early).toMatchObject({ code: 'closed' })
    expect(await fails(cluster.metadata())).toMatchObject({ code: 'closed' })
    expect(await fails(cluster.send(Metadata, { topics: [] }))).toMatchObject({ code: 'closed' })
    await cluster.close()

    const second = await world(1)
    await second.run(second.cluster.metadata())
    second.scripted.intercept(Metadata, () => noAnswer)
    second.scripted.intercept(FindCoordinator, () => noAnswer)
    const inFlight = second.fails(second.cluster.metadata())
    const finding = second.fails(second.cluster.coordinatorFor('group', 'x'))
    await pass(second.clock, 3)
    await second.cluster.close()
    expect(await inFlight).toMatchObject({ code: 'closed' })
    expect(await finding).toMatchObject({ code: 'closed' })
    await pass(second.clock, 50)
    expect(second.scripted.broker(1).connectionCount).toBe(0)
    expect(second.clock.pendingCount).toBe(0)
    expect(run).toBeDefined()
    expect(scripted.failures).toEqual([])
  })

  it('does not wait for a connection that is being made', async () => {
    const { clock, scripted, cluster, fails } = await world(1)
    scripted.broker(1).intercept(ApiVersions, () => noAnswer)
    const waiting = fails(cluster.metadata())
    await pass(clock, 5)
    await cluster.close()
    expect(await waiting).toMatchObject({ code: 'closed' })
    await pass(clock, 20)
    expect(scripted.broker(1).connectionCount).toBe(0)
    expect(clock.pendingCount).toBe(0)
  })
})

describe('requests without an answer', () => {
  it('resolve when they are written', async () => {
    const { scripted, cluster, run } = await world(1)
    scripted.createTopic('a')
    await run(cluster.metadata(['a']))
    await run(cluster.post(Produce, { acks: 0, timeoutMs: 1, topicData: [] }, { node: 1 }))
    await run(cluster.metadata())
    expect(scripted.seen('Produce')).toHaveLength(1)
    await cluster.close()
  })
})

describe('sleep', () => {
  it('ends early, without a timer left, when aborted or closed', async () => {
    const { clock, cluster, fails } = await world(1)
    const before = clock.pendingCount
    const aborter = new AbortController()
    const aborted = fails(cluster.sleep(60_000, aborter.signal))
    aborter.abort()
    expect(await aborted).toMatchObject({ code: 'aborted' })
    expect(clock.pendingCount).toBe(before)
    const closed = fails(cluster.sleep(60_000))
    await cluster.close()
    expect(await closed).toMatchObject({ code: 'closed' })
    await pass(clock, 5)
    expect(clock.pendingCount).toBe(0)
  })
})
