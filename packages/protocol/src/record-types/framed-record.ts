/**
 * The frame of records in the metadata log and in the topic of remote log metadata: unsigned varints for the frame version
 * (1), the id of the record type and its version, then the record's fields.
 */
import { joinChunks } from '../chunk.ts'
import { decodeBody, decodeError, encodeInto } from '../schema/codec.ts'
import { DecodeError } from '../schema/decode-error.ts'
import { Reader } from '../schema/reader.ts'
import type { Decoded, Encodable } from '../schema/schema.ts'
import { defineSchema } from '../schema/schema.ts'
import { Writer } from '../schema/writer.ts'
import type { RecordSchema } from './record.ts'

const frameVersion = 1
const frameSchema = defineSchema({ name: 'record frame', versions: '1', flexible: Infinity, fields: {} })

type Types = Readonly<Record<string, RecordSchema<unknown>>>

/** A decoded record: `type` is Kafka's name of it, and tells what `data` is. */
export type FramedRecord<T extends Types> = {
  [N in keyof T]: { readonly type: N; readonly version: number; readonly data: Decoded<T[N]> }
}[keyof T]

/** What encoding takes: fields left out of `data` have their default. */
export type FramedRecordInput<T extends Types> = {
  [N in keyof T]: { readonly type: N; readonly version: number; readonly data: Encodable<T[N]> }
}[keyof T]

/** Encoder and decoder over a set of record types. */
export interface FramedRecordCodec<T extends Types> {
  /** Throws EncodeError. */
  encode(record: FramedRecordInput<T>): Buffer
  /** Throws DecodeError; its code is `unknown-type` for a record type that newer software may know. */
  decode(bytes: Buffer): FramedRecord<T>
}

export function framedRecordCodec<const T extends Types>(types: T): FramedRecordCodec<T> {
  const byId = new Map(
    Object.entries(types).map(([type, schema]) => [schema.id, { type, schema: schema as RecordSchema }]),
  )
  return {
    encode({ type, version, data }) {
      const schema = types[type] as RecordSchema
      const writer = new Writer()
      writer.unsignedVarint(frameVersion)
      writer.unsignedVarint(schema.id)
      writer.unsignedVarint(version)
      encodeInto(schema, version, data as Encodable<RecordSchema>, writer)
      return joinChunks(writer.finish())
    },
    decode(bytes) {
      const { id, version, position } = readFrame(bytes)
      const entry = byId.get(id)
      if (entry === undefined) {
        const reason = `there is no record type ${id}`
        throw new DecodeError({ code: 'unknown-type', api: frameSchema.name, version, field: '', position: 1, reason })
      }
      const data = decodeBody(entry.schema, version, bytes, position)
      return { type: entry.type, version, data } as unknown as FramedRecord<T>
    },
  }
}

function readFrame(bytes: Buffer): { id: number; version: number; position: number } {
  const reader = new Reader(bytes)
  try {
    const frame = reader.unsignedVarint()
    if (frame !== frameVersion) reader.fail('unsupported-version', `frame version ${frame}, only 1 is known`, 0)
    const id = reader.unsignedVarint()
    const version = reader.unsignedVarint()
    return { id, version, position: reader.position }
  } catch (error) {
    throw decodeError(error, frameSchema, frameVersion)
  }
}
