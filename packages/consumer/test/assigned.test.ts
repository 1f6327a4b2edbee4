import type { FetchRequest } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import type { Message, TopicPartition } from '../src/index.ts'
import { numbered } from './batches.ts'
import { distinct, group } from './group-world.ts'
import { eventsOf, textOf } from './world.ts'

const place = (partition: number): TopicPartition => ({ topic: 't', partition })

describe('listeners of assigned partitions', () => {
  it('are waited for before the first record is handed out; fetching is not', async () => {
    const { scripted, clock, join, read, until, pass, end } = await group()
    const { consumer, told } = join()
    let finish = () => {}
    consumer.on('assigned', () => new Promise<void>((resolve) => (finish = resolve)))
    const seen: Message[] = []
    read(consumer, seen)
    await until(() => eventsOf(told, 'assigned').length === 1)
    await pass(1000)
    expect(seen).toEqual([])
    expect(eventsOf(told, 'end')).toEqual([])
    expect(consumer.state().partitions.every(({ bufferedBytes }) => bufferedBytes > 0)).toBe(true)
    // It is a member meanwhile.
    expect(scripted.seen('Heartbeat').length).toBeGreaterThan(8)
    const startMs = clock.monotonic()
    finish()
    await until(() => seen.length === 40)
    expect(clock.monotonic() - startMs).toBeLessThan(50)
    await end()
  })

  it('may seek and pause, and nothing from elsewhere comes before', async () => {
    const { clock, join, read, until, pass, end } = await group()
    const { consumer } = join()
    consumer.on('assigned', async () => {
      await new Promise<void>((resolve) => void clock.schedule(100, resolve))
      consumer.pause([place(0)])
      for (const partition of [1, 2, 3]) consumer.seek(place(partition), 8)
    })
    const seen: Message[] = []
    read(consumer, seen)
    await until(() => seen.length === 6)
    await pass(1000)
    expect(seen.map(textOf).sort()).toEqual(['t-1@8=8', 't-1@9=9', 't-2@8=8', 't-2@9=9', 't-3@8=8', 't-3@9=9'])
    consumer.resume([place(0)])
    await until(() => seen.length === 16)
    await end()
  })

  it('that hang are waited for no longer than user code may take', async () => {
    const { clock, join, read, until, end } = await group()
    const { consumer } = join({ maxProcessingMs: 1500 })
    consumer.on('assigned', () => new Promise(() => {}))
    const seen: Message[] = []
    read(consumer, seen)
    await until(() => seen.length === 40)
    expect(clock.monotonic()).toBeGreaterThan(1500)
    expect(clock.monotonic()).toBeLessThan(2000)
    await end()
  })

  it('keep back only what is new', async () => {
    const { join, read, until, run, append, pass, isShared, end } = await group()
    const first = join()
    const second = join()
    const seen: Message[] = []
    for (const { consumer } of [first, second]) read(consumer, seen)
    await until(() => distinct(seen) === 40 && isShared(first.consumer, second.consumer))
    const stays = first.consumer.assignment
    let finish = () => {}
    first.consumer.on('assigned', () => new Promise<void>((resolve) => (finish = resolve)))
    const before = eventsOf(first.told, 'assigned').length
    await run(second.consumer.close())
    await until(() => eventsOf(first.told, 'assigned').length > before)
    const count = seen.length
    for (let partition = 0; partition < 4; partition++) append('t', partition, ['x'])
    await pass(500)
    const more = seen.slice(count).map(({ partition }) => partition)
    expect(more.sort()).toEqual(stays.map(({ partition }) => partition))
    finish()
    await until(() => distinct(seen) === 44)
    await end()
  })

  it('are done before listeners hear that the same partitions go', async () => {
    const { clock, join, read, until, run, scriptedGroup, end } = await group()
    const { consumer } = join({ assignors: ['range'] })
    const order: string[] = []
    consumer.on('assigned', async () => {
      order.push('assigned')
      await new Promise<void>((resolve) => void clock.schedule(1000, resolve))
      order.push('told')
    })
    consumer.on('revoking', () => void order.push('revoking'))
    read(consumer, [])
    await until(() => order.length === 1)
    scriptedGroup.rebalance()
    await until(() => order.length === 4)
    expect(order).toEqual(['assigned', 'told', 'revoking', 'assigned'])
    await run(consumer.close())
    await end()
  })

  it('of partitions that are lost meanwhile have no say in those that come after', async () => {
    const { join, read, until, pass, scriptedGroup, end } = await group()
    const { consumer, told } = join()
    const finish: (() => void)[] = []
    consumer.on('assigned', () => new Promise<void>((resolve) => void finish.push(resolve)))
    const seen: Message[] = []
    read(consumer, seen)
    await until(() => finish.length === 1)
    for (const id of scriptedGroup.members.keys()) scriptedGroup.expel(id)
    await until(() => finish.length === 2)
    expect(eventsOf(told, 'lost')).toHaveLength(1)
    finish[0]?.()
    await pass(500)
    expect(seen).toEqual([])
    finish[1]?.()
    await until(() => seen.length === 40)
    await end()
  })

  it('are waited for without a group, too', async () => {
    const { scripted, consume, append, until, pass, end } = await group()
    scripted.createTopic('alone')
    append('alone', 0, numbered(3))
    const consumer = consume({ topics: ['alone'], from: 'earliest' })
    let finish = () => {}
    consumer.on('assigned', () => new Promise<void>((resolve) => (finish = resolve)))
    const seen: Message[] = []
    void consumer.run((message) => void seen.push(message))
    await pass(1000)
    const fetched = scripted.seen('Fetch').flatMap(({ body }) => (body as FetchRequest).topics)
    expect([seen.length, fetched.length > 0]).toEqual([0, true])
    finish()
    await until(() => seen.length === 3)
    await end()
  })
})
