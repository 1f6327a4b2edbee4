/** What the serde of a topic says about keys and values reaches the calls of users: types, bytes and errors. */
import type { Message } from '@millrace/consumer'
import { Consumer } from '@millrace/consumer'
import { json, SerdeError } from '@millrace/serde'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { type Producer, type ProducerRecord, string, topic } from '../src/index.ts'
import { valuesIn, world } from './world.ts'

interface Order {
  id: string
  amount: number
}

const orders = topic('orders', { key: string(), value: json<Order>() })

describe('a typed topic', () => {
  it('says what may be sent', () => {
    const send = (producer: Producer, record: ProducerRecord<string, Order>) => producer.send(orders, record)
    expectTypeOf(send).toBeFunction()
    expectTypeOf({ key: 'k', value: { id: 'a', amount: 1 } }).toExtend<Parameters<typeof send>[1]>()
    expectTypeOf({ value: null }).toExtend<Parameters<typeof send>[1]>()
    expectTypeOf({ value: { id: 1, amount: 1 } }).not.toExtend<Parameters<typeof send>[1]>()
    expectTypeOf({ key: 1, value: null }).not.toExtend<Parameters<typeof send>[1]>()
  })

  it('says what comes', () => {
    const consumer = () => new Consumer({ brokers: 'localhost:9092', topics: [orders] })
    expectTypeOf(consumer).returns.toEqualTypeOf<Consumer<string, Order>>()
    type Read = ReturnType<Consumer<string, Order>['messages']> extends AsyncIterable<infer M> ? M : never
    expectTypeOf<Read>().toEqualTypeOf<Message<string, Order>>()
    expectTypeOf<Read['key']>().toEqualTypeOf<string | null>()
    expectTypeOf<Read['value']>().toEqualTypeOf<Order | null>()
  })

  it('is written by its serde, whose errors say which topic they are about', async () => {
    const { scripted, producer, run, fails } = await world()
    scripted.createTopic('orders', 1)
    await run(producer.send(orders, { key: 'k', value: { id: 'a', amount: 1 } }))
    expect(valuesIn(scripted.log('orders'))).toEqual(['{"id":"a","amount":1}'])
    const error = await fails(producer.send(orders, { value: { id: 'a', amount: 1n as unknown as number } }))
    expect(error).toMatchObject({ code: 'serialization', message: expect.stringContaining('record for orders') })
    expect(error.cause).toBeInstanceOf(SerdeError)
    await run(producer.close())
  })
})
