import { hangUp, noAnswer } from '@millrace/client/testing'
import { ErrorCode, Heartbeat, JoinGroup, OffsetCommit, type OffsetCommitRequest, SyncGroup } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import type { Message, TopicPartition } from '../src/index.ts'
import { numbered } from './batches.ts'
import { distinct, group } from './group-world.ts'
import { eventsOf, textOf } from './world.ts'

const numbersOf = (partitions: readonly TopicPartition[]) => partitions.map(({ partition }) => partition)
const place = (partition: number): TopicPartition => ({ topic: 't', partition })

/** A member that has read everything, and another one that is about to join. */
async function oneMember(settings = {}) {
  const all = await group()
  const seen: Message[] = []
  const first = all.join(settings)
  all.read(first.consumer, seen)
  await all.until(() => seen.length === 40)
  return { ...all, seen, first }
}

describe('a cooperative rebalance', () => {
  it('takes away what goes to others, and only that; the rest stays where it is', async () => {
    const { scripted, join, read, until, first, seen, isShared, owned, append, end } = await oneMember()
    const asked = () => scripted.seen('OffsetFetch').length
    const before = asked()
    const second = join()
    read(second.consumer, seen)
    await until(() => isShared(first.consumer, second.consumer))
    expect(owned(first.consumer, second.consumer)).toEqual([
      [0, 1],
      [2, 3],
    ])
    const told = first.told.filter(([name]) => name !== 'end')
    expect(told.map(([name]) => name)).toEqual(['assigned', 'revoking'])
    expect(numbersOf(eventsOf(first.told, 'revoking')[0] ?? [])).toEqual([2, 3])
    expect(eventsOf(second.told, 'assigned').map(numbersOf)).toEqual([[2, 3]])
    // The first one asks for nothing that it knows: where to go on, or records that it had.
    await until(() => eventsOf(second.told, 'end').length === 2)
    expect(asked()).toBe(before + 1)
    expect(seen).toHaveLength(40)
    for (let partition = 0; partition < 4; partition++) append('t', partition, numbered(1, 10))
    await until(() => seen.length === 44)
    await end()
  })

  it('does not stop partitions from being read, however long it takes', async () => {
    const { scripted, join, read, until, first, seen, append, pass, isShared, end } = await oneMember()
    let isHeld = true
    scripted.intercept(JoinGroup, async (_, proceed) => {
      const answer = await proceed()
      while (isHeld && scripted.group('g').generation > 1) await scripted.nextAppend(10)
      return answer
    })
    const second = join()
    read(second.consumer, [])
    await until(() => scripted.group('g').state === 'completing')
    await pass(200)
    expect(first.consumer.state().state).toBe('joining')
    const beats = scripted.seen('Heartbeat').length
    // Longer than a session.
    for (let round = 0; round < 10; round++) {
      for (let partition = 0; partition < 4; partition++) append('t', partition, ['x'])
      await pass(150)
    }
    expect(seen).toHaveLength(80)
    expect(first.consumer.assignment).toHaveLength(4)
    expect(scripted.seen('Heartbeat').length).toBeGreaterThan(beats + 5)
    expect(first.told.map(([name]) => name)).not.toContain('revoking')
    isHeld = false
    await until(() => isShared(first.consumer, second.consumer))
    expect(eventsOf(first.told, 'lost')).toEqual([])
    await end()
  })

  it('tells the coordinator what the member has, and since when', async () => {
    const { join, read, until, first, scriptedGroup, isShared, end } = await oneMember()
    const { memberId } = first.consumer.state()
    const subscription = () => scriptedGroup.subscription(memberId)
    expect(subscription()).toMatchObject({ ownedPartitions: [], generationId: -1 })
    const second = join()
    read(second.consumer, [])
    await until(() => scriptedGroup.generation === 2)
    expect(subscription()).toMatchObject({
      ownedPartitions: [{ topic: 't', partitions: [0, 1, 2, 3] }],
      generationId: 1,
    })
    // In the second round the others can have what it gave up.
    await until(() => isShared(first.consumer, second.consumer))
    expect(scriptedGroup.generation).toBe(3)
    expect(subscription()).toMatchObject({ ownedPartitions: [{ topic: 't', partitions: [0, 1] }], generationId: 2 })
    await end()
  })

  it('keeps position, fetched records and pause of what stays', async () => {
    const { scripted, join, read, until, take, isShared, end } = await group()
    const first = join()
    const loop = first.consumer.messages()
    const taken = await take(loop, 40)
    expect(taken).toHaveLength(40)
    void loop.next()
    await until(() => eventsOf(first.told, 'end').length === 4)
    first.consumer.pause([place(0)])
    first.consumer.seek(place(1), 4)
    await until(() => first.consumer.state().partitions.some(({ bufferedBytes }) => bufferedBytes > 0))
    const fetched = () =>
      scripted
        .seen('Fetch')
        .flatMap(
          ({ body }) => (body as { topics: { partitions: { partition: number; fetchOffset: number }[] }[] }).topics,
        )
        .flatMap(({ partitions }) => partitions)
        .filter(({ partition, fetchOffset }) => partition === 1 && fetchOffset < 10).length
    const before = fetched()
    const second = join()
    read(second.consumer, [])
    await until(() => isShared(first.consumer, second.consumer))
    const states = first.consumer.state().partitions
    expect(states.map(({ partition, isPaused }) => [partition, isPaused])).toEqual([
      [0, true],
      [1, false],
    ])
    expect((await take(loop, 5)).map(textOf)).toEqual(['t-1@5=5', 't-1@6=6', 't-1@7=7', 't-1@8=8', 't-1@9=9'])
    expect(fetched()).toBe(before)
    await end()
  })

  it('waits for user code that has a message of what goes, and for nobody else', async () => {
    const { join, read, until, pass, take, scriptedGroup, committed, isShared, run, end } = await group()
    const first = join({ autoCommitIntervalMs: 60_000 })
    first.consumer.on('assigned', () => first.consumer.pause([0, 1, 2].map(place)))
    const loop = first.consumer.messages()
    await take(loop, 3)
    const second = join()
    read(second.consumer, [])
    await until(() => scriptedGroup.generation === 2)
    await pass(1000)
    // Partition 3 goes, and user code has its third message.
    expect(eventsOf(first.told, 'revoking')).toEqual([])
    expect([first.consumer.assignment.length, scriptedGroup.generation]).toEqual([4, 2])
    first.consumer.resume([place(0)])
    expect(textOf((await run(loop.next())).value as Message)).toBe('t-0@0=0')
    await until(() => isShared(first.consumer, second.consumer))
    expect(eventsOf(first.told, 'revoking').map(numbersOf)).toEqual([[2, 3]])
    expect(committed()[3]).toBeGreaterThanOrEqual(3)
    // It has had a message of partition 0 all the time.
    scriptedGroup.rebalance()
    await until(() => scriptedGroup.generation === 4 && scriptedGroup.state === 'stable')
    expect(committed()[0]).toBe(-1)
    await end()
  })

  it('commits what is given up as the member that it is then', async () => {
    const { scripted, join, read, until, first, isShared, append, seen, end } = await oneMember({
      autoCommitIntervalMs: 60_000,
    })
    const commits = () => scripted.seen('OffsetCommit').map(({ body }) => body as OffsetCommitRequest)
    expect(commits()).toEqual([])
    append('t', 3, ['x'])
    await until(() => seen.length === 41)
    const second = join()
    read(second.consumer, [])
    await until(() => isShared(first.consumer, second.consumer))
    expect(commits()[0]).toMatchObject({
      generationIdOrMemberEpoch: 2,
      topics: [
        {
          partitions: [
            { partitionIndex: 2, committedOffset: 10 },
            { partitionIndex: 3, committedOffset: 11 },
          ],
        },
      ],
    })
    await end()
  })

  it('gives up what goes within the time that user code has, though a listener hangs', async () => {
    const { clock, join, read, until, first, isShared, end } = await oneMember({ maxProcessingMs: 1500 })
    first.consumer.on('revoking', () => new Promise(() => {}))
    const startMs = clock.monotonic()
    const second = join({ maxProcessingMs: 1500 })
    read(second.consumer, [])
    await until(() => isShared(first.consumer, second.consumer))
    expect(clock.monotonic() - startMs).toBeGreaterThan(1500)
    expect(clock.monotonic() - startMs).toBeLessThan(2500)
    expect(eventsOf(first.told, 'lost')).toEqual([])
    await end()
  })

  it('leaves no partition with nobody when members come and go', async () => {
    const { join, read, run, until, first, seen, append, end } = await oneMember()
    const others = [join(), join()]
    for (const { consumer } of others) read(consumer, seen)
    const all = [first, ...others]
    const counts = () => all.map(({ consumer }) => consumer.assignment.length).sort()
    await until(() => counts().join() === '1,1,2')
    await run(first.consumer.close())
    await until(() => counts().join() === '0,2,2')
    for (let partition = 0; partition < 4; partition++) append('t', partition, numbered(3, 10))
    await until(() => distinct(seen) === 52)
    // What stayed was never taken back.
    for (const { told } of others) expect(eventsOf(told, 'revoking')).toEqual([])
    await end()
  })

  it('that is asked for by the leader, since a topic has grown, interrupts nothing', async () => {
    const { scripted, join, read, until, append, end } = await group({ cluster: { metadataMaxAgeMs: 1000 } })
    const seen: Message[] = []
    const members = [join(), join()]
    for (const { consumer } of members) read(consumer, seen)
    await until(() => distinct(seen) === 40)
    await until(() => members.every(({ consumer }) => consumer.assignment.length === 2))
    const revokedCount = () => members.flatMap(({ told }) => eventsOf(told, 'revoking')).length
    const before = revokedCount()
    scripted.addPartitions('t', 6)
    append('t', 5, ['new'])
    await until(() => members.every(({ consumer }) => consumer.assignment.length === 3))
    await until(() => distinct(seen) === 41)
    expect(revokedCount()).toBe(before)
    await end()
  })
})

