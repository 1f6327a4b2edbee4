import protobufjs, { type Reader, type Writer } from 'protobufjs'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { asBuffer } from '../test/values.ts'
import { SerdeError } from './error.ts'
import { type MessageClass, protobuf } from './protobuf.ts'
import type { Serde } from './serde.ts'

const { root } = protobufjs.parse(`
  syntax = "proto3";
  package shop;
  message Order {
    message Item { string sku = 1; int32 count = 2; }
    string id = 1;
    repeated Item items = 2;
    map<string, int32> stock = 3;
    bytes proof = 4;
    int64 total = 5;
    Order parent = 6;
    Colour colour = 7;
    enum Colour { NONE = 0; RED = 1; }
  }
`)
const { root: oldRoot } = protobufjs.parse('syntax = "proto2"; message Strict { required string id = 1; }')

interface Order {
  id: string
  items: { sku: string; count: number }[]
}

const orderType = root.lookupType('shop.Order')
const orders = protobuf<Order>(orderType)
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

describe('protobuf', () => {
  it('writes and reads messages', () => {
    // Fields 1 (text "150") and 2 (a message), as in the encoding guide of Protocol Buffers.
    const bytes = orders.encode({ id: '150', items: [{ sku: 'a', count: 150 }] })
    expect(asBuffer(bytes)).toEqual(hex('0a 03 313530 12 06 0a0161 109601'))
    const order = orders.decode(asBuffer(bytes))
    expect(order.items[0]?.count).toBe(150)
    expect(orderType.toObject(order as never)).toEqual({ id: '150', items: [{ sku: 'a', count: 150 }] })
  })

  it('reads defaults for what is not there, also in no bytes at all', () => {
    expect(orders.decode(Buffer.alloc(0))).toMatchObject({ id: '', items: [] })
  })

  it('skips fields that it does not know', () => {
    expect(orders.decode(hex('0a0161 9a06 0178')).id).toBe('a')
  })

  it('reads bytes as a view', () => {
    const source = hex('22 02 0102')
    const { proof } = protobuf<{ proof: Buffer }>(orderType).decode(source)
    source[2] = 9
    expect(proof[0]).toBe(9)
  })

  it('says what is wrong with a message', () => {
    const wrong = { id: 1 } as unknown as Order
    expect(() => orders.encode(wrong)).toThrow(new SerdeError('It is no Order: id: string expected'))
    expect(() => orders.encode('text' as unknown as Order)).toThrow('It is no Order: object expected')
    expect(() => protobuf(oldRoot.lookupType('Strict')).encode({})).toThrow('id: string expected')
  })

  it('refuses a message that contains itself', () => {
    const order: { id: string; parent?: object } = { id: 'a' }
    order.parent = order
    expect(() => protobuf<typeof order>(orderType).encode(order)).toThrow(SerdeError)
  })

  it.each([
    ['a text that ends too early', '0a 05 6162'],
    ['a length that ends too early', '0a'],
    ['a varint without end', '28 ffffffffffffffffffffff'],
    ['a message inside that ends too early', '12 06 0a0161 10'],
    ['a message inside that ends in the middle of a field', '12 02 0a01 61'],
    ['the end of a group that never began', '0a0161 0c 0a0162'],
    ['a group without end', '0b 0a0161'],
    ['field 0', '00 01'],
    ['wire type 7', '0f'],
    ['text that is not UTF-8', '0a 01 ff'],
    ['a map entry that ends too early', '1a 05 0a0161'],
  ])('refuses %s', (_, text) => {
    expect(() => orders.decode(hex(text))).toThrow(SerdeError)
    expect(() => orders.decode(hex(text))).toThrow(/^It is no Order \(\d+ bytes\): /)
  })

  it('refuses nesting without end', () => {
    let bytes = Buffer.alloc(0)
    for (let depth = 0; depth < 2000; depth++) {
      const { length } = bytes
      const size =
        length < 0x80
          ? [length]
          : [
              (length & 0x7f) | 0x80,
              ...(length < 0x4000 ? [length >> 7] : [((length >> 7) & 0x7f) | 0x80, length >> 14]),
            ]
      bytes = Buffer.concat([Buffer.from([0x32, ...size]), bytes])
    }
    expect(() => orders.decode(bytes)).toThrow(SerdeError)
  })

  it('refuses a message without a required field', () => {
    expect(() => protobuf(oldRoot.lookupType('Strict')).decode(Buffer.alloc(0))).toThrow(/required 'id'/)
  })

  it('does not let a map key called __proto__ change the prototype', () => {
    const entry = Buffer.concat([hex('0a09'), Buffer.from('__proto__'), hex('1001')])
    const { stock } = protobuf<{ stock: object }>(orderType).decode(Buffer.concat([hex('1a0d'), entry]))
    expect(Object.getPrototypeOf(stock)).toBe(Object.prototype)
  })
})

/** As pbjs makes them: a class with an interface of optional properties for what is written. */
interface INote {
  text?: string | null
}

class Note implements INote {
  text = ''

  static create(properties: INote): Note {
    return Object.assign(new Note(), properties)
  }

  static encode(message: INote, writer: Writer = protobufjs.Writer.create()): Writer {
    return message.text == null ? writer : writer.uint32(10).string(message.text)
  }

  static decode(reader: Reader | Uint8Array): Note {
    const source = reader instanceof Uint8Array ? protobufjs.Reader.create(reader) : reader
    const note = new Note()
    while (source.pos < source.len) {
      const tag = source.uint32()
      if (tag === 10) note.text = source.string()
      else source.skipType(tag & 7)
    }
    return note
  }

  static verify(message: Record<string, unknown>): string | null {
    return message.text == null || typeof message.text === 'string' ? null : 'text: string expected'
  }

  toJSON() {
    return { text: this.text }
  }
}

describe('protobuf with a class', () => {
  it('reads instances of the class', () => {
    const notes = protobuf(Note)
    expectTypeOf(notes).toEqualTypeOf<Serde<Note>>()
    const note = notes.decode(asBuffer(notes.encode(Note.create({ text: 'hello' }))))
    expect(note).toBeInstanceOf(Note)
    expect(note.text).toBe('hello')
    expect(() => notes.decode(hex('0a 05 61'))).toThrow(/^It is no Note/)
    expect(() => notes.encode({ text: 1 } as unknown as Note)).toThrow('It is no Note: text: string expected')
  })

  it('takes plain objects when the interface is named', () => {
    const notes = protobuf<INote>(Note)
    expectTypeOf(notes).toEqualTypeOf<Serde<INote>>()
    expect(asBuffer(notes.encode({ text: 'a' }))).toEqual(hex('0a0161'))
  })

  it('has a type for what reflection gives: the named one, or any properties', () => {
    expectTypeOf(protobuf<Order>(orderType)).toEqualTypeOf<Serde<Order>>()
    expectTypeOf(protobuf(orderType)).toEqualTypeOf<Serde<Record<string, unknown>>>()
    expectTypeOf<typeof Note>().toExtend<MessageClass<Note>>()
  })
})
