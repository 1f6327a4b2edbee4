import { range, roundRobin, sticky } from '@millrace/assignor'
import { hangUp, noAnswer } from '@millrace/client/testing'
import {
  decodeConsumerSubscription,
  ErrorCode,
  FindCoordinator,
  Heartbeat,
  JoinGroup,
  type JoinGroupRequest,
  LeaveGroup,
  OffsetCommit,
  type OffsetCommitRequest,
  SyncGroup,
} from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import type { Message } from '../src/index.ts'
import { numbered } from './batches.ts'
import { distinct, group, quick } from './group-world.ts'
import { eventsOf, listen, textOf } from './world.ts'

describe('a group', () => {
  it('of one member gives it everything, and remembers what it has done', async () => {
    const { join, read, until, committed, run, scriptedGroup, end } = await group()
    const seen: Message[] = []
    const { consumer, told } = join()
    read(consumer, seen)
    await until(() => seen.length === 40)
    await until(() => committed().every((offset) => offset === 10))
    expect(eventsOf(told, 'assigned').map((partitions) => partitions.length)).toEqual([4])
    await run(consumer.close())
    expect(scriptedGroup.members.size).toBe(0)
    const again: Message[] = []
    const { consumer: next, told: toldNext } = join()
    read(next, again)
    await until(() => eventsOf(toldNext, 'end').length === 4)
    expect(again).toEqual([])
    await end()
  })

  it.each([
    ['range', range],
    ['roundrobin', roundRobin],
    ['sticky', sticky],
  ] as const)('of two members shares the partitions by %s', async (name, assignor) => {
    const { scripted, join, read, until, isShared, owned, end } = await group()
    const seen: Message[] = []
    const members = [join({ assignors: [name] }), join({ assignors: [assignor] })]
    for (const { consumer } of members) read(consumer, seen)
    const consumers = members.map(({ consumer }) => consumer)
    await until(() => isShared(...consumers))
    expect(owned(...consumers).map(({ length }) => length)).toEqual([2, 2])
    await until(() => distinct(seen) === 40)
    const joins = scripted.seen('JoinGroup').map(({ body }) => body as JoinGroupRequest)
    expect(joins.every(({ protocols }) => protocols.length === 1 && protocols[0]?.name === name)).toBe(true)
    await end()
  })

  it.each([
    ['range', [4, 2]],
    ['cooperative-sticky', [2, 2]],
  ])('loses no record when members come and go while records flow (%s)', async (assignor, revoked) => {
    const settings = { assignors: [assignor] }
    const { join, read, until, append, pass, run, committed, end } = await group()
    const seen: Message[] = []
    const first = join(settings)
    read(first.consumer, seen, 20)
    await until(() => seen.length > 5)
    const second = join(settings)
    read(second.consumer, seen, 20)
    for (let partition = 0; partition < 4; partition++) append('t', partition, numbered(10, 10))
    await until(() => second.consumer.assignment.length === 2)
    await pass(100)
    await run(first.consumer.close())
    await until(() => second.consumer.assignment.length === 4)
    await until(() => distinct(seen) === 80)
    await until(() => committed().every((offset) => offset === 20))
    // Given up in order: only what was in user code's hands when its consumer was closed comes again.
    expect(seen.length).toBeLessThanOrEqual(81)
    expect(eventsOf(first.told, 'revoking').map(({ length }) => length)).toEqual(revoked)
    expect(eventsOf(first.told, 'lost')).toEqual([])
    await end()
  })

  it('is joined with a member id that the coordinator gives, and with the topics in order', async () => {
    const { scripted, consume, run, until, end } = await group()
    const consumer = consume({ group: 'g', topics: ['t', 'a'], ...quick, rackId: 'r1' })
    const next = consumer.messages().next()
    await until(() => consumer.assignment.length === 4)
    const [first, second] = scripted.seen('JoinGroup').map(({ body }) => body as JoinGroupRequest)
    expect([first?.memberId, second?.memberId]).toEqual(['', 'member-1'])
    expect([second?.sessionTimeoutMs, second?.rebalanceTimeoutMs]).toEqual([2000, 5000])
    const subscription = decodeConsumerSubscription(second?.protocols[0]?.metadata as Buffer).data
    expect(subscription).toMatchObject({ topics: ['a', 't'], rackId: 'r1' })
    await run(consumer.close())
    await next
    await end()
  })

  it('is told that a topic does not exist yet, and shares it out once it does', async () => {
    const { scripted, consume, append, until, run, end } = await group({ cluster: { metadataMaxAgeMs: 1000 } })
    const consumer = consume({ group: 'g', topics: ['t', 'late'], from: 'earliest', ...quick })
    const told = listen(consumer)
    const seen: Message[] = []
    void consumer.run((message) => void seen.push(message))
    await until(() => seen.length === 40)
    expect(eventsOf(told, 'stalled')).toMatchObject([{ during: 'metadata' }])
    scripted.createTopic('late', 1)
    append('late', 0, ['x'])
    await until(() => seen.length === 41)
    expect(textOf(seen[40] as Message)).toBe('late-0@0=x')
    await run(consumer.close())
    await end()
  })
})