describe('a member whose assignors are', () => {
  it('of both protocols gives everything up, as an eager one', async () => {
    const settings = { assignors: ['cooperative-sticky', 'range'] }
    const { join, read, until, first, isShared, scriptedGroup, end } = await oneMember(settings)
    const { memberId } = first.consumer.state()
    const second = join(settings)
    read(second.consumer, [])
    await until(() => isShared(first.consumer, second.consumer))
    expect(eventsOf(first.told, 'revoking').map(numbersOf)).toEqual([[0, 1, 2, 3]])
    expect(scriptedGroup.subscription(memberId)?.ownedPartitions).toEqual([])
    expect(scriptedGroup.generation).toBe(2)
    await end()
  })

  it('sticky gets again what it had, though it gave everything up', async () => {
    const settings = { assignors: ['sticky'] }
    const { join, read, until, first, isShared, owned, scriptedGroup, end } = await oneMember(settings)
    const second = join(settings)
    read(second.consumer, [])
    await until(() => isShared(first.consumer, second.consumer))
    const before = owned(first.consumer, second.consumer)
    // Its user data says what it had; it owns nothing while it joins.
    scriptedGroup.rebalance()
    await until(() => scriptedGroup.generation === 3 && isShared(first.consumer, second.consumer))
    expect(owned(first.consumer, second.consumer)).toEqual(before)
    const subscription = scriptedGroup.subscription(first.consumer.state().memberId)
    expect(subscription?.ownedPartitions).toEqual([])
    expect(subscription?.userData?.length).toBeGreaterThan(10)
    await end()
  })
})

