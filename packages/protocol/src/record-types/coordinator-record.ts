/**
 * How coordinators keep records in their topics (`__consumer_offsets`, `__transaction_state`, `__share_group_state`).
 *
 * Key: int16 id of the record type, then the key's fields; they have no version of their own. Value: int16 version, then the
 * value's fields; the type comes from the key. A record without value deletes what the key names.
 */
import { joinChunks } from '../chunk.ts'
import { decodeBody, encodeInto } from '../schema/codec.ts'
import { DecodeError } from '../schema/decode-error.ts'
import type { Fields } from '../schema/field.ts'
import { type Decoded, defineSchema, type Encodable, type Schema } from '../schema/schema.ts'
import { Writer } from '../schema/writer.ts'

/** One record type of a coordinator. */
export interface CoordinatorRecordType<out K = Fields, out V = Fields> {
  readonly id: number
  readonly key: Schema<K>
  readonly value: Schema<V>
}

/** Makes a record type of a literal. Keys have version 0 only and are never flexible. */
export function defineCoordinatorRecord<const K extends Fields, const V extends Fields>(literal: {
  readonly id: number
  readonly name: string
  readonly key: K
  readonly versions: string
  readonly flexible: number
  readonly value: V
}): CoordinatorRecordType<K, V> {
  const { id, name, versions, flexible } = literal
  return {
    id,
    key: defineSchema({ name: `${name}Key`, versions: '0', flexible: Infinity, fields: literal.key }),
    value: defineSchema({ name: `${name}Value`, versions, flexible, fields: literal.value }),
  }
}

type Types = Readonly<Record<string, CoordinatorRecordType<unknown, unknown>>>

/** All record types of one coordinator, by Kafka's name without `Key` and `Value`. */
export interface CoordinatorRecords<out T> {
  /** The coordinator, for errors. */
  readonly name: string
  readonly types: T
  readonly nameById: ReadonlyMap<number, string>
}

export function coordinatorRecords<const T extends Types>(name: string, types: T): CoordinatorRecords<T> {
  return { name, types, nameById: new Map(Object.entries(types).map(([typeName, type]) => [type.id, typeName])) }
}

/** A decoded key: `type` tells which. */
export type CoordinatorKey<T extends Types> = {
  [N in keyof T]: { readonly type: N; readonly key: Decoded<T[N]['key']> }
}[keyof T]

/** A decoded record: `type` tells which. Without value (a tombstone) it is a deletion, and has no version. */
export type CoordinatorRecord<T extends Types> = {
  [N in keyof T]: {
    readonly type: N
    readonly key: Decoded<T[N]['key']>
    readonly value: Decoded<T[N]['value']> | null
    readonly version: number | null
  }
}[keyof T]

/** Throws EncodeError. */
export function encodeCoordinatorKey<T extends Types, N extends keyof T & string>(
  records: CoordinatorRecords<T>,
  type: N,
  key: Encodable<T[N]['key']>,
): Buffer {
  const { id, key: schema } = records.types[type] as CoordinatorRecordType
  const writer = new Writer()
  writer.int16(id)
  encodeInto(schema, 0, key, writer)
  return joinChunks(writer.finish())
}

/** Throws EncodeError. */
export function encodeCoordinatorValue<T extends Types, N extends keyof T & string>(
  records: CoordinatorRecords<T>,
  type: N,
  version: number,
  value: Encodable<T[N]['value']>,
): Buffer {
  const { value: schema } = records.types[type] as CoordinatorRecordType
  const writer = new Writer()
  writer.int16(version)
  encodeInto(schema, version, value, writer)
  return joinChunks(writer.finish())
}

function readInt16(what: string, bytes: Buffer): number {
  if (bytes.length >= 2) return bytes.readInt16BE(0)
  const reason = `${bytes.length} bytes cannot hold the two of its prefix`
  throw new DecodeError({ code: 'truncated', api: what, version: 0, field: '', position: 0, reason })
}

/** Throws DecodeError; its code is `unknown-type` for the id of a record type that newer software may know. */
export function decodeCoordinatorKey<T extends Types>(
  records: CoordinatorRecords<T>,
  bytes: Buffer,
): CoordinatorKey<T> {
  const what = `${records.name} coordinator key`
  const id = readInt16(what, bytes)
  const type = records.nameById.get(id)
  if (type === undefined) {
    const reason = `there is no record type ${id}`
    throw new DecodeError({ code: 'unknown-type', api: what, version: 0, field: '', position: 0, reason })
  }
  const { key } = records.types[type] as CoordinatorRecordType
  return { type, key: decodeBody(key, 0, bytes, 2) } as unknown as CoordinatorKey<T>
}

/** Throws DecodeError. */
export function decodeCoordinatorValue<T extends Types, N extends keyof T & string>(
  records: CoordinatorRecords<T>,
  type: N,
  bytes: Buffer,
): { readonly version: number; readonly value: Decoded<T[N]['value']> } {
  const { value: schema } = records.types[type] as CoordinatorRecordType
  const version = readInt16(schema.name, bytes)
  return { version, value: decodeBody(schema, version, bytes, 2) as Decoded<T[N]['value']> }
}

/** Decodes key and value of a record as it is in the log. Throws DecodeError. */
export function decodeCoordinatorRecord<T extends Types>(
  records: CoordinatorRecords<T>,
  keyBytes: Buffer,
  valueBytes: Buffer | null,
): CoordinatorRecord<T> {
  const { type, key } = decodeCoordinatorKey(records, keyBytes)
  const { value, version } =
    valueBytes === null
      ? { value: null, version: null }
      : decodeCoordinatorValue(records, type as keyof T & string, valueBytes)
  return { type, key, value, version } as unknown as CoordinatorRecord<T>
}
