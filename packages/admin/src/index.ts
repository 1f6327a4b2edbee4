export { MillraceError, type MillraceErrorCode } from '@millrace/client'
export { Admin, type AdminOptions } from './admin.ts'
export type {
  ActiveProducer,
  ClusterDescription,
  LogDirectory,
  LogDirectoryPartition,
  QuorumDescription,
  QuorumReplica,
  ReplicaMove,
} from './cluster-info.ts'
export type { ConfigChanges, ConfigEntry, ConfigResource, ConfigResourceType, ConfigSource } from './configs.ts'
export type { GroupLag, PartitionLag } from './group-lag.ts'
export type {
  CommittedOffset,
  GroupDescription,
  GroupMember,
  GroupOffset,
  ListedGroup,
  MemberToRemove,
} from './groups.ts'
export type { OperationOptions } from './operation.ts'
export { type Result, type Results, valuesOf } from './result.ts'
export type {
  CreatedTopic,
  FoundOffset,
  NewTopic,
  OffsetQuery,
  TopicDescription,
  TopicPartition,
} from './topics.ts'
