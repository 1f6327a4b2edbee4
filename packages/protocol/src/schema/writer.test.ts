import { describe, expect, it } from 'vitest'
import { chunksSize, joinChunks } from '../chunk.ts'
import { encodeBody } from './codec.ts'
import { array, int8, int32, records, string } from './field.ts'
import { defineSchema } from './schema.ts'
import { Writer } from './writer.ts'

const Batches = defineSchema({
  name: 'Batches',
  versions: '0',
  flexible: 0,
  fields: { before: int32(), batch: records({ nullable: '0+' }), after: int32() },
})

describe('records', () => {
  it('are copied when small, and a chunk of their own without a copy when large', () => {
    const small = encodeBody(Batches, 0, { batch: Buffer.alloc(1024) })
    expect(small).toHaveLength(1)
    const batch = Buffer.alloc(1025, 7)
    const large = encodeBody(Batches, 0, { before: 1, batch, after: 2 })
    expect(large).toHaveLength(3)
    expect(large[1]).toBe(batch)
    expect((large[0] as Buffer).toString('hex')).toBe('00000001' + '8208')
    expect((large[2] as Buffer).toString('hex')).toBe('00000002' + '00')
  })

  it('may be in pieces, some of them elsewhere, and are counted as a whole', () => {
    const file = { byteLength: 300 }
    const chunks = encodeBody(Batches, 0, { batch: [Buffer.from('ab'), file, Buffer.alloc(2000)] })
    expect(chunksSize(chunks)).toBe(4 + 2 + 2302 + 4 + 1)
    expect(chunks[1]).toBe(file)
    expect((chunks[0] as Buffer).toString('hex')).toBe('00000000' + 'ff11' + '6162')
    expect(() => joinChunks(chunks)).toThrow('external bytes')
  })
})

describe('Writer', () => {
  const uuid = 'AAECAwQFBgcICQoLDA0ODw'
  it.each<[string, (writer: Writer) => void, string]>([
    ['bool', (writer) => writer.bool(true), '01'],
    ['int8', (writer) => writer.int8(-2), 'fe'],
    ['int16', (writer) => writer.int16(-2), 'fffe'],
    ['int32', (writer) => writer.int32(-2), 'fffffffe'],
    ['int64', (writer) => writer.int64(-2), 'fffffffffffffffe'],
    ['int64Wide', (writer) => writer.int64Wide(-2n), 'fffffffffffffffe'],
    ['float64', (writer) => writer.float64(1), '3ff0000000000000'],
    ['uuid', (writer) => writer.uuid(uuid), '000102030405060708090a0b0c0d0e0f'],
    ['unsignedVarint', (writer) => writer.unsignedVarint(300), 'ac02'],
    ['compactString', (writer) => writer.compactString('ab'), '036162'],
    ['raw', (writer) => writer.raw(Buffer.from('ab')), '6162'],
    ['sized', (writer) => writer.sized(() => writer.int8(5)), '0105'],
  ])('writes %s whole wherever its buffer ends', (_name, write, hex) => {
    for (let before = 16 * 1024 - 20; before <= 16 * 1024; before++) {
      const writer = new Writer()
      writer.raw(Buffer.alloc(before, 0x66))
      write(writer)
      const bytes = joinChunks(writer.finish())
      expect(bytes.toString('hex', before), `after ${before} bytes`).toBe(hex)
    }
  })

  it('grows without losing what it has, whatever was written before', () => {
    const Long = defineSchema({ name: 'Long', versions: '0', flexible: 0, fields: { items: array(string()) } })
    for (const count of [1, 10, 1000, 5000]) {
      const items = Array.from({ length: count }, (_, index) => `item ${index} ${'é'.repeat(index % 50)}`)
      const bytes = joinChunks(encodeBody(Long, 0, { items }))
      for (const item of items) expect(bytes.includes(item)).toBe(true)
    }
  })

  it('gives results that later ones do not write over', () => {
    const One = defineSchema({ name: 'One', versions: '0', flexible: Infinity, fields: { value: int8() } })
    const all = Array.from({ length: 40_000 }, (_, index) => encodeBody(One, 0, { value: index % 100 })[0] as Buffer)
    expect(all.every((bytes, index) => bytes[0] === index % 100)).toBe(true)
  })

  it('is not disturbed by an encode within an encode, or by one that failed', () => {
    const One = defineSchema({ name: 'One', versions: '0', flexible: Infinity, fields: { a: int32(), b: int32() } })
    let inner: Buffer | undefined
    const nested = {
      a: 1,
      get b() {
        inner = joinChunks(encodeBody(One, 0, { a: 3, b: 4 }))
        return 2
      },
    }
    expect(() => encodeBody(One, 0, { a: 9, b: 0.5 })).toThrow('expected an integer')
    expect(joinChunks(encodeBody(One, 0, nested)).toString('hex')).toBe('0000000100000002')
    expect(inner?.toString('hex')).toBe('0000000300000004')
  })

  it('knows its size while it writes', () => {
    const writer = new Writer()
    writer.int32(1)
    writer.records(Buffer.alloc(5000), true)
    writer.int8(1)
    expect(writer.size).toBe(4 + 2 + 5000 + 1)
    expect(chunksSize(writer.finish())).toBe(5007)
  })

  it('gives one empty chunk for an empty message', () => {
    expect(new Writer().finish()).toEqual([Buffer.alloc(0)])
  })
})
