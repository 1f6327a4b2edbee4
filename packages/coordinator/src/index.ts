export { GroupCoordinator, type GroupCoordinatorOptions } from './group-coordinator.ts'
export type { DeletedTopic } from './groups/commands.ts'
export { defaultGroupConfig, type GroupConfig } from './groups/config.ts'
export type { RequestContext } from './groups/requests.ts'
export type { MetadataView } from './metadata-view.ts'
export type { HostState } from './runtime/hosted-shard.ts'
export type { AppendResult, PartitionLog, PartitionLogListener } from './runtime/partition-log.ts'
export {
  type Answer,
  type CommandContext,
  type Decision,
  noToken,
  type Outcome,
  type ProducerIdentity,
  type QueryContext,
  type Shard,
  type ShardRecord,
  type ShardState,
  type TimerEffect,
  type Token,
  type TransactionMarker,
} from './runtime/shard.ts'
export { type RuntimeDeps, ShardRuntime } from './runtime/shard-runtime.ts'
export { Turn } from './runtime/turn.ts'
