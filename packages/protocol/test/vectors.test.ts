/** Every message version, both ways, against bytes that Apache Kafka 4.3.1 wrote. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { joinChunks } from '../src/chunk.ts'
import { decodeBody, encodeBytes } from '../src/schema/codec.ts'
import { structReader } from '../src/schema/decode.ts'
import { DecodeError } from '../src/schema/decode-error.ts'
import { structWriter } from '../src/schema/encode.ts'
import { planSchema } from '../src/schema/plan.ts'
import { Reader } from '../src/schema/reader.ts'
import type { Schema } from '../src/schema/schema.ts'
import { Writer } from '../src/schema/writer.ts'
import { allSchemas } from './all-schemas.ts'
import { fromVectorJson } from './vector-json.ts'

interface Vector {
  readonly v: number
  readonly case: string
  readonly json: Record<string, unknown>
  readonly hex: string
  readonly unknownTags?: readonly { tag: number; hex: string }[]
}

const root = new URL('./vectors/messages/', import.meta.url)
const paths = (readdirSync(root, { recursive: true }) as string[]).filter((path) => path.endsWith('.jsonl')).sort()

function vectorsOf(path: string): Vector[] {
  const lines = readFileSync(new URL(path, root), 'utf8').trim().split('\n')
  return lines.map((line) => JSON.parse(line))
}

function schemaOf(path: string): Schema {
  const schema = allSchemas.get(path)
  if (schema === undefined) throw new Error(`no schema for ${path}`)
  return schema
}

/** With every int64 as a bigint, which users cannot ask for. */
function wideCodec(schema: Schema, version: number) {
  const plan = planSchema(schema, version, true)
  return {
    encode(value: unknown) {
      const writer = new Writer()
      structWriter(plan)(writer, value)
      return joinChunks(writer.finish())
    },
    decode: (bytes: Buffer) => structReader(plan)(new Reader(bytes)),
  }
}

describe('vectors', () => {
  it('exist for every schema and version', () => {
    expect(paths).toHaveLength(272)
    expect([...allSchemas.keys()].sort()).toEqual(paths)
    for (const path of paths) {
      const { versions } = schemaOf(path)
      const all = Array.from({ length: versions.max - versions.min + 1 }, (_, index) => versions.min + index)
      expect(
        [...new Set(vectorsOf(path).map(({ v }) => v))].sort((a, b) => a - b),
        path,
      ).toEqual(all)
    }
  })

  it.each(paths)('%s decodes and encodes as Kafka does', (path) => {
    const schema = schemaOf(path)
    for (const vector of vectorsOf(path)) {
      const wide = vector.case === 'int64-extremes'
      const bytes = Buffer.from(vector.hex, 'hex')
      const value = fromVectorJson(schema.fields, vector.json, vector.unknownTags ?? [], wide)
      const codec = wide
        ? wideCodec(schema, vector.v)
        : {
            encode: (input: {}) => encodeBytes(schema, vector.v, input),
            decode: (input: Buffer) => decodeBody(schema, vector.v, input),
          }
      const label = `version ${vector.v}, case ${vector.case}`
      expect(codec.encode(value).toString('hex'), label).toBe(vector.hex)
      const decoded = codec.decode(bytes)
      expect(decoded, label).toEqual(fromVectorJson(schema.fields, vector.json, vector.unknownTags ?? [], wide, true))
      expect(codec.encode(decoded).toString('hex'), label).toBe(vector.hex)
      if (wide) expectRangeError(schema, vector)
    }
  })

  it('are 2502', () => {
    expect(paths.reduce((count, path) => count + vectorsOf(path).length, 0)).toBe(2502)
  })
})

/** Beyond 2^53 the normal codec refuses, unless all values happen to be within or the field is wide. */
function expectRangeError(schema: Schema, vector: Vector): void {
  try {
    decodeBody(schema, vector.v, Buffer.from(vector.hex, 'hex'))
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError)
    expect((error as DecodeError).code).toBe('out-of-range')
  }
}