describe('the leader', () => {
  it('deals again when a subscribed topic grows', async () => {
    const { scripted, join, read, until, append, end } = await group({ cluster: { metadataMaxAgeMs: 1000 } })
    const seen: Message[] = []
    const members = [join(), join()]
    for (const { consumer } of members) read(consumer, seen)
    await until(() => distinct(seen) === 40)
    scripted.addPartitions('t', 6)
    append('t', 5, ['new'])
    await until(() => members.reduce((count, { consumer }) => count + consumer.assignment.length, 0) === 6)
    await until(() => distinct(seen) === 41)
    await end()
  })

  it('that comes back under its instance id deals for nobody when the group goes on as it was (KIP-814)', async () => {
    const { scripted, join, until, pass, scriptedGroup, end } = await group()
    let assignmentCount = -1
    scripted.intercept(JoinGroup, async (_, proceed) => {
      const answer = await proceed()
      return typeof answer === 'symbol' || answer.errorCode !== 0 ? answer : { ...answer, skipAssignment: true }
    })
    scripted.intercept(SyncGroup, ({ body }, proceed) => {
      assignmentCount = body.assignments.length
      return proceed()
    })
    const { consumer } = join({ instanceId: 'i1' })
    void consumer.messages().next()
    await until(() => scriptedGroup.state === 'stable')
    await pass(10)
    expect(assignmentCount).toBe(0)
    expect(consumer.assignment).toEqual([])
    await end()
  })

  it('that cannot read a subscription says so in every loop', async () => {
    const { scripted, join, fails, end } = await group()
    scripted.intercept(JoinGroup, async (_, proceed) => {
      const answer = await proceed()
      if (typeof answer === 'symbol' || answer.errorCode !== 0) return answer
      const members = [{ memberId: 'other', groupInstanceId: null, metadata: Buffer.from([0]) }]
      return { ...answer, members }
    })
    const { consumer } = join()
    for (let count = 0; count < 2; count++) {
      expect(await fails(consumer.messages().next())).toMatchObject({
        code: 'protocol',
        message: expect.stringContaining('Joining group g failed'),
      })
    }
    await end()
  })
})

