import { string, topic } from '@millrace/client'
import { hangUp } from '@millrace/client/testing'
import { Metadata, type MetadataRequest } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { Consumer, type ConsumerSettings, type Message } from '../src/index.ts'
import { eventsOf, listen, world } from './world.ts'

/** Topics a1, a2 and b1 with a record each, and metadata that is old after a second. */
async function topics() {
  const all = await world({ cluster: { metadataMaxAgeMs: 1000 } })
  const create = (name: string, value: string, options = {}) => {
    all.scripted.createTopic(name, 1, options)
    all.append(name, 0, [value])
  }
  for (const name of ['a1', 'a2', 'b1']) create(name, name)
  const read = (settings: ConsumerSettings<Buffer, Buffer>) => {
    const consumer = all.consume({ from: 'earliest', ...settings })
    const seen: Message[] = []
    const told = listen(consumer)
    void consumer.run((message) => void seen.push(message))
    return { consumer, seen, told, values: () => seen.map(({ value }) => value?.toString()).sort() }
  }
  const names = (consumer: Consumer) => consumer.assignment.map((each) => each.topic).sort()
  return { ...all, create, read, names }
}

const quick = { group: 'g', heartbeatIntervalMs: 100, sessionTimeoutMs: 2000 }

describe.each([
  ['in a group', quick],
  ['without a group', {}],
])('a pattern %s', (_, settings) => {
  it('stands for the topics that match it, and those that come later', async () => {
    const { create, read, until, pass, names, end } = await topics()
    create('a-internal', 'no', { isInternal: true })
    const { consumer, values } = read({ ...settings, topics: [/^a/] })
    await until(() => values().join() === 'a1,a2')
    create('a3', 'a3')
    create('c1', 'c1')
    await until(() => values().join() === 'a1,a2,a3', 3000)
    await pass(2000)
    expect(names(consumer)).toEqual(['a1', 'a2', 'a3'])
    await end()
  })

  it('goes with names and other patterns, and takes nothing twice', async () => {
    const { read, until, pass, names, end } = await topics()
    const { consumer, values } = read({ ...settings, topics: ['a1', /a/, /1$/] })
    await until(() => values().join() === 'a1,a2,b1')
    await pass(3000)
    expect(names(consumer)).toEqual(['a1', 'a2', 'b1'])
    expect(values()).toEqual(['a1', 'a2', 'b1'])
    await end()
  })

  it.each([/^a\d$/g, /a\d/y, /^A\d$/giy])(
    'with flags that make it stateful matches every time (%s)',
    async (pattern) => {
      const { read, until, pass, names, end } = await topics()
      const { consumer, values } = read({ ...settings, topics: [pattern] })
      await until(() => values().join() === 'a1,a2')
      await pass(5000)
      expect(names(consumer)).toEqual(['a1', 'a2'])
      expect(pattern.lastIndex).toBe(0)
      await end()
    },
  )

  it('that nothing matches yet waits until something does', async () => {
    const { create, read, until, pass, end } = await topics()
    const { consumer, told, values } = read({ ...settings, topics: [/^x/] })
    await pass(3000)
    expect([consumer.assignment, eventsOf(told, 'stalled')]).toEqual([[], []])
    create('x1', 'x1')
    await until(() => values().join() === 'x1', 3000)
    await end()
  })
})

