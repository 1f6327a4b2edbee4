/** What handlers and replicas read of the cluster: the current metadata image, asked by name, id and listener. */
import type { Uuid } from '@millrace/base'

/** A broker as clients see it on one listener. */
export interface BrokerEndpoint {
  readonly id: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
  readonly isFenced: boolean
}

export interface PartitionView {
  readonly index: number
  /** -1: none. */
  readonly leader: number
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly elr: readonly number[]
  readonly lastKnownElr: readonly number[]
  /** Directory ids, one for each of `replicas`. */
  readonly directories: readonly Uuid[]
}

export interface TopicView {
  readonly name: string
  readonly id: Uuid
  /** By index; dense. */
  readonly partitions: readonly PartitionView[]
}

export interface FinalizedFeature {
  readonly name: string
  readonly level: number
}

/** The topics that Kafka keeps for itself; clients may not write to them. */
export const internalTopics: ReadonlySet<string> = new Set([
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
])

export interface ClusterView {
  readonly clusterId: Uuid
  /** Last offset of the metadata log that this view contains. */
  readonly lastOffset: number
  topic(name: string): TopicView | undefined
  topicById(id: Uuid): TopicView | undefined
  topics(): Iterable<TopicView>
  topicCount(): number
  /** The broker on this listener; undefined when unknown, or not on that listener. */
  broker(id: number, listenerName: string): BrokerEndpoint | undefined
  /** All registered brokers with that listener. */
  brokers(listenerName: string): readonly BrokerEndpoint[]
  isAlive(brokerId: number): boolean
  /** The replicas of a partition that are on no broker alive, or in a log directory that failed. */
  offlineReplicas(partition: PartitionView): readonly number[]
  finalizedFeatures(): readonly FinalizedFeature[]
  /** Names of the resources of a type (DescribeConfigs types) that have configs. */
  configuredResources(type: number): readonly string[]
}
