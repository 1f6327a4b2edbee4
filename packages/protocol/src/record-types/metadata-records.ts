/** The records of the metadata log, `__cluster_metadata`. */
import { type FramedRecord, type FramedRecordInput, framedRecordCodec } from './framed-record.ts'
import { AbortTransactionRecord } from './metadata/abort-transaction-record.ts'
import { AccessControlEntryRecord } from './metadata/access-control-entry-record.ts'
import { BeginTransactionRecord } from './metadata/begin-transaction-record.ts'
import { BrokerRegistrationChangeRecord } from './metadata/broker-registration-change-record.ts'
import { ClearElrRecord } from './metadata/clear-elr-record.ts'
import { ClientQuotaRecord } from './metadata/client-quota-record.ts'
import { ConfigRecord } from './metadata/config-record.ts'
import { DelegationTokenRecord } from './metadata/delegation-token-record.ts'
import { EndTransactionRecord } from './metadata/end-transaction-record.ts'
import { FeatureLevelRecord } from './metadata/feature-level-record.ts'
import { FenceBrokerRecord } from './metadata/fence-broker-record.ts'
import { NoOpRecord } from './metadata/no-op-record.ts'
import { PartitionChangeRecord } from './metadata/partition-change-record.ts'
import { PartitionRecord } from './metadata/partition-record.ts'
import { ProducerIdsRecord } from './metadata/producer-ids-record.ts'
import { RegisterBrokerRecord } from './metadata/register-broker-record.ts'
import { RegisterControllerRecord } from './metadata/register-controller-record.ts'
import { RemoveAccessControlEntryRecord } from './metadata/remove-access-control-entry-record.ts'
import { RemoveDelegationTokenRecord } from './metadata/remove-delegation-token-record.ts'
import { RemoveTopicRecord } from './metadata/remove-topic-record.ts'
import { RemoveUserScramCredentialRecord } from './metadata/remove-user-scram-credential-record.ts'
import { TopicRecord } from './metadata/topic-record.ts'
import { UnfenceBrokerRecord } from './metadata/unfence-broker-record.ts'
import { UnregisterBrokerRecord } from './metadata/unregister-broker-record.ts'
import { UserScramCredentialRecord } from './metadata/user-scram-credential-record.ts'
import { ZkMigrationStateRecord } from './metadata/zk-migration-state-record.ts'

export const metadataRecordTypes = {
  RegisterBrokerRecord,
  UnregisterBrokerRecord,
  TopicRecord,
  PartitionRecord,
  ConfigRecord,
  PartitionChangeRecord,
  FenceBrokerRecord,
  UnfenceBrokerRecord,
  RemoveTopicRecord,
  DelegationTokenRecord,
  UserScramCredentialRecord,
  FeatureLevelRecord,
  ClientQuotaRecord,
  ProducerIdsRecord,
  BrokerRegistrationChangeRecord,
  AccessControlEntryRecord,
  RemoveAccessControlEntryRecord,
  NoOpRecord,
  ZkMigrationStateRecord,
  RemoveUserScramCredentialRecord,
  BeginTransactionRecord,
  EndTransactionRecord,
  AbortTransactionRecord,
  RemoveDelegationTokenRecord,
  RegisterControllerRecord,
  ClearElrRecord,
}

/** Kafka's names of the records. */
export type MetadataRecordType = keyof typeof metadataRecordTypes
/** A decoded record: `type` tells what `data` is. */
export type MetadataRecord = FramedRecord<typeof metadataRecordTypes>
/** What encoding takes: fields left out of `data` have their default. */
export type MetadataRecordInput = FramedRecordInput<typeof metadataRecordTypes>

const codec = framedRecordCodec(metadataRecordTypes)

/** The value of a record in the metadata log. Throws EncodeError. */
export function encodeMetadataRecord(record: MetadataRecordInput): Buffer {
  return codec.encode(record)
}

/** Throws DecodeError; its code is `unknown-type` for a record type that newer software may know. */
export function decodeMetadataRecord(bytes: Buffer): MetadataRecord {
  return codec.decode(bytes)
}
