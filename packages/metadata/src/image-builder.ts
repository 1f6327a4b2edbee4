/** Applies records to an image: copies what changes, shares the rest, and notes what changed. */
import { assert, type Uuid } from '@millrace/base'
import type { MetadataRecord } from '@millrace/protocol'
import {
  configResourceKey,
  configResourceType,
  type MetadataImage,
  type PartitionImage,
  type TopicImage,
} from './image.ts'
import { applyPartitionChange } from './partition-change.ts'

/** What differs between two images, for those who follow the metadata. */
export interface MetadataDelta {
  readonly changedTopics: ReadonlySet<Uuid>
  readonly deletedTopics: ReadonlyMap<Uuid, TopicImage>
  /** Config resource keys. */
  readonly changedConfigs: ReadonlySet<string>
  readonly changedBrokers: ReadonlySet<number>
  readonly featuresChanged: boolean
}

type Writable<T> = T extends ReadonlyMap<infer K, infer V> ? Map<K, V> : never
type MapField = {
  [K in keyof MetadataImage]: MetadataImage[K] extends ReadonlyMap<infer _Key, infer _Value> ? K : never
}[keyof MetadataImage]

export class ImageBuilder {
  #image: { -readonly [K in keyof MetadataImage]: MetadataImage[K] }
  readonly #owned = new Set<MapField>()
  readonly #ownedPartitions = new Map<Uuid, PartitionImage[]>()
  readonly #changedTopics = new Set<Uuid>()
  readonly #deletedTopics = new Map<Uuid, TopicImage>()
  readonly #changedConfigs = new Set<string>()
  readonly #changedBrokers = new Set<number>()
  #featuresChanged = false

  constructor(base: MetadataImage) {
    this.#image = { ...base }
  }

  /** The image with everything applied. The builder must not be used after that. */
  build(): { image: MetadataImage; delta: MetadataDelta } {
    return {
      image: this.#image,
      delta: {
        changedTopics: this.#changedTopics,
        deletedTopics: this.#deletedTopics,
        changedConfigs: this.#changedConfigs,
        changedBrokers: this.#changedBrokers,
        featuresChanged: this.#featuresChanged,
      },
    }
  }

