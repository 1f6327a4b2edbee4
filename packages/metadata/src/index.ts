export { bootstrapRecords, defaultFeatureLevels, type FeatureLevel, firstRecords } from './bootstrap.ts'
export {
  expireSessions,
  type HeartbeatReply,
  heartbeat,
  type RegistrationReply,
  registerBroker,
} from './controller/brokers.ts'
export {
  type AlteredResource,
  alterConfigs,
  type ConfigChange,
  type ConfigProblem,
  type ConfigResource,
  type ConfigValidator,
  configOperation,
  configsOf,
} from './controller/configs.ts'
export type { ConfigRules, ControllerContext, ControllerSettings, Decision } from './controller/decision.ts'
export { type AssignReplicasReply, assignReplicasToDirs } from './controller/directories.ts'
export { type AlterPartitionReply, alterPartition } from './controller/partitions.ts'
export { allocateProducerIds, type ProducerIdBlock, producerIdBlockSize } from './controller/producer-ids.ts'
export { BrokerSessions } from './controller/sessions.ts'
export {
  type CreatedTopic,
  createPartitions,
  createTopics,
  type DeletedTopic,
  deleteTopics,
  type GrownTopic,
  type TopicReference,
} from './controller/topics.ts'
export {
  directoryOf,
  hasReplicaOnline,
  isOnlineDirectory,
  namesDirectory,
  reservedDirectoryId,
} from './directory-id.ts'
export {
  type BrokerRegistration,
  type ControllerRegistration,
  configResourceKey,
  configResourceType,
  type Endpoint,
  emptyImage,
  type FeatureRange,
  isActive,
  isUnfenced,
  type MetadataImage,
  type PartitionImage,
  parseConfigResourceKey,
  type TopicImage,
  topicByName,
} from './image.ts'
export type { MetadataDelta } from './image-builder.ts'
export { type LoadedMetadata, MetadataLoader } from './loader.ts'
export { snapshotRecords } from './snapshot.ts'
export { topicNameProblem } from './topic-name.ts'