describe('what is committed', () => {
  it('never passes what user code has finished: by the timer, when partitions are given up, on closing', async () => {
    const { scripted, join, read, until, run, end } = await group()
    const finished = new Map<string, number>()
    const passed: string[] = []
    scripted.intercept(OffsetCommit, ({ body }, proceed) => {
      for (const { name, partitions } of body.topics) {
        for (const { partitionIndex, committedOffset } of partitions) {
          const key = `${name}-${partitionIndex}`
          if (committedOffset > (finished.get(key) ?? 0)) passed.push(`${key}: ${committedOffset}`)
        }
      }
      return proceed()
    })
    const { consumer } = join()
    let seenCount = 0
    void consumer.run(async ({ topic, partition, offset }) => {
      seenCount++
      await scripted.nextAppend(70)
      finished.set(`${topic}-${partition}`, offset + 1)
    })
    await until(() => seenCount === 12)
    const second = join()
    read(second.consumer, [])
    await until(() => second.consumer.assignment.length === 2)
    await run(consumer.close())
    expect(scripted.seen('OffsetCommit').length).toBeGreaterThan(8)
    expect(passed).toEqual([])
    await end()
  })

  it('is what a message or the consumer says, without auto-commit', async () => {
    const { scripted, join, take, run, committed, pass, end } = await group()
    const { consumer } = join({ autoCommit: false })
    const loop = consumer.messages()
    const messages = await take(loop, 4)
    await pass(1000)
    expect(committed()).toEqual([-1, -1, -1, -1])
    const [first, second] = messages
    await run((second as Message).commit())
    expect(Math.max(...committed())).toBe(2)
    await run((first as Message).commit())
    await run(consumer.commit())
    // The fourth is still in user code's hands.
    expect(Math.max(...committed())).toBe(3)
    const epochs = scripted
      .seen('OffsetCommit')
      .map(({ body }) => (body as OffsetCommitRequest).topics[0]?.partitions[0])
    expect(epochs[0]).toMatchObject({ committedOffset: 2, committedLeaderEpoch: 0, committedMetadata: '' })
    const batches = consumer.batches.bind(consumer)
    await run(loop.return?.() as Promise<unknown>)
    const [batch] = await take(batches({ maxRecords: 3 }), 1)
    await run((batch as NonNullable<typeof batch>).commit())
    expect(committed()[batch?.partition ?? 0]).toBe((batch?.messages.at(-1)?.offset ?? 0) + 1)
    await run(consumer.close())
    await end()
  })

  it('is tried again while the coordinator moves or loads, and told of when that does not help', async () => {
    const { scripted, join, take, fails, run, committed, end } = await group()
    let failureCount = 0
    const codes = [ErrorCode.NOT_COORDINATOR, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS]
    const remove = scripted.intercept(OffsetCommit, ({ body }, proceed) => {
      const errorCode = codes[failureCount++]
      if (errorCode === undefined) return proceed()
      const topics = body.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
      }))
      return { topics }
    })
    const { consumer, told } = join({ autoCommitIntervalMs: 60_000 })
    const loop = consumer.messages()
    const [first] = await take(loop, 2)
    await run((first as Message).commit())
    expect(Math.max(...committed())).toBe(1)
    expect(failureCount).toBe(3)
    remove()
    scripted.intercept(OffsetCommit, ({ body }) => ({
      topics: body.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: 12 })),
      })),
    }))
    expect(await fails(consumer.commit())).toMatchObject({
      brokerError: 'OFFSET_METADATA_TOO_LARGE',
      message: expect.stringContaining('for group g failed with OFFSET_METADATA_TOO_LARGE'),
    })
    await run(consumer.close())
    expect(eventsOf(told, 'stalled')).toEqual([])
    await end()
  })

  it('by itself and refused is told of as an event', async () => {
    const { scripted, join, read, until, end } = await group()
    scripted.intercept(OffsetCommit, ({ body }) => ({
      topics: body.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: 30 })),
      })),
    }))
    const { consumer, told } = join()
    read(consumer, [])
    await until(() => eventsOf(told, 'stalled').length > 0)
    expect(eventsOf(told, 'stalled')[0]).toMatchObject({
      during: 'commit',
      error: { brokerError: 'GROUP_AUTHORIZATION_FAILED' },
    })
    await end()
  })

  it('does not hold for partitions that were given up: that is refused', async () => {
    const { join, take, read, until, fails, end } = await group()
    const { consumer } = join({ assignors: ['range'] })
    const loop = consumer.messages()
    const [message] = await take(loop, 1)
    const second = join({ assignors: ['range'] })
    read(second.consumer, [])
    void loop.next()
    await until(() => second.consumer.assignment.length === 2)
    expect(await fails((message as Message).commit())).toMatchObject({
      code: 'revoked',
      message: expect.stringContaining('is not assigned to this consumer any more'),
    })
    await end()
  })

  it('of a member that was thrown out meanwhile is refused as revoked, and the member joins again', async () => {
    const { join, take, fails, until, scriptedGroup, end } = await group()
    const { consumer, told } = join({ autoCommit: false, heartbeatIntervalMs: 1500 })
    const loop = consumer.messages()
    const [message] = await take(loop, 1)
    for (const id of scriptedGroup.members.keys()) scriptedGroup.expel(id)
    expect(await fails((message as Message).commit())).toMatchObject({
      code: 'revoked',
      brokerError: 'UNKNOWN_MEMBER_ID',
    })
    // At once, not with the next heartbeat.
    await until(() => eventsOf(told, 'lost').length === 1, 100)
    await until(() => eventsOf(told, 'assigned').length === 2)
    await end()
  })

  it('too late does not cost the membership that came after', async () => {
    const { scripted, join, take, until, pass, scriptedGroup, end } = await group()
    const { consumer, told } = join({ autoCommit: false, assignors: ['range'] })
    const loop = consumer.messages()
    const [message] = await take(loop, 2)
    // A commit of this generation is answered only when the next one is there.
    const remove = scripted.intercept(OffsetCommit, async ({ body }) => {
      remove()
      while (scriptedGroup.generation < 2 || scriptedGroup.state !== 'stable') await scripted.nextAppend(5)
      await scripted.nextAppend(50)
      return {
        topics: body.topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partitionIndex }) => ({
            partitionIndex,
            errorCode: ErrorCode.ILLEGAL_GENERATION,
          })),
        })),
      }
    })
    const refused = expect((message as Message).commit()).rejects.toMatchObject({ code: 'revoked' })
    scriptedGroup.rebalance()
    void (async () => {
      while (!(await loop.next()).done);
    })()
    await until(() => eventsOf(told, 'assigned').length === 2)
    await pass(500)
    await refused
    expect(eventsOf(told, 'lost')).toEqual([])
    expect(scriptedGroup.generation).toBe(2)
    await end()
  })
})

