import protobufjs from 'protobufjs'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { asBuffer } from '../test/values.ts'
import { ConfluentError, type ConfluentOptions, confluent } from './confluent.ts'
import { SerdeError } from './error.ts'
import { json } from './json.ts'
import { protobuf } from './protobuf.ts'
import { bytes, type Serde, string } from './serde.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const encode = (options: ConfluentOptions) => asBuffer(confluent(string(), options).encode('é'))

describe('confluent', () => {
  it('writes a 0, the schema id as int32, and the value', () => {
    expect(encode({ schemaId: 1 })).toEqual(hex('00 00000001 c3a9'))
    expect(encode({ schemaId: 0x7fffffff })).toEqual(hex('00 7fffffff c3a9'))
    const raw = confluent(bytes(), { schemaId: 42 })
    expect(raw.encode(Buffer.from([1, 2]))).toEqual(hex('00 0000002a 0102'))
    expect(raw.decode(hex('00 0000002a 0102'))).toEqual(Buffer.from([1, 2]))
    expect(raw.decode(hex('00 0000002a'))).toHaveLength(0)
  })

  it('writes message indexes as zigzag varints after their count, and [0] as one 0', () => {
    expect(encode({ schemaId: 1, messageIndexes: [0] })).toEqual(hex('00 00000001 00 c3a9'))
    // Confluent's example: [1, 0] is 2, 1, 0.
    expect(encode({ schemaId: 1, messageIndexes: [1, 0] })).toEqual(hex('00 00000001 04 02 00 c3a9'))
    expect(encode({ schemaId: 1, messageIndexes: [64, 300] })).toEqual(hex('00 00000001 04 8001 d804 c3a9'))
    expect(encode({ schemaId: 1, messageIndexes: [0x7fffffff] })).toEqual(hex('00 00000001 02 feffffff0f c3a9'))
  })

  it('reads [0] in its short form and in its long one', () => {
    const serde = confluent(string(), { schemaId: 1, messageIndexes: [0] })
    expect(serde.decode(hex('00 00000001 00 61'))).toBe('a')
    expect(serde.decode(hex('00 00000001 02 00 61'))).toBe('a')
  })

  it('reads what it writes', () => {
    for (const messageIndexes of [[0], [1], [0, 0], [63, 64, 8191, 8192, 0x7fffffff]]) {
      const serde = confluent(json<number[]>(), { schemaId: 7, messageIndexes })
      expect(serde.decode(asBuffer(serde.encode(messageIndexes)))).toEqual(messageIndexes)
    }
  })

  it('reads other schemas only when told so', () => {
    const read = (accept: ConfluentOptions['accept'], bytes: string) =>
      confluent(string(), { schemaId: 1, ...(accept === undefined ? {} : { accept }) }).decode(hex(bytes))
    expect(() => read(undefined, '00 00000002 61')).toThrow('written with schema 2, expected is 1')
    expect(read(new Set([2, 3]), '00 00000002 61')).toBe('a')
    expect(read(new Set([2, 3]), '00 00000001 61')).toBe('a')
    expect(() => read(new Set([2, 3]), '00 00000004 61')).toThrow(ConfluentError)
    expect(read((id) => id > 2, '00 00000003 61')).toBe('a')
    expect(() => read((id) => id > 2, '00 00000002 61')).toThrow(ConfluentError)
    expect(() => read(undefined, '00 ffffffff 61')).toThrow('schema -1')
  })

  it.each([
    ['another magic byte', '01 00000001 61', { magicByte: 1 }, 'begins with byte 1, not with 0'],
    ['plain JSON', '7b7d', { magicByte: 0x7b }, 'begins with byte 123'],
    ['nothing', '', { magicByte: undefined }, 'has 0 bytes'],
    ['half a frame', '00 000000', { magicByte: 0 }, 'has 4 bytes, the frame takes 5'],
    ['another schema', '00 00000009 00', { magicByte: 0, schemaId: 9 }, 'schema 9'],
    ['no indexes', '00 00000001', { schemaId: 1 }, 'end too early, after 5 bytes'],
    ['indexes that end too early', '00 00000001 04 02', { schemaId: 1 }, 'end too early, after 7 bytes'],
    ['half an index', '00 00000001 02 80', { schemaId: 1 }, 'end too early'],
    ['another message', '00 00000001 00 61', { schemaId: 1, messageIndexes: [0] }, 'message [0] of schema 1, expected'],
    ['another depth', '00 00000001 06 02 00 00', { messageIndexes: [1, 0, 0] }, 'expected is message [1,0]'],
    ['a negative count', '00 00000001 01', { schemaId: 1 }, 'negative'],
    ['a negative index', '00 00000001 04 02 01', { schemaId: 1 }, 'negative'],
    ['a count without end', '00 00000001 ffffffffffff', { schemaId: 1 }, 'more than 5 bytes'],
    ['a billion indexes', '00 00000001 feffffff0f', { schemaId: 1 }, 'at most 32'],
    ['an index of 34 bits', '00 00000001 02 feffffff7f', { schemaId: 1 }, 'too large'],
  ])('refuses %s, and says what it saw', (_, text, seen, message) => {
    const serde = confluent(never, { schemaId: 1, messageIndexes: [1, 0] })
    const error = catchError(() => serde.decode(hex(text)))
    expect(error).toBeInstanceOf(ConfluentError)
    expect(error).toBeInstanceOf(SerdeError)
    expect(error).toMatchObject({ name: 'ConfluentError', ...seen })
    expect(error.message).toContain(message)
  })

  it.each([
    { schemaId: -1 },
    { schemaId: 1.5 },
    { schemaId: 2 ** 31 },
    { schemaId: 1, messageIndexes: [] },
    { schemaId: 1, messageIndexes: [-1] },
    { schemaId: 1, messageIndexes: Array(33).fill(0) },
  ])('refuses options that cannot be right: %o', (options) => {
    expect(() => confluent(bytes(), options)).toThrow(SerdeError)
  })

  it('frames messages of Protocol Buffers', () => {
    const { root } = protobufjs.parse('syntax = "proto3"; message A { message B { string id = 1; } }')
    const inner = protobuf<{ id: string }>(root.lookupType('A.B'))
    const serde = confluent(inner, { schemaId: 3, messageIndexes: [0, 0] })
    expectTypeOf(serde).toEqualTypeOf<Serde<{ id: string }>>()
    const encoded = asBuffer(serde.encode({ id: 'x' }))
    expect(encoded).toEqual(hex('00 00000003 04 00 00 0a0178'))
    expect(serde.decode(encoded).id).toBe('x')
  })

  it('leaves the errors of the inner serde alone', () => {
    expect(() => confluent(json(), { schemaId: 1 }).decode(hex('00 00000001 7b'))).toThrow('It is no JSON (1 bytes)')
  })

  it('is not text, whatever is inside', () => {
    expect(confluent(string(), { schemaId: 1 }).isText).toBeUndefined()
  })
})

/** For frames that are refused before anything inside is looked at. */
const never: Serde<unknown> = {
  encode: () => expect.unreachable('it should not be asked'),
  decode: () => expect.unreachable('it should not be asked'),
}

function catchError(action: () => unknown): Error {
  try {
    action()
  } catch (error) {
    return error as Error
  }
  return expect.unreachable('it should fail') as never
}
