/**
 * Control records: the ends of transactions in any partition, and the bookkeeping of the raft log.
 *
 * Key: int16 version 0, int16 type. Value of a transaction's end: int16 version 0, int32 coordinator epoch. Value of a raft
 * control record: the message itself, whose first field is its version.
 */
import { decodeBody, encodeBytes } from '../schema/codec.ts'
import { DecodeError } from '../schema/decode-error.ts'
import type { Decoded, Encodable, Schema } from '../schema/schema.ts'
import { ControlRecordTypeSchema } from './raft/control-record-type-schema.ts'
import { EndTxnMarker } from './raft/end-txn-marker.ts'
import { KRaftVersionRecord } from './raft/kraft-version-record.ts'
import { LeaderChangeMessage } from './raft/leader-change-message.ts'
import { SnapshotFooterRecord } from './raft/snapshot-footer-record.ts'
import { SnapshotHeaderRecord } from './raft/snapshot-header-record.ts'
import { VotersRecord } from './raft/voters-record.ts'
import { decodeVersioned, encodeVersioned, readVersion } from './versioned.ts'

const types = {
  Abort: { id: 0, schema: EndTxnMarker },
  Commit: { id: 1, schema: EndTxnMarker },
  LeaderChange: { id: 2, schema: LeaderChangeMessage },
  SnapshotHeader: { id: 3, schema: SnapshotHeaderRecord },
  SnapshotFooter: { id: 4, schema: SnapshotFooterRecord },
  KRaftVersion: { id: 5, schema: KRaftVersionRecord },
  KRaftVoters: { id: 6, schema: VotersRecord },
} as const

type Types = typeof types

/** The control records by name. */
export type ControlRecordType = keyof Types

/** A decoded control record: `type` tells what `data` is. */
export type ControlRecord = {
  [N in ControlRecordType]: { readonly type: N; readonly data: Decoded<Types[N]['schema']> }
}[ControlRecordType]

/** What encoding takes. `data.version` of a raft record is its version, 0 when left out. */
export type ControlRecordInput = {
  [N in ControlRecordType]: { readonly type: N; readonly data: Encodable<Types[N]['schema']> }
}[ControlRecordType]

const nameById = new Map(Object.entries(types).map(([name, { id }]) => [id as number, name as ControlRecordType]))

/** Throws EncodeError. */
export function encodeControlKey(type: ControlRecordType): Buffer {
  return encodeVersioned(ControlRecordTypeSchema, 0, { type: types[type].id })
}

/** Undefined for a type that newer software may know. Throws DecodeError. */
export function decodeControlKey(bytes: Buffer): ControlRecordType | undefined {
  // Newer key versions begin the same way, which is how Kafka reads them.
  readVersion(ControlRecordTypeSchema, bytes)
  return nameById.get(decodeBody(ControlRecordTypeSchema, 0, bytes, 2, { allowTrailing: true }).type)
}

/** Throws EncodeError. */
export function encodeControlRecord(record: ControlRecordInput): { readonly key: Buffer; readonly value: Buffer } {
  const key = encodeControlKey(record.type)
  if (record.type === 'Abort' || record.type === 'Commit') {
    return { key, value: encodeVersioned(EndTxnMarker, 0, record.data) }
  }
  const version = record.data.version ?? 0
  return { key, value: encodeBytes(types[record.type].schema as Schema, version, record.data as Encodable<Schema>) }
}

/** Throws DecodeError; its code is `unknown-type` for a type that newer software may know. */
export function decodeControlRecord(key: Buffer, value: Buffer): ControlRecord {
  const type = decodeControlKey(key)
  if (type === undefined) {
    const reason = `there is no control record type ${key.readInt16BE(2)}`
    const api = ControlRecordTypeSchema.name
    throw new DecodeError({ code: 'unknown-type', api, version: 0, field: 'type', position: 2, reason })
  }
  if (type === 'Abort' || type === 'Commit') return { type, data: decodeVersioned(EndTxnMarker, value).data }
  const schema = types[type].schema as Schema
  return { type, data: decodeBody(schema, readVersion(schema, value), value) } as unknown as ControlRecord
}