describe('giving partitions up', () => {
  it('waits for user code and for listeners, and commits after them', async () => {
    const { clock, join, take, read, until, committed, run, pass, end } = await group()
    const { consumer } = join({ autoCommitIntervalMs: 60_000, assignors: ['range'] })
    const order: string[] = []
    consumer.on('revoking', async (partitions) => {
      order.push(`revoking ${partitions.length}, committed ${Math.max(...committed())}`)
      await new Promise<void>((resolve) => void clock.schedule(300, resolve))
      order.push(`told, committed ${Math.max(...committed())}`)
    })
    const loop = consumer.messages()
    await take(loop, 3)
    const second = join({ assignors: ['range'] })
    read(second.consumer, [])
    await pass(500)
    expect(order).toEqual([])
    const next = loop.next()
    await until(() => second.consumer.assignment.length === 2)
    expect(order).toEqual(['revoking 4, committed -1', 'told, committed -1'])
    expect(Math.max(...committed())).toBeGreaterThanOrEqual(3)
    await run(next)
    await end()
  })

  it('takes no longer than user code may take', async () => {
    const { join, take, read, until, clock, end } = await group()
    const { consumer } = join({ maxProcessingMs: 1500, assignors: ['range'] })
    consumer.on('revoking', () => new Promise(() => {}))
    const loop = consumer.messages()
    await take(loop, 1)
    const startMs = clock.monotonic()
    const second = join({ maxProcessingMs: 1500, assignors: ['range'] })
    read(second.consumer, [])
    void loop.next()
    await until(() => second.consumer.assignment.length === 2)
    expect(clock.monotonic() - startMs).toBeLessThan(2500)
    await end()
  })

  it('does not stop heartbeats, nor does user code that works for long', async () => {
    const { scripted, join, take, read, pass, end } = await group()
    const { consumer } = join({ maxProcessingMs: 4000 })
    const loop = consumer.messages()
    await take(loop, 1)
    const beats = () => scripted.seen('Heartbeat').length
    await pass(1000)
    const before = beats()
    expect(before).toBeGreaterThanOrEqual(8)
    const second = join({ maxProcessingMs: 4000 })
    read(second.consumer, [])
    await pass(1000)
    expect(beats() - before).toBeGreaterThanOrEqual(8)
    void loop.next()
    await pass(100)
    await end()
  })

  it('takes a listener of lost partitions no longer, either', async () => {
    const { join, take, until, scriptedGroup, end } = await group()
    const { consumer, told } = join({ maxProcessingMs: 1500 })
    consumer.on('lost', () => new Promise(() => {}))
    await take(consumer.messages(), 1)
    for (const id of scriptedGroup.members.keys()) scriptedGroup.expel(id)
    await until(() => eventsOf(told, 'assigned').length === 2, 3000)
    await end()
  })

  it('under way when the membership is lost does not touch what is assigned after', async () => {
    const { join, take, until, pass, scriptedGroup, end } = await group()
    const { consumer, told } = join({ assignors: ['range'] })
    const loop = consumer.messages()
    await take(loop, 1)
    scriptedGroup.rebalance()
    await pass(300)
    for (const id of scriptedGroup.members.keys()) scriptedGroup.expel(id)
    await until(() => eventsOf(told, 'assigned').length === 2)
    // Only now is user code done with what it had from the membership before.
    await take(loop, 3)
    await pass(200)
    expect(told.map(([name]) => name)).toEqual(['assigned', 'lost', 'assigned'])
    expect(consumer.assignment).toHaveLength(4)
    await end()
  })
})

