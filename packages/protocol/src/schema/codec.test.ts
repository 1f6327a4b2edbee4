import { describe, expect, it } from 'vitest'
import { decodeBody, encodeBody, encodeBytes } from './codec.ts'
import { DecodeError } from './decode-error.ts'
import { EncodeError } from './encode-error.ts'
import {
  array,
  bool,
  bytes,
  float64,
  int8,
  int16,
  int32,
  int64,
  records,
  string,
  struct,
  uint16,
  uint32,
  uuid,
} from './field.ts'
import { defineSchema } from './schema.ts'

const Sample = defineSchema({
  name: 'Sample',
  versions: '1-3',
  flexible: 2,
  fields: {
    id: int32({ default: -1 }),
    name: string({ nullable: '2+' }),
    topics: array({ index: int16(), partitions: array({ offset: int64() }) }),
    added: int8({ v: '2+' }),
    dropped: int8({ v: '1-2', ignorable: true }),
    rack: string({ v: '2+', nullable: '2+', tag: 1, default: null }),
    leader: struct({ epoch: int32({ default: -1 }) }, { v: '2+', tag: 0 }),
    cursor: struct({ topic: string() }, { v: '3+', nullable: '3+', default: null }),
    wide: int64({ v: '3+', wide: true, default: 9223372036854775807n }),
  },
})

const everything = {
  id: 7,
  name: 'a',
  topics: [{ index: 1, partitions: [{ offset: 5 }, { offset: -1 }] }],
  added: 3,
  dropped: 0,
  rack: 'r',
  leader: { epoch: 4 },
  cursor: { topic: 't' },
  wide: -1n,
}

const hex = (version: number, value: Parameters<typeof encodeBytes<(typeof Sample)['fields']>>[2]) =>
  encodeBytes(Sample, version, value).toString('hex')
const decode = (version: number, text: string) => decodeBody(Sample, version, Buffer.from(text, 'hex'))

