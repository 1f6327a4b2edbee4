import { describe, expect, expectTypeOf, it } from 'vitest'
import { type Order, orderSchema, schemaOf } from '../test/schemas.ts'
import { SerdeError } from './error.ts'
import { json } from './json.ts'
import type { Serde } from './serde.ts'
import type { StandardSchemaV1 } from './standard-schema.ts'

const decode = (text: string) => json().decode(Buffer.from(text))

describe('json', () => {
  it('is JSON text', () => {
    expect(json().encode({ id: 'ü', list: [1, null] })).toBe('{"id":"ü","list":[1,null]}')
    expect(decode(' {"id":"\\u00fc ✓"} ')).toEqual({ id: 'ü ✓' })
    expect(decode('"\ufffd"')).toBe('\ufffd')
  })

  it('passes over a byte order mark', () => {
    expect(json().decode(Buffer.from([0xef, 0xbb, 0xbf, 0x31]))).toBe(1)
  })

  it.each([
    ['undefined', undefined, 'it is undefined'],
    ['a function', () => 1, 'it is function'],
    ['a symbol', Symbol('s'), 'it is symbol'],
    ['not a number', Number.NaN, 'null of it: it is NaN'],
    ['infinity', Number.POSITIVE_INFINITY, 'null of it: it is Infinity'],
    ['an invalid date', new Date(Number.NaN), 'null of it: it is object'],
    ['a bigint', 1n, 'BigInt'],
    ['a bigint inside', { list: [1n] }, 'BigInt'],
  ])('says that JSON cannot express %s', (_, value, message) => {
    expect(() => json().encode(value)).toThrow(SerdeError)
    expect(() => json().encode(value)).toThrow(message)
  })

  it('says that JSON cannot express a cycle, and where, in one line', () => {
    const order: Record<string, unknown> = {}
    order.self = { order }
    expect(() => json().encode(order)).toThrow(/^JSON cannot express it: .*circular.*$/)
  })

  it.each([
    ['nothing', '', 'no JSON (0 bytes)'],
    ['text', 'hello', 'no JSON (5 bytes)'],
    ['half of an object', '{"id":"1', 'no JSON (8 bytes)'],
    ['something after the value', '{} {}', 'no JSON (5 bytes)'],
  ])('refuses %s', (_, text, message) => {
    expect(() => decode(text)).toThrow(SerdeError)
    expect(() => decode(text)).toThrow(message)
  })

  it('refuses bytes that are not UTF-8, rather than replace them', () => {
    expect(() => json().decode(Buffer.from([0x22, 0xff, 0x22]))).toThrow('its 3 bytes are not UTF-8')
  })

  it('does not quote much of what it could not read', () => {
    const error = catchError(() => decode('x'.repeat(100_000)))
    expect(error.message.length).toBeLessThan(300)
  })

  it('reads deep nesting without a stack', () => {
    expect(decode('['.repeat(100_000) + ']'.repeat(100_000))).toHaveLength(1)
    expect(() => decode('['.repeat(100_000))).toThrow(SerdeError)
  })

  it('does not let a property called __proto__ change the prototype', () => {
    const value = decode('{"__proto__":{"isAdmin":true}}') as { isAdmin?: boolean }
    expect(value.isAdmin).toBeUndefined()
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  })
})

describe('json with a schema', () => {
  const orders = json({ schema: orderSchema })

  it('reads what the schema gives', () => {
    expect(orders.decode(Buffer.from('{"id":"a","amount":2,"more":true}'))).toEqual({ id: 'a', amount: 2 })
  })

  it('writes what it was given, if the schema takes it', () => {
    const order = { id: 'a', amount: 2, more: true }
    expect(orders.encode(order)).toBe('{"id":"a","amount":2,"more":true}')
  })

  it('refuses what does not match, in both directions, and lists why', () => {
    const message = 'It does not match the schema: id: expected text; amount: expected a number'
    expect(() => orders.decode(Buffer.from('{}'))).toThrow(new SerdeError(message))
    expect(() => orders.encode({ id: 1, amount: '2' } as unknown as Order)).toThrow(new SerdeError(message))
    expect(() => orders.decode(Buffer.from('1'))).toThrow('the schema: expected an object')
  })

  it('bounds what it lists', () => {
    const path = Array.from({ length: 100 }, () => 'x'.repeat(10_000))
    const issues = Array.from({ length: 1000 }, () => ({ message: 'm'.repeat(10_000), path }))
    const error = catchError(() => json({ schema: schemaOf(() => ({ issues })) }).decode(Buffer.from('1')))
    expect(error.message).toContain('and 995 more')
    expect(error.message.length).toBeLessThan(10_000)
  })

  it('writes paths as code would', () => {
    const path = ['items', 0, { key: 'unit price' }, Symbol('s')]
    const schema = schemaOf(() => ({ issues: [{ message: 'wrong', path }] }))
    expect(() => json({ schema }).encode(1)).toThrow('items[0]["unit price"]["Symbol(s)"]: wrong')
  })

  it('refuses an asynchronous schema, and leaves no rejection behind', async () => {
    const rejections: unknown[] = []
    const listener = (reason: unknown) => rejections.push(reason)
    process.on('unhandledRejection', listener)
    const schema = schemaOf(() => Promise.reject(new Error('too late')))
    expect(() => json({ schema }).encode(1)).toThrow(/schema \(handmade\) validates asynchronously/)
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', listener)
    expect(rejections).toEqual([])
  })

  it('says so when the validator itself fails', () => {
    const cause = new Error('out of order')
    const schema = schemaOf<number>(() => {
      throw cause
    })
    const error = catchError(() => json({ schema }).decode(Buffer.from('1')))
    expect(error).toMatchObject({ message: "The schema's validator failed: out of order", cause })
    const silent = schemaOf<number>(() => undefined as never)
    expect(() => json({ schema: silent }).decode(Buffer.from('1'))).toThrow('gave no result but undefined')
  })

  it('refuses at once what is no schema', () => {
    expect(() => json({ schema: {} as StandardSchemaV1<unknown, Order> })).toThrow('no Standard Schema v1 validator')
    const later = { '~standard': { ...orderSchema['~standard'], version: 2 } } as unknown as typeof orderSchema
    expect(() => json({ schema: later })).toThrow('no Standard Schema v1 validator')
  })
})

describe('the type of json', () => {
  it('is what the schema gives, or what the caller promises', () => {
    expectTypeOf(json({ schema: orderSchema })).toEqualTypeOf<Serde<Order>>()
    expectTypeOf(json<Order>()).toEqualTypeOf<Serde<Order>>()
    expectTypeOf(json()).toEqualTypeOf<Serde<unknown>>()
  })

  it('is the output of a schema that converts', () => {
    const convert = (schema: StandardSchemaV1<{ at: string }, { at: Date }>) => json({ schema })
    expectTypeOf(convert).returns.toEqualTypeOf<Serde<{ at: Date }>>()
  })

  it('has to be what the caller says', () => {
    expectTypeOf<StandardSchemaV1<unknown, { id: number }>>().not.toExtend<StandardSchemaV1<unknown, Order>>()
    expectTypeOf(json<Order>)
      .parameter(0)
      .not.toBeAny()
  })
})

function catchError(action: () => unknown): Error {
  try {
    action()
  } catch (error) {
    expect(error).toBeInstanceOf(SerdeError)
    return error as Error
  }
  return expect.unreachable('it should fail') as never
}
