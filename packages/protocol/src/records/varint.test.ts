import { describe, expect, it } from 'vitest'
import { vectorFile } from '../../test/vector-file.ts'
import { RecordsError } from './records-error.ts'
import { VarintReader, varintSize, writeVarint, writeVarlong } from './varint.ts'

const vectors = vectorFile<{ value: string; varint?: string; varlong: string }[]>('hash/varint.json')
const odd = vectorFile<{ hex: string; varint: string; varlong: string }[]>('hash/varint-reading.json')

function written(write: typeof writeVarint, value: number): string {
  const bytes = Buffer.alloc(12)
  return bytes.toString('hex', 0, write(bytes, 0, value))
}

function read(hex: string, method: 'varint' | 'varlong'): string {
  const bytes = Buffer.from(hex, 'hex')
  const reader = new VarintReader(bytes)
  try {
    const value = reader[method]()
    expect(reader.position).toBe(bytes.length)
    return String(value)
  } catch (error) {
    if (!(error instanceof RecordsError)) throw error
    return error.code
  }
}

describe('varints', () => {
  it('are written and read as Apache Kafka does', () => {
    expect(vectors.length).toBeGreaterThan(50)
    for (const { value, varint, varlong } of vectors) {
      const number = Number(value)
      expect(read(varlong, 'varlong'), value).toBe(String(number))
      if (Number.isSafeInteger(number)) expect(written(writeVarlong, number), value).toBe(varlong)
      if (varint === undefined) continue
      expect(read(varint, 'varint')).toBe(value)
      expect(written(writeVarint, number)).toBe(varint)
      expect(varintSize(number)).toBe(varint.length / 2)
    }
  })

  it('are read in odd forms as Apache Kafka does', () => {
    const codes = new Map([
      ['IllegalArgumentException', 'invalid-record'],
      ['BufferUnderflowException', 'truncated'],
    ])
    for (const { hex, varint, varlong } of odd) {
      expect(read(hex, 'varint'), hex).toBe(codes.get(varint) ?? varint)
      expect(read(hex, 'varlong'), hex).toBe(codes.get(varlong) ?? String(Number(varlong)))
    }
  })

  it('keep every integer within 2^53', () => {
    const bytes = Buffer.alloc(12)
    for (let power = 0; power <= 53; power++) {
      for (const value of [2 ** power - 1, 2 ** power, -(2 ** power), -(2 ** power) + 1].filter(Number.isSafeInteger)) {
        const end = writeVarlong(bytes, 0, value)
        expect(new VarintReader(bytes, 0, end).varlong()).toBe(value)
      }
    }
  })

  it('do not read beyond the end they are given', () => {
    const bytes = Buffer.from('80808000', 'hex')
    expect(() => new VarintReader(bytes, 0, 3).varint()).toThrow(expect.objectContaining({ code: 'truncated' }))
    expect(() => new VarintReader(bytes, 4, 4).varlong()).toThrow(expect.objectContaining({ code: 'truncated' }))
  })
})