describe('a cooperative member that joins again', () => {
  /** The next JoinGroup of members gets no answer. */
  async function joiningForLong(answer: 'never' | 'cut') {
    const all = await oneMember()
    const { scripted, scriptedGroup, until, first } = all
    const remove = scripted.intercept(JoinGroup, () => (answer === 'never' ? noAnswer : hangUp))
    const startMs = all.clock.monotonic()
    scriptedGroup.rebalance()
    await until(() => first.consumer.state().state === 'joining')
    return { ...all, startMs, remove }
  }

  it('loses everything when the coordinator is not heard of for the session', async () => {
    const { scripted, clock, startMs, remove, first, seen, until, append, pass, scriptedGroup, end } =
      await joiningForLong('cut')
    const removeHeartbeat = scripted.intercept(Heartbeat, () => hangUp)
    await until(() => eventsOf(first.told, 'lost').length === 1)
    expect(clock.monotonic() - startMs).toBeGreaterThan(1700)
    expect(clock.monotonic() - startMs).toBeLessThan(2300)
    expect(eventsOf(first.told, 'lost').map(numbersOf)).toEqual([[0, 1, 2, 3]])
    append('t', 0, ['x'])
    await pass(500)
    expect(seen).toHaveLength(40)
    remove()
    removeHeartbeat()
    await until(() => first.consumer.assignment.length === 4)
    expect(scriptedGroup.subscription(first.consumer.state().memberId)?.ownedPartitions).toEqual([])
    await until(() => seen.length === 41)
    await end()
  })

  it('does not lose anything while heartbeats are answered, however long the others take', async () => {
    const { scripted, first, pass, append, seen, until, scriptedGroup, end } = await oneMember()
    let isHeld = true
    scripted.intercept(JoinGroup, async (_, proceed) => {
      while (isHeld) await scripted.nextAppend(10)
      return proceed()
    })
    scriptedGroup.rebalance()
    await pass(4500)
    expect(first.consumer.state().state).toBe('joining')
    expect(eventsOf(first.told, 'lost')).toEqual([])
    append('t', 0, ['x'])
    await until(() => seen.length === 41)
    isHeld = false
    await until(() => first.consumer.state().state === 'stable')
    expect(eventsOf(first.told, 'lost')).toEqual([])
    await end()
  })

  it('loses everything when heartbeats say that it is no member, and joins as a new one at once', async () => {
    const { clock, remove, first, until, pass, scriptedGroup, end } = await joiningForLong('never')
    await pass(300)
    remove()
    for (const id of scriptedGroup.members.keys()) scriptedGroup.expel(id)
    const startMs = clock.monotonic()
    await until(() => first.consumer.assignment.length === 4 && eventsOf(first.told, 'lost').length === 1)
    expect(clock.monotonic() - startMs).toBeLessThan(1000)
    await end()
  })

  it.each([
    ['JoinGroup', JoinGroup, 'UNKNOWN_MEMBER_ID'],
    ['SyncGroup', SyncGroup, 'UNKNOWN_MEMBER_ID'],
    ['SyncGroup', SyncGroup, 'ILLEGAL_GENERATION'],
  ] as const)('loses everything when %s is refused as of no member (%s, %s)', async (_name, api, code) => {
    const { scripted, first, seen, until, append, scriptedGroup, end } = await oneMember()
    let owned = -1
    const remove = scripted.intercept(api as typeof JoinGroup, () => {
      remove()
      if (code === 'UNKNOWN_MEMBER_ID') for (const id of scriptedGroup.members.keys()) scriptedGroup.expel(id)
      return { errorCode: ErrorCode[code], memberId: '' }
    })
    first.consumer.on('lost', () => {
      owned = first.consumer.assignment.length
    })
    scriptedGroup.rebalance()
    await until(() => eventsOf(first.told, 'assigned').length === 2)
    expect(eventsOf(first.told, 'lost').map(numbersOf)).toEqual([[0, 1, 2, 3]])
    expect(owned).toBe(0)
    expect(eventsOf(first.told, 'revoking')).toEqual([])
    expect(scriptedGroup.subscription(first.consumer.state().memberId)?.ownedPartitions).toEqual([])
    append('t', 1, ['x'])
    await until(() => seen.length === 41)
    await end()
  })

  it('keeps everything when the coordinator only sends it back', async () => {
    const { scripted, first, until, scriptedGroup, end } = await oneMember()
    let count = 0
    const remove = scripted.intercept(SyncGroup, () => {
      if (++count === 3) remove()
      return { errorCode: ErrorCode.REBALANCE_IN_PROGRESS }
    })
    scriptedGroup.rebalance()
    await until(() => count === 3 && first.consumer.state().state === 'stable')
    expect(first.told.map(([name]) => name).filter((name) => name !== 'end')).toEqual(['assigned'])
    await end()
  })

  it('keeps everything when its coordinator moves meanwhile', async () => {
    const { scripted, join, read, until, pass, scriptedGroup, end } = await group({ brokerCount: 2 })
    for (let partition = 0; partition < 4; partition++) scripted.moveLeader('t', partition, 2)
    const seen: Message[] = []
    const { consumer, told } = join()
    read(consumer, seen)
    await until(() => seen.length === 40)
    scriptedGroup.rebalance()
    await scripted.broker(1).stop()
    await pass(100)
    await until(() => consumer.state().state === 'stable')
    expect(eventsOf(told, 'lost')).toEqual([])
    expect(consumer.assignment).toHaveLength(4)
    await end()
  })

  it('can be closed at once', async () => {
    const { clock, first, run, scriptedGroup, end } = await joiningForLong('never')
    const startMs = clock.monotonic()
    await run(first.consumer.close())
    expect(clock.monotonic() - startMs).toBeLessThan(1000)
    expect(scriptedGroup.members.size).toBe(0)
    await end()
  })
})

