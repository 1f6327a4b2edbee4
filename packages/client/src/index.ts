export { bytes, json, type Serde, string } from '@millrace/serde'
export { parseBrokerList } from './broker-list.ts'
export type { BodyFor } from './call.ts'
export { Cluster, type RetryOptions, type SendOptions } from './cluster.ts'
export { BrokerConnection, type BrokerConnectionOptions } from './connection.ts'
export type { CoordinatorKind } from './coordinators.ts'
export {
  type ConnectionDiagnostics,
  type DeliveryDiagnostics,
  deliveryChannel,
  type RequestDiagnostics,
} from './diagnostics.ts'
export {
  abortedError,
  brokerError,
  MillraceError,
  type MillraceErrorCode,
  type MillraceErrorOptions,
  toMillraceError,
} from './error.ts'
export { type ClientSoftware, type ConnectionSetup, negotiateVersions, prepareConnection } from './handshake.ts'
export { type Lane, mainLane } from './links.ts'
export type { BrokerEndpoint, MetadataSnapshot, PartitionMetadata, TopicMetadata } from './metadata-snapshot.ts'
export { type ClusterEvent, type ClusterOptions, checkedInteger } from './options.ts'
export { type BackoffOptions, backoffMs, type Remedy, remedyForCode, remedyForError, retryBackoff } from './retry.ts'
export { type Topic, topic } from './topic.ts'
export { pickVersion, type ServedVersions, type VersionLimits } from './versions.ts'
