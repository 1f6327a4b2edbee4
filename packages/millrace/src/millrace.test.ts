import { ManualClock, seededRandom } from '@millrace/base'
import { drive, hangUp, noAnswer, ScriptedCluster } from '@millrace/client/testing'
import { Produce } from '@millrace/protocol'
import { describe, expect, it } from 'vitest'
import { Millrace } from './millrace.ts'

async function world() {
  const clock = new ManualClock()
  const scripted = await ScriptedCluster.start({ clock })
  scripted.createTopic('orders', 1)
  const { bootstrap: brokers, transport } = scripted
  const millrace = new Millrace({ brokers, transport, clock, random: seededRandom(4), clientId: 'shop' })
  const run = <T>(promise: Promise<T>) => drive(clock, promise)
  return { clock, scripted, millrace, run }
}

describe('Millrace', () => {
  it('gives clients that work over one connection to the cluster', async () => {
    const { scripted, millrace, run } = await world()
    const producer = millrace.producer({ lingerMs: 0 })
    await run(producer.send('orders', { key: 'u1', value: 'three apples' }))
    const consumer = millrace.consumer({ group: 'billing', topics: ['orders'], from: 'earliest' })
    const { value: message } = await run(consumer.messages().next())
    expect(message?.value?.toString()).toBe('three apples')
    expect((await run(millrace.admin.describeTopics(['orders']))).get('orders')).toMatchObject({ ok: true })
    expect(new Set(scripted.brokers.flatMap(({ seen }) => seen.map(({ name }) => name)))).toContain('JoinGroup')
    await run(millrace.close())
  })

  it('closes all clients: what is buffered is sent, members leave', async () => {
    const { scripted, millrace, run } = await world()
    const consumer = millrace.consumer({ group: 'billing', topics: ['orders'], from: 'earliest' })
    const first = consumer.messages().next()
    const producer = millrace.producer()
    producer.enqueue('orders', { value: 'late' })
    await run(first)
    producer.enqueue('orders', { value: 'later' })
    await run(millrace.close())
    expect(scripted.log('orders').endOffset).toBe(2)
    expect(scripted.group('billing').members.size).toBe(0)
    expect(() => millrace.producer()).toThrow('has been closed')
    expect(() => millrace.consumer()).toThrow('has been closed')
    await run(millrace[Symbol.asyncDispose]())
  })

  it('closes all of them although one fails, and says which records are lost', async () => {
    const { scripted, millrace, run } = await world()
    const producer = millrace.producer({ deliveryTimeoutMs: 2000 })
    await run(producer.send('orders', { value: 'a' }))
    scripted.intercept(Produce, () => hangUp)
    producer.enqueue('orders', { value: 'b' })
    const failure = await run(millrace.close().catch((error: unknown) => error))
    expect(failure).toMatchObject({ name: 'ProduceError', topic: 'orders' })
    expect(() => millrace.producer()).toThrow('has been closed')
  })

  it('is done in the time that it is given, whatever does not answer', async () => {
    const { clock, scripted, millrace, run } = await world()
    const producer = millrace.producer()
    await run(producer.send('orders', { value: 'a' }))
    scripted.intercept(Produce, () => noAnswer)
    producer.enqueue('orders', { value: 'b' })
    const beginMs = clock.monotonic()
    await run(millrace.close({ timeoutMs: 400 }).catch(() => {}))
    expect(clock.monotonic() - beginMs).toBeLessThanOrEqual(400)
  })
})