describe('a pattern', () => {
  it('gives bytes, beside topics that are typed', async () => {
    const { scripted, consume, append, take, end } = await world()
    for (const name of ['typed', 'other']) {
      scripted.createTopic(name)
      append(name, 0, [name])
    }
    const typed = topic('typed', { key: string(), value: string() })
    const consumer = consume({ topics: [typed, /^(typed|other)$/], from: 'earliest' })
    const messages = await take(consumer.messages(), 2)
    const byTopic = new Map(messages.map((message) => [message.topic, message.value as unknown]))
    expect(byTopic.get('typed')).toBe('typed')
    expect(byTopic.get('other')).toEqual(Buffer.from('other'))
    await end()
  })

  it('asks for all topics once in a while, and not before the first loop', async () => {
    const { scripted, consume, pass, end } = await topics()
    const all = () => scripted.seen('Metadata').filter(({ body }) => (body as MetadataRequest).topics === null).length
    const consumer = consume({ topics: [/a/], from: 'latest' })
    await pass(2000)
    expect(all()).toBe(0)
    void consumer.messages().next()
    await pass(5500)
    expect(all()).toBeGreaterThanOrEqual(5)
    expect(all()).toBeLessThanOrEqual(6)
    await end()
  })

  it('begins with what is there as it is told to, and with what comes later at its beginning', async () => {
    const { create, read, until, append, pass, end } = await topics()
    const { consumer, values } = read({ topics: [/^a/], from: 'latest' })
    await until(() => consumer.position({ topic: 'a1', partition: 0 }) === 1)
    append('a1', 0, ['more'])
    create('a3', 'a3')
    await pass(2500)
    expect(values()).toEqual(['a3', 'more'])
    await end()
  })

  it('that gains a topic takes nothing away from a cooperative member; one that loses a topic only that', async () => {
    const { scripted, create, read, until, names, end } = await topics()
    const { consumer, told, values } = read({ ...quick, topics: [/^a/] })
    await until(() => values().join() === 'a1,a2')
    create('a3', 'a3')
    await until(() => values().join() === 'a1,a2,a3')
    expect(eventsOf(told, 'revoking')).toEqual([])
    expect(eventsOf(told, 'assigned').map((partitions) => partitions.map((each) => each.topic))).toEqual([
      ['a1', 'a2'],
      ['a3'],
    ])
    scripted.topics.delete('a2')
    await until(() => names(consumer).join() === 'a1,a3')
    expect(eventsOf(told, 'revoking')).toEqual([[{ topic: 'a2', partition: 0 }]])
    const subscribed = () => scripted.group('g').subscription(consumer.state().memberId)?.topics
    await until(() => subscribed()?.join() === 'a1,a3')
    await end()
  })

  it('that gains a topic makes an eager member give everything up', async () => {
    const { create, read, until, end } = await topics()
    const { told, values } = read({ ...quick, topics: [/^a/], assignors: ['range'] })
    await until(() => values().join() === 'a1,a2')
    create('a3', 'a3')
    await until(() => values().join() === 'a1,a2,a3')
    expect(eventsOf(told, 'revoking').map(({ length }) => length)).toEqual([2])
    await end()
  })

  it('is looked for until the cluster answers; the second failure in a row is told of', async () => {
    const { scripted, read, until, end } = await topics()
    let count = 0
    scripted.intercept(Metadata, ({ body }, proceed) => (body.topics === null && count++ < 3 ? hangUp : proceed()))
    const { told, values } = read({ ...quick, topics: [/^a/] })
    await until(() => values().join() === 'a1,a2')
    expect(eventsOf(told, 'stalled').map(({ during }) => during)).toEqual(['metadata', 'metadata'])
    await end()
  })

  it('ends with its consumer, also before the first answer', async () => {
    const { scripted, consume, run, pass, end } = await topics()
    const early = consume({ ...quick, topics: [/^a/] })
    const next = early.messages().next()
    await run(early.close())
    expect((await next).done).toBe(true)
    const { length } = scripted.seen('JoinGroup')
    await pass(3000)
    expect(scripted.seen('JoinGroup')).toHaveLength(length)
    await end()
  })

  it('is not looked for in a cluster that its owner has closed', async () => {
    const { newCluster, clock, fails, run, pass, end } = await topics()
    const cluster = newCluster()
    const consumer = new Consumer({ cluster, topics: [/^x/] })
    const next = consumer.messages().next()
    await pass(200)
    await cluster.close()
    expect(await fails(next)).toMatchObject({ code: 'closed' })
    await pass(1000)
    expect(clock.pendingCount).toBe(0)
    await run(consumer.close())
    await end()
  })

  it('may be all that a consumer is told to read', () => {
    const consumer = new Consumer({ brokers: 'localhost:9092', topics: [/a/] })
    expect(() => consumer.assign([])).not.toThrow()
    return consumer.close()
  })
})
