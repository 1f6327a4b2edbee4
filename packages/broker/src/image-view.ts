/** The cluster as a metadata image shows it. */
import type { Uuid } from '@millrace/base'
import {
  hasReplicaOnline,
  isUnfenced,
  type MetadataImage,
  parseConfigResourceKey,
  topicByName,
} from '@millrace/metadata'
import type { BrokerEndpoint, ClusterView, FinalizedFeature, PartitionView, TopicView } from './cluster-view.ts'

export class ImageView implements ClusterView {
  readonly clusterId: Uuid
  readonly #image: MetadataImage

  constructor(clusterId: Uuid, image: MetadataImage) {
    this.clusterId = clusterId
    this.#image = image
  }

  get lastOffset(): number {
    return this.#image.offset
  }

  topic(name: string): TopicView | undefined {
    return topicByName(this.#image, name)
  }

  topicById(id: Uuid): TopicView | undefined {
    return this.#image.topics.get(id)
  }

  topics(): Iterable<TopicView> {
    return this.#image.topics.values()
  }

  topicCount(): number {
    return this.#image.topics.size
  }

  broker(id: number, listenerName: string): BrokerEndpoint | undefined {
    const broker = this.#image.brokers.get(id)
    const endpoint = broker?.endpoints.find(({ name }) => name === listenerName)
    if (broker === undefined || endpoint === undefined) return undefined
    return { id, host: endpoint.host, port: endpoint.port, rack: broker.rack, isFenced: broker.isFenced }
  }

  brokers(listenerName: string): readonly BrokerEndpoint[] {
    const ids = [...this.#image.brokers.keys()].sort((a, b) => a - b)
    return ids.flatMap((id) => this.broker(id, listenerName) ?? [])
  }

  isAlive(brokerId: number): boolean {
    return isUnfenced(this.#image, brokerId)
  }

  offlineReplicas(partition: PartitionView): readonly number[] {
    return partition.replicas.filter((id) => !this.isAlive(id) || !hasReplicaOnline(this.#image, partition, id))
  }

  finalizedFeatures(): readonly FinalizedFeature[] {
    return Array.from(this.#image.features, ([name, level]) => ({ name, level }))
  }

  configuredResources(type: number): readonly string[] {
    return Array.from(this.#image.configs.keys(), parseConfigResourceKey)
      .filter((resource) => resource.type === type)
      .map((resource) => resource.name)
  }
}