describe('a member that is thrown out', () => {
  it.each(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION'] as const)(
    'with %s tells what it lost, and comes back by itself',
    async (name) => {
      const { scripted, join, read, until, scriptedGroup, end } = await group()
      const seen: Message[] = []
      const { consumer, told } = join()
      const { errors } = read(consumer, seen)
      await until(() => seen.length === 40)
      const remove = scripted.intercept(Heartbeat, () => {
        remove()
        if (name === 'UNKNOWN_MEMBER_ID') for (const id of scriptedGroup.members.keys()) scriptedGroup.expel(id)
        return { errorCode: ErrorCode[name] }
      })
      await until(() => eventsOf(told, 'assigned').length === 2)
      expect(eventsOf(told, 'lost').map(({ length }) => length)).toEqual([4])
      expect(eventsOf(told, 'revoking')).toEqual([])
      expect(errors).toEqual([])
      // Nobody is left behind whom the others would have to wait for.
      expect(scriptedGroup.members.size).toBe(1)
      await end()
    },
  )

  it('is one when the coordinator was not heard of for the session', async () => {
    const { scripted, join, read, until, clock, end } = await group()
    const seen: Message[] = []
    const { consumer, told } = join()
    read(consumer, seen)
    await until(() => seen.length === 40)
    const startMs = clock.monotonic()
    const remove = scripted.intercept(Heartbeat, () => hangUp)
    await until(() => eventsOf(told, 'lost').length === 1)
    expect(clock.monotonic() - startMs).toBeGreaterThan(1900)
    expect(clock.monotonic() - startMs).toBeLessThan(4000)
    expect(eventsOf(told, 'stalled').map(({ during }) => during)).toContain('heartbeat')
    remove()
    await until(() => eventsOf(told, 'assigned').length === 2)
    await end()
  })

  it('for a message that it works on does not commit it', async () => {
    const { join, take, until, pass, committed, scriptedGroup, end } = await group()
    const { consumer, told } = join()
    const loop = consumer.messages()
    const [message] = await take(loop, 1)
    await pass(200)
    for (const id of scriptedGroup.members.keys()) scriptedGroup.expel(id)
    await until(() => eventsOf(told, 'lost').length === 1)
    const [again] = await take(loop, 1)
    expect([again?.offset, again?.partition]).toEqual([message?.offset, message?.partition])
    expect(Math.max(...committed())).toBeLessThanOrEqual(0)
    await end()
  })
})

