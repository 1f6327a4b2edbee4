/** Records with the frame they have where they are stored, against bytes that Apache Kafka 4.3.1 wrote. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  ControlRecordTypeSchema,
  type CoordinatorRecords,
  type CoordinatorRecordType,
  DefaultPrincipalData,
  decodeConsumerAssignment,
  decodeConsumerSubscription,
  decodeControlKey,
  decodeCoordinatorKey,
  decodeCoordinatorValue,
  decodeMetadataRecord,
  decodePrincipal,
  decodeRemoteLogMetadataRecord,
  EndTxnMarker,
  encodeConsumerAssignment,
  encodeConsumerSubscription,
  encodeCoordinatorKey,
  encodeCoordinatorValue,
  encodeMetadataRecord,
  encodePrincipal,
  encodeRemoteLogMetadataRecord,
  groupRecords,
  type MetadataRecordInput,
  metadataRecordTypes,
  ProducerSnapshot,
  type RemoteLogMetadataRecordInput,
  remoteLogMetadataRecordTypes,
  type Schema,
  shareRecords,
  transactionRecords,
} from '../src/index.ts'
import { decodeVersioned, encodeVersioned } from '../src/record-types/versioned.ts'
import { fromVectorJson } from './vector-json.ts'

interface Vector {
  readonly v: number
  readonly case: string
  readonly json: Record<string, unknown>
  readonly framedHex: string
  readonly unknownTags?: readonly { tag: number; hex: string }[]
}

/** Encodes a value of a version, and decodes it again into version and value. */
interface Framing {
  readonly schema: Schema
  readonly encode: (version: number, value: {}) => Buffer
  readonly decode: (bytes: Buffer) => { readonly version: number; readonly value: unknown }
}

const root = new URL('./vectors/messages/records/', import.meta.url)

function vectorsOf(path: string): Vector[] {
  const lines = readFileSync(new URL(path, root), 'utf8').trim().split('\n')
  // Beyond 2^53 only the wide codec goes, which stored records do not need.
  return lines.map((line): Vector => JSON.parse(line)).filter((vector) => vector.case !== 'int64-extremes')
}

type AnyRecords = CoordinatorRecords<Record<string, CoordinatorRecordType>>

function coordinatorFramings(records: AnyRecords): [string, Framing][] {
  return Object.entries(records.types).flatMap(([type, { key, value }]): [string, Framing][] => [
    [
      `${records.name}/${key.name}.jsonl`,
      {
        schema: key,
        encode: (_, own) => encodeCoordinatorKey(records, type, own),
        decode: (bytes) => {
          const decoded = decodeCoordinatorKey(records, bytes)
          expect(decoded.type).toBe(type)
          return { version: 0, value: decoded.key }
        },
      },
    ],
    [
      `${records.name}/${value.name}.jsonl`,
      {
        schema: value,
        encode: (version, own) => encodeCoordinatorValue(records, type, version, own),
        decode: (bytes) => decodeCoordinatorValue(records, type, bytes),
      },
    ],
  ])
}

const metadataFramings = Object.values(metadataRecordTypes).map((schema): [string, Framing] => [
  `metadata/${schema.name.replace('ZkMigrationStateRecord', 'ZkMigrationRecord')}.jsonl`,
  {
    schema,
    encode: (version, data) => encodeMetadataRecord({ type: schema.name, version, data } as MetadataRecordInput),
    decode: (bytes) => {
      const { type, version, data } = decodeMetadataRecord(bytes)
      expect(type).toBe(schema.name)
      return { version, value: data }
    },
  },
])

const remoteLogFramings = Object.values(remoteLogMetadataRecordTypes).map((schema): [string, Framing] => [
  `storage/${schema.name}.jsonl`,
  {
    schema,
    encode: (version, data) =>
      encodeRemoteLogMetadataRecord({ type: schema.name, version, data } as RemoteLogMetadataRecordInput),
    decode: (bytes) => {
      const { type, version, data } = decodeRemoteLogMetadataRecord(bytes)
      expect(type).toBe(schema.name)
      return { version, value: data }
    },
  },
])

function renamed({ version, data }: { version: number; data: unknown }) {
  return { version, value: data }
}

const framings = new Map<string, Framing>([
  ...[groupRecords, transactionRecords, shareRecords].flatMap((records) =>
    coordinatorFramings(records as unknown as AnyRecords),
  ),
  ...metadataFramings,
  ...remoteLogFramings,
  [
    'consumer-protocol/ConsumerProtocolAssignment.jsonl',
    {
      schema: ConsumerProtocolAssignment,
      encode: encodeConsumerAssignment,
      decode: (bytes) => renamed(decodeConsumerAssignment(bytes)),
    },
  ],
  [
    'consumer-protocol/ConsumerProtocolSubscription.jsonl',
    {
      schema: ConsumerProtocolSubscription,
      encode: encodeConsumerSubscription,
      decode: (bytes) => renamed(decodeConsumerSubscription(bytes)),
    },
  ],
  [
    'DefaultPrincipalData.jsonl',
    {
      schema: DefaultPrincipalData,
      encode: (_, value) => encodePrincipal(value),
      decode: (bytes) => ({ version: 0, value: decodePrincipal(bytes) }),
    },
  ],
  // The vectors have types that do not exist, and a random checksum, which the public functions refuse.
  ...[ControlRecordTypeSchema, EndTxnMarker, ProducerSnapshot].map((schema: Schema): [string, Framing] => [
    `${schema === ProducerSnapshot ? 'storage' : 'raft'}/${schema.name}.jsonl`,
    {
      schema,
      encode: (version, value) => encodeVersioned(schema, version, value),
      decode: (bytes) => renamed(decodeVersioned(schema, bytes)),
    },
  ]),
])

describe('stored records', () => {
  const paths = (readdirSync(root, { recursive: true }) as string[]).filter((path) => path.endsWith('.jsonl'))
  const framed = paths.filter((path) => vectorsOf(path).some(({ framedHex }) => framedHex !== undefined)).sort()

  it('have a frame for every vector that has one', () => {
    expect([...framings.keys()].sort()).toEqual(framed)
  })

  it.each(framed)('%s', (path) => {
    const { schema, encode, decode } = framings.get(path) as Framing
    for (const { v, json, framedHex, unknownTags = [], ...vector } of vectorsOf(path)) {
      const label = `version ${v}, case ${vector.case}`
      const bytes = Buffer.from(framedHex, 'hex')
      expect(encode(v, fromVectorJson(schema.fields, json, unknownTags, false)).toString('hex'), label).toBe(framedHex)
      const decoded = decode(bytes)
      expect(decoded.version, label).toBe(v)
      expect(decoded.value, label).toEqual(fromVectorJson(schema.fields, json, unknownTags, false, true))
    }
  })

  it('name the control types of their keys', () => {
    expect(decodeControlKey(Buffer.from('00000000', 'hex'))).toBe('Abort')
  })
})
