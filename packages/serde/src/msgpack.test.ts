import { describe, expect, expectTypeOf, it } from 'vitest'
import { type Order, orderSchema } from '../test/schemas.ts'
import { asBuffer } from '../test/values.ts'
import { SerdeError } from './error.ts'
import { msgpack } from './msgpack.ts'
import type { Serde } from './serde.ts'

const hex = (value: unknown) => asBuffer(msgpack().encode(value)).toString('hex')
const decode = (text: string) => msgpack().decode(Buffer.from(text.replaceAll(' ', ''), 'hex'))

/** The formats of the specification (github.com/msgpack/msgpack, spec.md), and the example of msgpack.org's front page. */
const formats: readonly (readonly [what: string, value: unknown, bytes: string])[] = [
  ['the example of msgpack.org', { compact: true, schema: 0 }, '82a7636f6d70616374c3a6736368656d6100'],
  ['nil', null, 'c0'],
  ['false', false, 'c2'],
  ['true', true, 'c3'],
  ['positive fixint', 127, '7f'],
  ['negative fixint', -32, 'e0'],
  ['uint 8', 255, 'ccff'],
  ['uint 16', 65535, 'cdffff'],
  ['uint 32', 4294967295, 'ceffffffff'],
  ['int 8', -128, 'd080'],
  ['int 16', -32768, 'd18000'],
  ['int 32', -2147483648, 'd280000000'],
  ['int 64', -9223372036854775808n, 'd38000000000000000'],
  ['uint 64', 18446744073709551615n, 'cfffffffffffffffff'],
  ['float 64', 1.5, 'cb3ff8000000000000'],
  ['fixstr', 'le', 'a26c65'],
  ['str 8', 'x'.repeat(32), `d920${'78'.repeat(32)}`],
  ['str 16', 'x'.repeat(256), `da0100${'78'.repeat(256)}`],
  ['str 32', 'x'.repeat(65536), `db00010000${'78'.repeat(65536)}`],
  ['bin 8', Buffer.from([1, 2]), 'c4020102'],
  ['bin 16', Buffer.alloc(256), `c50100${'00'.repeat(256)}`],
  ['bin 32', Buffer.alloc(65536), `c600010000${'00'.repeat(65536)}`],
  ['fixarray', [1, 2], '920102'],
  ['array 16', Array(16).fill(1), `dc0010${'01'.repeat(16)}`],
  ['array 32', Array(65536).fill(1), `dd00010000${'01'.repeat(65536)}`],
  ['fixmap', { a: 1 }, '81a16101'],
  ['timestamp 32', new Date(1_000), 'd6ff00000001'],
  ['timestamp 64', new Date(1_500), 'd7ff7735940000000001'],
  ['timestamp 96', new Date(-1_000), 'c70cff00000000ffffffffffffffff'],
]

describe('msgpack', () => {
  it.each(formats)('writes and reads %s as the specification has it', (_, value, bytes) => {
    expect(hex(value)).toBe(bytes)
    expect(decode(bytes)).toEqual(value)
  })

  it('writes and reads maps of every size', () => {
    const object = (size: number) => Object.fromEntries(Array.from({ length: size }, (_, index) => [`k${index}`, 1]))
    expect(hex(object(16)).slice(0, 6)).toBe('de0010')
    expect(decode(hex(object(16)))).toEqual(object(16))
    expect(hex(object(65536)).slice(0, 10)).toBe('df00010000')
    expect(Object.keys(decode(hex(object(65536))) as object)).toHaveLength(65536)
  })

  it('reads what others write and it does not', () => {
    expect(decode('ca3fc00000')).toBe(1.5)
    expect(decode('d903 616263')).toBe('abc')
    expect(decode('cf 0000000000000005')).toBe(5)
    expect(decode('d3 0000010000000000')).toBe(2 ** 40)
    expect(decode('82 01a161 ffa162')).toEqual({ '1': 'a', '-1': 'b' })
  })

  it('reads 64-bit integers exactly', () => {
    expect(decode('d3 001fffffffffffff')).toBe(Number.MAX_SAFE_INTEGER)
    expect(decode('d3 0020000000000001')).toBe(9007199254740993n)
    expect(decode('d3 ffe0000000000001')).toBe(Number.MIN_SAFE_INTEGER)
  })

  it('leaves out properties without a value, and says null in arrays, as JSON does', () => {
    expect(hex({ a: undefined, b: [undefined] })).toBe('81a16291c0')
  })

  it('reads bytes as a view of what it was given', () => {
    const source = Buffer.from('c4020102', 'hex')
    const value = msgpack<Buffer>().decode(source)
    source[2] = 9
    expect(value[0]).toBe(9)
  })

  it('gives bytes that later calls leave alone', () => {
    const serde = msgpack()
    const first = serde.encode({ a: 1 })
    serde.encode({ b: 2 })
    expect(asBuffer(first).toString('hex')).toBe('81a16101')
  })

  it.each([
    ['undefined', undefined, 'MessagePack has no undefined'],
    ['a function', () => 1, 'MessagePack has no function'],
    ['a symbol', [Symbol('s')], 'symbol'],
    ['an integer of more than 64 bits', 2n ** 64n, 'too large'],
    ['an invalid date', { at: new Date(Number.NaN) }, 'a Date is invalid'],
  ])('says that it cannot express %s', (_, value, message) => {
    expect(() => msgpack().encode(value)).toThrow(SerdeError)
    expect(() => msgpack().encode(value)).toThrow(message)
  })

  it('says that a value contains itself, and works afterwards', () => {
    const serde = msgpack()
    const order: Record<string, unknown> = {}
    order.self = order
    expect(() => serde.encode(order)).toThrow('it contains itself, or is nested too deep')
    expect(asBuffer(serde.encode([1])).toString('hex')).toBe('9101')
  })

  it('does not let a key called __proto__ change the prototype', () => {
    const value = decode('81 a95f5f70726f746f5f5f 81a16101')
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  })

  it('refuses keys that are neither text nor a number', () => {
    expect(() => decode('81 9101 01')).toThrow(SerdeError)
  })

  it('checks a schema in both directions', () => {
    const orders = msgpack({ schema: orderSchema })
    expectTypeOf(orders).toEqualTypeOf<Serde<Order>>()
    expect(orders.decode(asBuffer(orders.encode({ id: 'a', amount: 1 })))).toEqual({ id: 'a', amount: 1 })
    expect(() => orders.encode({ id: 'a' } as Order)).toThrow('amount: expected a number')
    expect(() => orders.decode(Buffer.from([0x80]))).toThrow('id: expected text')
  })
})
