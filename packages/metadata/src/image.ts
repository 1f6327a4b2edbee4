/** The cluster's metadata at one offset of the metadata log: immutable, shared freely, replaced as a whole. */
import type { Uuid } from '@millrace/base'

export interface Endpoint {
  readonly name: string
  readonly host: string
  readonly port: number
  /** 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL. */
  readonly securityProtocol: number
}

export interface FeatureRange {
  readonly name: string
  readonly minSupportedVersion: number
  readonly maxSupportedVersion: number
}

export interface BrokerRegistration {
  readonly id: number
  readonly epoch: number
  readonly incarnationId: Uuid
  readonly endpoints: readonly Endpoint[]
  readonly features: readonly FeatureRange[]
  readonly rack: string | null
  /** Not ready, or not heard of for too long: leads nothing and is in no ISR that can change. */
  readonly isFenced: boolean
  readonly inControlledShutdown: boolean
  /** Directory ids. */
  readonly logDirs: readonly Uuid[]
  readonly cordonedLogDirs: readonly Uuid[]
}

export interface ControllerRegistration {
  readonly id: number
  readonly incarnationId: Uuid
  readonly endpoints: readonly Endpoint[]
  readonly features: readonly FeatureRange[]
}

export interface PartitionImage {
  readonly index: number
  readonly replicas: readonly number[]
  /** Where each of `replicas` keeps its log. */
  readonly directories: readonly Uuid[]
  readonly isr: readonly number[]
  readonly elr: readonly number[]
  readonly lastKnownElr: readonly number[]
  readonly addingReplicas: readonly number[]
  readonly removingReplicas: readonly number[]
  /** -1: none. */
  readonly leader: number
  /** 0 recovered, 1 recovering from an unclean election. */
  readonly leaderRecoveryState: number
  readonly leaderEpoch: number
  readonly partitionEpoch: number
}

export interface TopicImage {
  readonly name: string
  readonly id: Uuid
  /** By index; dense. */
  readonly partitions: readonly PartitionImage[]
}

export interface AclImage {
  readonly id: Uuid
  readonly resourceType: number
  readonly resourceName: string
  readonly patternType: number
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

export interface ScramCredential {
  readonly user: string
  readonly mechanism: number
  readonly salt: Buffer
  readonly storedKey: Buffer
  readonly serverKey: Buffer
  readonly iterations: number
}

export interface QuotaEntity {
  readonly entityType: string
  readonly entityName: string | null
}

export interface ClientQuota {
  readonly entity: readonly QuotaEntity[]
  readonly limits: ReadonlyMap<string, number>
}

export interface DelegationToken {
  readonly tokenId: string
  readonly owner: string
  readonly requester: string
  readonly renewers: readonly string[]
  readonly issueTimestamp: number
  readonly maxTimestamp: number
  readonly expirationTimestamp: number
}

export interface MetadataImage {
  /** Last offset that is contained; -1 for none. */
  readonly offset: number
  /** Finalized level of each feature above 0. */
  readonly features: ReadonlyMap<string, number>
  readonly brokers: ReadonlyMap<number, BrokerRegistration>
  readonly controllers: ReadonlyMap<number, ControllerRegistration>
  readonly topics: ReadonlyMap<Uuid, TopicImage>
  readonly topicIds: ReadonlyMap<string, Uuid>
  /** By {@link configResourceKey}; a resource without configs is absent. */
  readonly configs: ReadonlyMap<string, ReadonlyMap<string, string>>
  readonly nextProducerId: number
  readonly acls: ReadonlyMap<Uuid, AclImage>
  /** By user and mechanism. */
  readonly scram: ReadonlyMap<string, ScramCredential>
  /** By the entity's text. */
  readonly quotas: ReadonlyMap<string, ClientQuota>
  readonly tokens: ReadonlyMap<string, DelegationToken>
}

/** Config resource types as DescribeConfigs has them. */
export const configResourceType = { topic: 2, broker: 4, brokerLogger: 8, clientMetrics: 16, group: 32 } as const

export function configResourceKey(type: number, name: string): string {
  return `${type}:${name}`
}

export function parseConfigResourceKey(key: string): { type: number; name: string } {
  const separator = key.indexOf(':')
  return { type: Number(key.slice(0, separator)), name: key.slice(separator + 1) }
}

export const emptyImage: MetadataImage = {
  offset: -1,
  features: new Map(),
  brokers: new Map(),
  controllers: new Map(),
  topics: new Map(),
  topicIds: new Map(),
  configs: new Map(),
  nextProducerId: 0,
  acls: new Map(),
  scram: new Map(),
  quotas: new Map(),
  tokens: new Map(),
}

export function topicByName(image: MetadataImage, name: string): TopicImage | undefined {
  const id = image.topicIds.get(name)
  return id === undefined ? undefined : image.topics.get(id)
}

/** Whether the broker may lead: registered, unfenced and not leaving. */
export function isActive(image: MetadataImage, brokerId: number): boolean {
  const broker = image.brokers.get(brokerId)
  return broker !== undefined && !broker.isFenced && !broker.inControlledShutdown
}

export function isUnfenced(image: MetadataImage, brokerId: number): boolean {
  return image.brokers.get(brokerId)?.isFenced === false
}