  /** Applies one record that lies at `offset`. A record that contradicts what is known is a bug of whoever wrote the log. */
  apply(record: MetadataRecord, offset: number): void {
    this.#image.offset = offset
    switch (record.type) {
      case 'RegisterBrokerRecord': {
        const { brokerId, brokerEpoch, incarnationId, endPoints, features, rack, fenced } = record.data
        const { inControlledShutdown, logDirs, cordonedLogDirs } = record.data
        this.#changedBrokers.add(brokerId)
        this.#map('brokers').set(brokerId, {
          id: brokerId,
          epoch: brokerEpoch,
          incarnationId,
          endpoints: endPoints,
          features,
          rack,
          isFenced: fenced,
          inControlledShutdown,
          logDirs,
          cordonedLogDirs: cordonedLogDirs ?? [],
        })
        return
      }
      case 'UnregisterBrokerRecord':
        this.#changedBrokers.add(record.data.brokerId)
        this.#map('brokers').delete(record.data.brokerId)
        return
      case 'FenceBrokerRecord':
        this.#changeBroker(record.data.id, { isFenced: true })
        return
      case 'UnfenceBrokerRecord':
        this.#changeBroker(record.data.id, { isFenced: false })
        return
      case 'BrokerRegistrationChangeRecord': {
        const { brokerId, fenced, inControlledShutdown, logDirs, cordonedLogDirs } = record.data
        this.#changeBroker(brokerId, {
          // 1 sets, -1 clears, 0 leaves as it is.
          ...(fenced === 0 ? {} : { isFenced: fenced > 0 }),
          ...(inControlledShutdown === 0 ? {} : { inControlledShutdown: inControlledShutdown > 0 }),
          ...(logDirs.length === 0 ? {} : { logDirs }),
          ...(cordonedLogDirs === null ? {} : { cordonedLogDirs }),
        })
        return
      }
      case 'RegisterControllerRecord': {
        const { controllerId, incarnationId, endPoints, features } = record.data
        this.#map('controllers').set(controllerId, { id: controllerId, incarnationId, endpoints: endPoints, features })
        return
      }
      case 'FeatureLevelRecord':
        this.#featuresChanged = true
        if (record.data.featureLevel === 0) this.#map('features').delete(record.data.name)
        else this.#map('features').set(record.data.name, record.data.featureLevel)
        return
      case 'TopicRecord': {
        const { name, topicId } = record.data
        this.#changedTopics.add(topicId)
        this.#map('topicIds').set(name, topicId)
        const partitions: PartitionImage[] = []
        this.#ownedPartitions.set(topicId, partitions)
        this.#map('topics').set(topicId, { name, id: topicId, partitions })
        return
      }
      case 'PartitionRecord': {
        const { partitionId, topicId, eligibleLeaderReplicas, lastKnownElr, ...rest } = record.data
        this.#setPartition(topicId, {
          ...rest,
          index: partitionId,
          elr: eligibleLeaderReplicas ?? [],
          lastKnownElr: lastKnownElr ?? [],
        })
        return
      }
      case 'PartitionChangeRecord': {
        const { topicId, partitionId } = record.data
        const partition = this.#image.topics.get(topicId)?.partitions[partitionId]
        assert(partition !== undefined, `a change of partition ${partitionId} of the unknown topic ${topicId}`)
        this.#setPartition(topicId, applyPartitionChange(partition, record.data))
        return
      }
      case 'ClearElrRecord':
        this.#clearElr(record.data.topicName)
        return
      case 'RemoveTopicRecord':
        this.#removeTopic(record.data.topicId)
        return
      case 'ConfigRecord': {
        const { resourceType, resourceName, name, value } = record.data
        const key = configResourceKey(resourceType, resourceName)
        const entries = new Map(this.#image.configs.get(key))
        if (value === null) entries.delete(name)
        else entries.set(name, value)
        this.#changedConfigs.add(key)
        if (entries.size === 0) this.#map('configs').delete(key)
        else this.#map('configs').set(key, entries)
        return
      }
      case 'ProducerIdsRecord':
        this.#image.nextProducerId = record.data.nextProducerId
        return
      case 'AccessControlEntryRecord':
        this.#map('acls').set(record.data.id, record.data)
        return
      case 'RemoveAccessControlEntryRecord':
        this.#map('acls').delete(record.data.id)
        return
      case 'UserScramCredentialRecord': {
        const { name, mechanism, salt, storedKey, serverKey, iterations } = record.data
        // Copied: the record's bytes are views of a log buffer.
        this.#map('scram').set(`${mechanism}:${name}`, {
          user: name,
          mechanism,
          salt: Buffer.from(salt),
          storedKey: Buffer.from(storedKey),
          serverKey: Buffer.from(serverKey),
          iterations,
        })
        return
      }
      case 'RemoveUserScramCredentialRecord':
        this.#map('scram').delete(`${record.data.mechanism}:${record.data.name}`)
        return
      case 'ClientQuotaRecord': {
        const { entity, key, value, remove } = record.data
        const entityKey = JSON.stringify(entity.map(({ entityType, entityName }) => [entityType, entityName]).sort())
        const limits = new Map(this.#image.quotas.get(entityKey)?.limits)
        if (remove) limits.delete(key)
        else limits.set(key, value)
        if (limits.size === 0) this.#map('quotas').delete(entityKey)
        else this.#map('quotas').set(entityKey, { entity, limits })
        return
      }
      case 'DelegationTokenRecord':
        this.#map('tokens').set(record.data.tokenId, record.data)
        return
      case 'RemoveDelegationTokenRecord':
        this.#map('tokens').delete(record.data.tokenId)
        return
      // Transactions are the loader's business; the others carry no state.
      case 'BeginTransactionRecord':
      case 'EndTransactionRecord':
      case 'AbortTransactionRecord':
      case 'NoOpRecord':
      case 'ZkMigrationStateRecord':
        return
    }
  }

  #map<K extends MapField>(field: K): Writable<MetadataImage[K]> {
    if (!this.#owned.has(field)) {
      this.#owned.add(field)
      const target = this.#image as Record<K, unknown>
      target[field] = new Map(this.#image[field] as ReadonlyMap<unknown, unknown>)
    }
    return this.#image[field] as unknown as Writable<MetadataImage[K]>
  }

  #changeBroker(id: number, change: object): void {
    const broker = this.#image.brokers.get(id)
    assert(broker !== undefined, `a change of the unknown broker ${id}`)
    this.#changedBrokers.add(id)
    this.#map('brokers').set(id, { ...broker, ...change })
  }

  #setPartition(topicId: Uuid, partition: PartitionImage): void {
    const topic = this.#image.topics.get(topicId)
    assert(topic !== undefined, `a partition of the unknown topic ${topicId}`)
    let partitions = this.#ownedPartitions.get(topicId)
    if (partitions === undefined) {
      partitions = [...topic.partitions]
      this.#ownedPartitions.set(topicId, partitions)
      this.#map('topics').set(topicId, { ...topic, partitions })
    }
    partitions[partition.index] = partition
    this.#changedTopics.add(topicId)
  }

  #clearElr(topicName: string): void {
    for (const topic of [...this.#image.topics.values()]) {
      if (topicName !== '' && topic.name !== topicName) continue
      for (const partition of topic.partitions) {
        if (partition.elr.length === 0 && partition.lastKnownElr.length === 0) continue
        this.#setPartition(topic.id, { ...partition, elr: [], lastKnownElr: [] })
      }
    }
  }

  #removeTopic(topicId: Uuid): void {
    const topic = this.#image.topics.get(topicId)
    assert(topic !== undefined, `removal of the unknown topic ${topicId}`)
    this.#map('topics').delete(topicId)
    this.#map('topicIds').delete(topic.name)
    this.#changedTopics.delete(topicId)
    this.#ownedPartitions.delete(topicId)
    this.#deletedTopics.set(topicId, topic)
    // A topic's configs go with it, without records of their own.
    const key = configResourceKey(configResourceType.topic, topic.name)
    if (this.#image.configs.has(key)) {
      this.#map('configs').delete(key)
      this.#changedConfigs.add(key)
    }
  }
}