describe('the coordinator', () => {
  it('that moves to another broker is found again, without a rebalance', async () => {
    const { scripted, join, read, until, pass, append, committed, scriptedGroup, end } = await group({ brokerCount: 2 })
    for (let partition = 0; partition < 4; partition++) scripted.moveLeader('t', partition, 2)
    const seen: Message[] = []
    const { consumer, told } = join()
    read(consumer, seen)
    await until(() => seen.length === 40)
    await scripted.broker(1).stop()
    await pass(1000)
    append('t', 0, numbered(5, 10))
    await until(() => seen.length === 45)
    await until(() => committed()[0] === 15)
    expect(scriptedGroup.generation).toBe(1)
    expect(eventsOf(told, 'lost')).toEqual([])
    await end()
  })

  it.each([
    ['NOT_COORDINATOR', [JoinGroup, SyncGroup, Heartbeat]],
    ['COORDINATOR_LOAD_IN_PROGRESS', [JoinGroup, SyncGroup, Heartbeat]],
    ['COORDINATOR_NOT_AVAILABLE', [JoinGroup, SyncGroup, Heartbeat]],
  ] as const)('that answers %s is tried again', async (name, apis) => {
    const { scripted, join, read, until, pass, end } = await group()
    const counts = new Map<string, number>()
    for (const api of apis) {
      scripted.intercept(api as typeof Heartbeat, (request, proceed) => {
        const count = counts.get(request.api.name) ?? 0
        counts.set(request.api.name, count + 1)
        return count < 2 ? { errorCode: ErrorCode[name] } : proceed()
      })
    }
    const seen: Message[] = []
    const { consumer, told } = join()
    const { errors } = read(consumer, seen)
    await until(() => seen.length === 40)
    await pass(1000)
    expect(errors).toEqual([])
    expect([...counts.values()].every((count) => count > 2)).toBe(true)
    expect(eventsOf(told, 'stalled').map(({ during }) => during)).toEqual(expect.arrayContaining(['join', 'heartbeat']))
    expect(eventsOf(told, 'lost')).toEqual([])
    await end()
  })

  it.each(['COORDINATOR_NOT_AVAILABLE', 'not answered'] as const)(
    'that is not there at first is no news yet (%s)',
    async (name) => {
      const { scripted, join, read, until, end } = await group({ cluster: { requestTimeoutMs: 1000 } })
      let count = 0
      scripted.intercept(FindCoordinator, ({ body }, proceed) => {
        if (count++ > 0) return proceed()
        if (name === 'not answered') return noAnswer
        const errorCode = ErrorCode[name]
        return { coordinators: body.coordinatorKeys.map((key) => ({ key, nodeId: -1, host: '', port: -1, errorCode })) }
      })
      const seen: Message[] = []
      const { consumer, told } = join()
      read(consumer, seen)
      await until(() => seen.length === 40)
      expect(eventsOf(told, 'stalled')).toEqual([])
      await end()
    },
  )

  it('that is not there is told of from the second time in a row', async () => {
    const { scripted, join, read, until, end } = await group()
    let count = 0
    scripted.intercept(JoinGroup, (_, proceed) => (count++ < 4 ? { errorCode: 15, memberId: '' } : proceed()))
    const seen: Message[] = []
    const { consumer, told } = join()
    read(consumer, seen)
    await until(() => seen.length === 40)
    expect(eventsOf(told, 'stalled').map(({ during }) => during)).toEqual(['join', 'join', 'join'])
    await end()
  })

  it('that sends a member back for ever does not keep it busy without a pause', async () => {
    const { scripted, join, pass, end } = await group()
    scripted.intercept(SyncGroup, () => ({ errorCode: ErrorCode.REBALANCE_IN_PROGRESS }))
    const { consumer, told } = join()
    void consumer.messages().next()
    await pass(10_000)
    expect(scripted.seen('JoinGroup').length).toBeLessThan(120)
    expect(eventsOf(told, 'stalled')[0]?.error.message).toBe('Group g sent this member back 5 times in a row')
    await end()
  })
})