function errorOf(action: () => unknown): DecodeError | EncodeError {
  try {
    action()
  } catch (error) {
    if (error instanceof DecodeError || error instanceof EncodeError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('encodeBytes', () => {
  it('writes classic lengths before the first flexible version and compact ones from it on', () => {
    expect(hex(1, { name: 'a', topics: [] })).toBe('ffffffff00016100000000' + '00')
    expect(hex(2, { name: 'a', topics: [] })).toBe('ffffffff0261010000' + '00')
  })

  it('gives fields that are left out or undefined their default', () => {
    expect(hex(1, {})).toBe('ffffffff0000' + '00000000' + '00')
    expect(hex(1, { id: undefined })).toBe(hex(1, {}))
  })

  it('writes tagged fields by ascending tag, and only those that are not at their default', () => {
    const prefix = 'ffffffff01010000'
    expect(hex(2, { rack: null, leader: { epoch: -1 } })).toBe(`${prefix}00`)
    expect(hex(2, { rack: 'r', leader: { epoch: 4 } })).toBe(`${prefix}020005000000040001020272`)
    expect(hex(2, { rack: '' })).toBe(`${prefix}01010101`)
  })

  it('keeps unknown tagged fields at their place in the order', () => {
    const unknownTaggedFields = [
      { tag: 300, bytes: Buffer.from('beef', 'hex') },
      { tag: 5, bytes: Buffer.alloc(0) },
    ]
    expect(hex(2, { leader: { epoch: 4 }, rack: 'r', unknownTaggedFields })).toBe(
      'ffffffff01010000' + '04' + '00050000000400' + '01020272' + '0500' + 'ac0202beef',
    )
  })

  it('measures tagged fields of any size', () => {
    for (const size of [0, 100, 127, 128, 129, 16_383, 16_384, 32_767]) {
      const rack = 'x'.repeat(size)
      const leader = { epoch: 9 }
      expect(decodeBody(Sample, 2, encodeBytes(Sample, 2, { rack, leader }))).toMatchObject({ rack, leader })
    }
  })

  it.each([
    ['a value out of range', 1, { id: 2 ** 31 }, 'invalid-value', 'id'],
    ['a fraction', 1, { id: 0.5 }, 'invalid-value', 'id'],
    [
      'an unsafe int64',
      1,
      { topics: [{ partitions: [{ offset: 2 ** 53 }] }] },
      'invalid-value',
      'topics[0].partitions[0].offset',
    ],
    ['null in a version without it', 1, { name: null }, 'unexpected-null', 'name'],
    ['null for an item', 2, { topics: [null] }, 'unexpected-null', 'topics[0]'],
    ['a wrong type', 1, { name: 3 }, 'invalid-value', 'name'],
    ['an object for an array', 1, { topics: {} }, 'invalid-value', 'topics'],
    ['a string that is too long', 3, { name: 'é'.repeat(16_384) }, 'too-large', 'name'],
    ['a field that the version lacks', 1, { added: 1 }, 'unsupported-field', 'added'],
    ['a struct that the version lacks', 1, { leader: { epoch: 3 } }, 'unsupported-field', 'leader'],
    [
      'a known tag given as unknown',
      2,
      { rack: 'r', unknownTaggedFields: [{ tag: 1, bytes: Buffer.alloc(0) }] },
      'invalid-value',
      '',
    ],
    ['a version that does not exist', 4, {}, 'unsupported-version', ''],
    ['a version that is no integer', 1.5, {}, 'unsupported-version', ''],
  ])('refuses %s', (_, version, value, code, field) => {
    const error = errorOf(() => hex(version, value as never))
    expect(error).toBeInstanceOf(EncodeError)
    expect(error).toMatchObject({ code, field, api: 'Sample', version })
    expect(error.message).toContain('Sample')
    expect(error.message).toContain(field)
  })

  it('drops ignorable fields, and accepts defaults of any field, in versions that lack them', () => {
    expect(hex(3, { dropped: 9 })).toBe(hex(3, {}))
    expect(hex(1, { added: 0, rack: null, leader: { epoch: -1 }, cursor: null, wide: 2n ** 63n - 1n })).toBe(hex(1, {}))
  })

  it('takes numbers for wide fields', () => {
    expect(hex(3, { wide: 5 })).toBe(hex(3, { wide: 5n }))
  })
})

describe('decodeBody', () => {
  it('gives what was encoded, and defaults for what the version lacks', () => {
    expect(decode(3, hex(3, everything))).toEqual(everything)
    expect(decode(1, hex(1, { id: 7, name: 'a' }))).toEqual({
      id: 7,
      name: 'a',
      topics: [],
      added: 0,
      dropped: 0,
      rack: null,
      leader: { epoch: -1 },
      cursor: null,
      wide: 9223372036854775807n,
    })
  })

  it('gives bytes as views into the input', () => {
    const Blob = defineSchema({ name: 'Blob', versions: '0', flexible: 0, fields: { data: bytes(), batch: records() } })
    const input = encodeBytes(Blob, 0, { data: Buffer.from('abc'), batch: Buffer.from('def') })
    const { data, batch } = decodeBody(Blob, 0, input)
    input.fill(0x2a)
    expect(`${data}${batch}`).toBe('******')
  })

  it('starts at a position, and leaves the rest alone only when told to', () => {
    const input = Buffer.concat([Buffer.alloc(3), encodeBytes(Sample, 3, everything), Buffer.alloc(2)])
    expect(decodeBody(Sample, 3, input, 3, { allowTrailing: true })).toEqual(everything)
    expect(errorOf(() => decodeBody(Sample, 3, input, 3))).toMatchObject({
      code: 'trailing-bytes',
      position: input.length - 2,
    })
  })

  it('accepts repeated and descending tags, and takes a known field whatever size it announces', () => {
    const body = 'ffffffff01010000'
    expect(decode(2, `${body}020102027201020273`)).toMatchObject({ rack: 's' })
    expect(decode(2, `${body}020102027200050000000400`)).toMatchObject({ rack: 'r', leader: { epoch: 4 } })
    expect(decode(2, `${body}0101010272`)).toMatchObject({ rack: 'r' })
  })

  it('reads overlong varints, and stray bits of a fifth byte, as Kafka does', () => {
    expect(decode(2, 'ffffffff8000' + '01000000')).toMatchObject({ name: null })
    expect(decode(2, 'ffffffff828080807061' + '01000000')).toMatchObject({ name: 'a' })
  })

  it.each([
    ['an empty input', 1, '', 'truncated', 'id', 0],
    ['a cut string', 1, '000000010005616263', 'truncated', 'name', 6],
    [
      'a cut item',
      1,
      '000000010000' + '00000001' + '0001' + '00000002' + '0000000000000005' + '00000000000000',
      'truncated',
      'topics[0].partitions',
      12,
    ],
    [
      'an item within an item',
      2,
      '0000000101' + '03' + '00010100' + '0002020020000000000000' + '0000',
      'out-of-range',
      'topics[1].partitions[0].offset',
      13,
    ],
    ['a count beyond the input', 1, '000000010000' + '7fffffff' + '00', 'truncated', 'topics', 6],
    ['a compact count beyond the input', 2, '0000000101' + 'ffffffff0f' + '00', 'truncated', 'topics', 5],
    ['a count that is negative', 1, '000000010000' + 'fffffffe' + '00', 'invalid-length', 'topics', 6],
    ['a string above the limit', 2, `00000001818002${'61'.repeat(32_768)}`, 'invalid-length', 'name', 7],
    ['null in a version without it', 1, '00000001ffff0000000000', 'unexpected-null', 'name', 4],
    ['null for an array', 2, '0000000101000000', 'unexpected-null', 'topics', 5],
    ['a varint of six bytes', 2, '00000001808080808001', 'out-of-range', 'name', 4],
    ['more tagged fields than bytes', 2, '0000000101010000' + '05' + '0100', 'truncated', '', 9],
    ['an unknown tagged field beyond the input', 2, '0000000101010000' + '01' + '0905', 'truncated', '', 11],
    ['a known tagged field beyond the input', 2, '0000000101010000' + '01' + '00640000', 'truncated', '', 11],
    ['a cut tagged field', 2, '0000000101010000' + '01' + '00020000', 'truncated', 'leader.epoch', 11],
    ['a version that does not exist', 0, '00', 'unsupported-version', '', 0],
  ])('refuses %s, saying where', (_, version, text, code, field, position) => {
    const error = errorOf(() => decode(version, text))
    expect(error).toBeInstanceOf(DecodeError)
    expect(error).toMatchObject({ code, field, position, api: 'Sample', version })
    expect(error.message).toContain(`Sample version ${version}`)
    expect(error.message).toContain(`at byte ${position}`)
    expect(error.message).toContain(field)
  })

  it('does not let one message change the defaults of the next', () => {
    const { leader } = decode(1, hex(1, {}))
    expect(() => Object.assign(leader, { epoch: 9 })).toThrow(TypeError)
  })
})

describe('field kinds', () => {
  const Kinds = defineSchema({
    name: 'Kinds',
    versions: '0',
    flexible: Infinity,
    fields: {
      flag: bool({ default: true }),
      small: int8(),
      port: uint16(),
      crc: uint32(),
      ratio: float64(),
      topicId: uuid(),
      data: bytes({ nullable: '0+' }),
      batch: records({ nullable: '0+' }),
    },
  })

  it.each([
    [{ flag: 1 }, 'flag'],
    [{ small: 128 }, 'small'],
    [{ small: -129 }, 'small'],
    [{ port: -1 }, 'port'],
    [{ port: 65_536 }, 'port'],
    [{ crc: -1 }, 'crc'],
    [{ crc: 2 ** 32 }, 'crc'],
    [{ ratio: '1' }, 'ratio'],
    [{ topicId: 'short' }, 'topicId'],
    [{ topicId: '!!!!!!!!!!!!!!!!!!!!!!' }, 'topicId'],
    [{ topicId: 7 }, 'topicId'],
    [{ data: 'text' }, 'data'],
    [{ batch: 'text' }, 'batch'],
    [{ batch: [1] }, 'batch'],
    [{ batch: { byteLength: -1 } }, 'batch'],
    [{ batch: { byteLength: 'x' } }, 'batch'],
  ])('refuse what they cannot hold: %j', (value, field) => {
    expect(errorOf(() => encodeBody(Kinds, 0, value as never))).toMatchObject({ code: 'invalid-value', field })
  })

  it('hold their limits', () => {
    const values = [
      {
        flag: false,
        small: -128,
        port: 65_535,
        crc: 0xffff_ffff,
        ratio: -0.5,
        topicId: 'f7R6kvSFyGQlOSULPuPUsQ',
        data: null,
        batch: null,
      },
      {
        flag: true,
        small: 127,
        port: 0,
        crc: 0,
        ratio: Infinity,
        topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
        data: Buffer.from('x'),
        batch: Buffer.alloc(0),
      },
    ]
    for (const value of values) expect(decodeBody(Kinds, 0, encodeBytes(Kinds, 0, value))).toEqual(value)
  })
})