describe('user code that takes too long over what goes', () => {
  it('loses everything, and its member leaves', async () => {
    const { scripted, join, read, until, take, fails, committed, end } = await group()
    const slow = join({ maxProcessingMs: 1000 })
    slow.consumer.on('assigned', () => slow.consumer.pause([0, 1, 2].map(place)))
    const loop = slow.consumer.messages()
    await take(loop, 1)
    const other = join({ maxProcessingMs: 1000 })
    read(other.consumer, [])
    await until(() => other.consumer.assignment.length === 4)
    expect(scripted.seen('LeaveGroup')).toHaveLength(1)
    expect(eventsOf(slow.told, 'lost').map(numbersOf)).toEqual([[0, 1, 2, 3]])
    expect(await fails(loop.next())).toMatchObject({ code: 'too-slow' })
    await until(() => committed().every((offset) => offset === 10))
    await end()
  })
})

describe('a commit while the group is joined again', () => {
  it.each(['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION'] as const)(
    'of what stays is sent again as the member that it is then (%s)',
    async (code) => {
      const { scripted, join, take, run, until, committed, scriptedGroup, end } = await group()
      const { consumer, told } = join({ autoCommit: false })
      const loop = consumer.messages()
      const [message] = await take(loop, 1)
      const generations: number[] = []
      scripted.intercept(OffsetCommit, async ({ body }, proceed) => {
        generations.push(body.generationIdOrMemberEpoch)
        if (generations.length > 1) return proceed()
        scriptedGroup.rebalance()
        await until(() => scriptedGroup.generation === 2)
        const partitions = (body.topics[0]?.partitions ?? []).map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: ErrorCode[code],
        }))
        return { topics: [{ name: 't', partitions }] }
      })
      await run((message as Message).commit())
      expect(generations).toEqual([1, 2])
      expect(committed()[message?.partition ?? -1]).toBe(1)
      expect(eventsOf(told, 'lost')).toEqual([])
      await end()
    },
  )

  it('that is refused for ever is given up after a while, and can be tried again', async () => {
    const { scripted, clock, join, take, fails, end } = await group()
    const { consumer } = join({ autoCommit: false, maxProcessingMs: 60_000 })
    const [message] = await take(consumer.messages(), 1)
    scripted.intercept(OffsetCommit, ({ body }) => ({
      topics: body.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: 27 })),
      })),
    }))
    const startMs = clock.monotonic()
    const error = await fails((message as Message).commit())
    expect(error).toMatchObject({ code: 'broker', brokerError: 'REBALANCE_IN_PROGRESS', retriable: true })
    expect(error.message).toContain('commit again later')
    expect(clock.monotonic() - startMs).toBeLessThan(12_000)
    expect(scripted.seen('OffsetCommit').length).toBeLessThan(30)
    await end()
  })
})