describe('a static member', () => {
  it('does not leave when it is closed', async () => {
    const { scripted, join, read, until, run, scriptedGroup, end } = await group()
    const seen: Message[] = []
    const { consumer } = join({ instanceId: 'i1' })
    read(consumer, seen)
    await until(() => seen.length === 40)
    await run(consumer.close())
    expect(scripted.seen('LeaveGroup')).toEqual([])
    expect([...scriptedGroup.members.values()].map(({ instanceId }) => instanceId)).toEqual(['i1'])
    const named = ['JoinGroup', 'SyncGroup', 'Heartbeat', 'OffsetCommit'].flatMap((name) => scripted.seen(name))
    expect(named.every(({ body }) => (body as { groupInstanceId: string }).groupInstanceId === 'i1')).toBe(true)
    await end()
  })

  it.each(['Heartbeat', 'JoinGroup', 'SyncGroup'])(
    'whose id another one uses is over, and says so in every loop (fenced at %s)',
    async (name) => {
      const { scripted, join, fails, until, pass, end } = await group()
      const apis: Record<string, unknown> = { Heartbeat, JoinGroup, SyncGroup }
      scripted.intercept(apis[name] as typeof Heartbeat, () => ({ errorCode: ErrorCode.FENCED_INSTANCE_ID }))
      const { consumer, told } = join({ instanceId: 'i1', from: 'latest' })
      for (let count = 0; count < 3; count++) {
        expect(await fails(consumer.messages().next())).toMatchObject({ brokerError: 'FENCED_INSTANCE_ID' })
      }
      await until(() => consumer.assignment.length === 0)
      expect(eventsOf(told, 'lost').length).toBe(name === 'Heartbeat' ? 1 : 0)
      const before = scripted.seen().length
      await pass(5000)
      expect(scripted.seen('JoinGroup').length + scripted.seen('Heartbeat').length).toBeLessThanOrEqual(before)
      await end()
    },
  )
})

describe('user code that takes too long', () => {
  it('loses its partitions to others, is told so, and gets some again when it goes on', async () => {
    const { scripted, clock, join, read, take, until, fails, committed, isShared, end } = await group()
    const slow = join({ maxProcessingMs: 1000 })
    const loop = slow.consumer.messages()
    const [message] = await take(loop, 1)
    const place = message as Message
    const startMs = clock.monotonic()
    await until(() => scripted.seen('LeaveGroup').length === 1)
    expect(clock.monotonic() - startMs).toBeLessThan(1500)
    const seen: Message[] = []
    const other = join()
    read(other.consumer, seen)
    await until(() => distinct(seen) === 40)
    expect(eventsOf(slow.told, 'lost').map(({ length }) => length)).toEqual([4])
    expect(slow.consumer.assignment).toEqual([])
    expect(await fails(place.commit())).toMatchObject({ code: 'revoked' })
    expect(await fails(loop.next())).toMatchObject({
      code: 'too-slow',
      message: expect.stringContaining('longer than 1000 ms over a message (maxProcessingMs)'),
    })
    read(slow.consumer, seen)
    await until(() => isShared(slow.consumer, other.consumer))
    await until(() => committed().every((offset) => offset === 10))
    await end()
  })

  it('while its partitions are to be given up is out, too', async () => {
    const { join, read, take, until, scriptedGroup, fails, end } = await group()
    const slow = join({ maxProcessingMs: 1000, assignors: ['range'] })
    const loop = slow.consumer.messages()
    await take(loop, 1)
    const other = join({ maxProcessingMs: 1000, assignors: ['range'] })
    read(other.consumer, [])
    await until(() => scriptedGroup.state === 'stable' && other.consumer.assignment.length === 4)
    await until(() => eventsOf(slow.told, 'lost').length > 0, 200)
    expect(slow.consumer.assignment).toEqual([])
    expect(await fails(loop.next())).toMatchObject({ code: 'too-slow' })
    await end()
  })
})

