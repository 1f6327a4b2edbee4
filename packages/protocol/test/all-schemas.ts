/** Every schema of the package, by the path of its vectors. */
import { apis } from '../src/apis.ts'
import { requestHeader, responseHeader } from '../src/header.ts'
import * as protocol from '../src/index.ts'
import { groupRecords } from '../src/record-types/group-records.ts'
import { shareRecords } from '../src/record-types/share-records.ts'
import { transactionRecords } from '../src/record-types/transaction-records.ts'
import type { Schema } from '../src/schema/schema.ts'

export const allSchemas: ReadonlyMap<string, Schema> = new Map([
  ...apis.flatMap(({ key, name, request, response }): [string, Schema][] => {
    const base = `apis/${String(key).padStart(2, '0')}-${name}`
    return [
      [`${base}.request.jsonl`, request],
      [`${base}.response.jsonl`, response],
    ]
  }),
  ...[requestHeader, responseHeader].map((schema): [string, Schema] => [`headers/${schema.name}.jsonl`, schema]),
  ...[groupRecords, transactionRecords, shareRecords].flatMap(({ name, types }) =>
    Object.values(types as Record<string, { key: Schema; value: Schema }>).flatMap(
      ({ key, value }): [string, Schema][] => [
        [`records/${name}/${key.name}.jsonl`, key],
        [`records/${name}/${value.name}.jsonl`, value],
      ],
    ),
  ),
  ...Object.values(protocol.metadataRecordTypes).map((schema): [string, Schema] => [
    // Kafka's definition of this one has another name than its file.
    `records/metadata/${schema.name.replace('ZkMigrationStateRecord', 'ZkMigrationRecord')}.jsonl`,
    schema,
  ]),
  ...Object.values(protocol.remoteLogMetadataRecordTypes).map((schema): [string, Schema] => [
    `records/storage/${schema.name}.jsonl`,
    schema,
  ]),
  ...[
    protocol.ControlRecordTypeSchema,
    protocol.EndTxnMarker,
    protocol.KRaftVersionRecord,
    protocol.LeaderChangeMessage,
    protocol.QuorumStateData,
    protocol.SnapshotFooterRecord,
    protocol.SnapshotHeaderRecord,
    protocol.VotersRecord,
  ].map((schema): [string, Schema] => [`records/raft/${schema.name}.jsonl`, schema]),
  ...[protocol.ConsumerProtocolAssignment, protocol.ConsumerProtocolSubscription].map((schema): [string, Schema] => [
    `records/consumer-protocol/${schema.name}.jsonl`,
    schema,
  ]),
  ['records/storage/ProducerSnapshot.jsonl', protocol.ProducerSnapshot],
  ['records/DefaultPrincipalData.jsonl', protocol.DefaultPrincipalData],
])
