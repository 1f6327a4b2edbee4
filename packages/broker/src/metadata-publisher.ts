/** Brings committed metadata to the parts of the broker: replicas, configs, coordinators. The only place that changes the view. */
import type { Logger, Uuid } from '@millrace/base'
import type { GroupCoordinator } from '@millrace/coordinator'
import {
  configResourceType,
  emptyImage,
  type LoadedMetadata,
  type MetadataImage,
  parseConfigResourceKey,
  type TopicImage,
  topicByName,
} from '@millrace/metadata'
import type { ClusterView } from './cluster-view.ts'
import type { ConfigRepository } from './config/dynamic.ts'
import { ImageView } from './image-view.ts'
import { coordinatorLog } from './replica/coordinator-log.ts'
import type { ReplicaManager } from './replica/replica-manager.ts'

const offsetsTopic = '__consumer_offsets'

export interface PublisherOptions {
  readonly brokerId: number
  readonly clusterId: Uuid
  readonly configs: ConfigRepository
  readonly replicas: ReplicaManager
  readonly groups: GroupCoordinator
  readonly logger: Logger
  /** Whether the image has the registration of this process: what follows it is new. */
  readonly isRegistered: (image: MetadataImage) => boolean
}

export class MetadataPublisher {
  readonly #options: PublisherOptions
  #view: ClusterView
  #image: MetadataImage = emptyImage
  #isSettled = false
  /** Coordinator partitions this broker leads, by index, with the epoch it was told. */
  readonly #coordinated = new Map<number, number>()

  constructor(options: PublisherOptions) {
    this.#options = options
    this.#view = new ImageView(options.clusterId, emptyImage)
  }

  get view(): ClusterView {
    return this.#view
  }

  get image(): MetadataImage {
    return this.#image
  }

  /** Applies what changed. Configs first: a new partition opens its log with them. */
  async publish({ image, delta }: LoadedMetadata): Promise<void> {
    const { replicas, groups } = this.#options
    const before = this.#image
    this.#publishConfigs(delta.changedConfigs, before, image)
    if (delta.deletedTopics.size > 0) {
      // First: whoever waited for a partition and is woken finds no topic, and not one whose log is gone.
      this.#view = new ImageView(this.#options.clusterId, withoutTopics(before, delta.deletedTopics.values()))
    }
    for (const topic of delta.deletedTopics.values()) {
      // A topic of the same name may have come in its place already; then that one is left alone.
      if (topicByName(image, topic.name) === undefined || before.topics.has(topic.id))
        await replicas.removeTopic(topic.name)
      if (topic.name === offsetsTopic) this.#resignAll()
    }
    if (delta.deletedTopics.size > 0) {
      const deleted = Array.from(delta.deletedTopics.values(), ({ name, id }) => ({ name, id }))
      groups.onTopicsDeleted(deleted).catch((error: unknown) => {
        this.#options.logger.error('Could not delete the offsets of deleted topics', { error })
      })
    }
    for (const id of delta.changedTopics) {
      const topic = image.topics.get(id)
      if (topic === undefined) continue
      await replicas.updateTopic(topic)
      if (topic.name === offsetsTopic) this.#coordinate(topic)
    }
    if (!this.#isSettled && this.#options.isRegistered(image)) await this.#settle(image)
    // Last: what clients see is ready to be used.
    this.#image = image
    this.#view = new ImageView(this.#options.clusterId, image)
  }

  /** Nothing from before this process is missing any more. */
  async #settle(image: MetadataImage): Promise<void> {
    this.#isSettled = true
    await this.#options.replicas.settle()
    const offsets = topicByName(image, offsetsTopic)
    if (offsets !== undefined) this.#coordinate(offsets)
  }

  /** Log directories failed: coordinators whose partitions were there end. */
  directoryFailed(): void {
    const offsets = topicByName(this.#image, offsetsTopic)
    if (offsets !== undefined) this.#coordinate(offsets)
  }

  #publishConfigs(changed: ReadonlySet<string>, before: MetadataImage, after: MetadataImage): void {
    const { configs, replicas, logger } = this.#options
    for (const key of changed) {
      const { type, name } = parseConfigResourceKey(key)
      const old = before.configs.get(key)
      const current = after.configs.get(key)
      for (const config of old?.keys() ?? []) {
        if (!current?.has(config))
          configs.applyRecord({ resourceType: type, resourceName: name, name: config, value: null })
      }
      for (const [config, value] of current ?? []) {
        const notice = configs.applyRecord({ resourceType: type, resourceName: name, name: config, value })
        if (notice !== undefined) logger.warn(notice)
      }
      if (type === configResourceType.topic) replicas.updateConfig(name)
      else if (type === configResourceType.broker)
        for (const topic of after.topics.values()) replicas.updateConfig(topic.name)
    }
  }

  /** Loads the groups of partitions that this broker begins to lead, and lets go of the others. */
  #coordinate(topic: TopicImage): void {
    const { brokerId, groups, replicas, logger } = this.#options
    for (const { index, leader, leaderEpoch } of topic.partitions) {
      const known = this.#coordinated.get(index)
      const partition = leader === brokerId ? replicas.partition(topic.name, index) : undefined
      if (partition === undefined) {
        if (known !== undefined) groups.onResignation(index)
        this.#coordinated.delete(index)
        continue
      }
      if (known === leaderEpoch) continue
      this.#coordinated.set(index, leaderEpoch)
      groups.onElection(index, leaderEpoch, coordinatorLog(partition)).catch((error: unknown) => {
        logger.error('Could not load the groups of a coordinator partition', { partition: index, error })
      })
    }
  }

  #resignAll(): void {
    for (const index of this.#coordinated.keys()) this.#options.groups.onResignation(index)
    this.#coordinated.clear()
  }
}

function withoutTopics(image: MetadataImage, deleted: Iterable<TopicImage>): MetadataImage {
  const topics = new Map(image.topics)
  const topicIds = new Map(image.topicIds)
  for (const { id, name } of deleted) {
    topics.delete(id)
    topicIds.delete(name)
  }
  return { ...image, topics, topicIds }
}