describe('a group that may not be joined', () => {
  it.each([
    ['GROUP_AUTHORIZATION_FAILED', 'Joining group g failed with GROUP_AUTHORIZATION_FAILED'],
    ['INVALID_SESSION_TIMEOUT', 'Joining group g failed with INVALID_SESSION_TIMEOUT'],
    ['GROUP_MAX_SIZE_REACHED', 'Joining group g failed with GROUP_MAX_SIZE_REACHED'],
  ] as const)('for %s says so in every loop', async (name, message) => {
    const { scripted, join, fails, run, end } = await group()
    scripted.intercept(JoinGroup, () => ({ errorCode: ErrorCode[name] }))
    const { consumer } = join()
    for (let count = 0; count < 2; count++) expect((await fails(consumer.messages().next())).message).toBe(message)
    expect(scripted.seen('JoinGroup')).toHaveLength(1)
    await run(consumer.close())
    await end()
  })

  it('since its members use other assignors says which this one offers, and what to do', async () => {
    const { join, read, fails, until, isShared, end } = await group()
    const other = join({ assignors: ['range', 'roundrobin'] })
    read(other.consumer, [])
    await until(() => isShared(other.consumer))
    const { consumer } = join({ assignors: ['sticky', 'cooperative-sticky'] })
    const error = await fails(consumer.messages().next())
    expect(error).toMatchObject({ brokerError: 'INCONSISTENT_GROUP_PROTOCOL' })
    expect(error.message).toBe(
      'Joining group g failed with INCONSISTENT_GROUP_PROTOCOL: this member offers "sticky", "cooperative-sticky", and the ' +
        'other members of the group use other assignors; give the option `assignors` one that all of them offer, or use another group',
    )
    await end()
  })

  it('since its coordinator may not be looked for, says so too', async () => {
    const { scripted, join, fails, end } = await group()
    scripted.intercept(FindCoordinator, ({ body }) => ({
      coordinators: body.coordinatorKeys.map((key) => ({ key, nodeId: -1, host: '', port: -1, errorCode: 30 })),
    }))
    const { consumer } = join()
    expect(await fails(consumer.messages().next())).toMatchObject({
      brokerError: 'GROUP_AUTHORIZATION_FAILED',
      message: expect.stringContaining('group "g"'),
    })
    await end()
  })
})

it('a member leaves also when its coordinator has just moved', async () => {
  const { scripted, join, read, until, run, scriptedGroup, end } = await group({ brokerCount: 2 })
  const seen: Message[] = []
  const { consumer } = join({ heartbeatIntervalMs: 1900 })
  read(consumer, seen)
  await until(() => seen.length === 40)
  await scripted.broker(1).stop()
  await run(consumer.close())
  expect(scriptedGroup.members.size).toBe(0)
  await end()
})

it('a member that cannot be reached leaves after its answer was lost, and does not hang', async () => {
  const { scripted, join, read, until, run, clock, end } = await group()
  const seen: Message[] = []
  const { consumer } = join()
  read(consumer, seen)
  await until(() => seen.length === 40)
  scripted.intercept(LeaveGroup, () => noAnswer)
  const startMs = clock.monotonic()
  await run(consumer.close())
  expect(clock.monotonic() - startMs).toBeLessThan(6000)
  await end()
})
