/** An image as the records that make it: what a metadata snapshot holds, in Kafka's order of subjects. */
import { zeroUuid } from '@millrace/base'
import type { MetadataRecord } from '@millrace/protocol'
import { type MetadataImage, type PartitionImage, parseConfigResourceKey } from './image.ts'

/** Features first, so that a reader knows the record versions; then brokers, topics, configs and the rest. */
export function snapshotRecords(image: MetadataImage): MetadataRecord[] {
  return [
    ...features(image),
    ...brokers(image),
    ...topics(image),
    ...configs(image),
    ...quotas(image),
    ...producerIds(image),
    ...security(image),
  ]
}

function* features(image: MetadataImage): Iterable<MetadataRecord> {
  const record = (name: string, featureLevel: number): MetadataRecord => {
    return { type: 'FeatureLevelRecord', version: 0, data: { name, featureLevel } }
  }
  const metadataVersion = image.features.get('metadata.version')
  if (metadataVersion !== undefined) yield record('metadata.version', metadataVersion)
  for (const name of [...image.features.keys()].sort()) {
    if (name !== 'metadata.version') yield record(name, image.features.get(name) as number)
  }
}

function* brokers(image: MetadataImage): Iterable<MetadataRecord> {
  for (const broker of [...image.brokers.values()].sort((a, b) => a.id - b.id)) {
    const {
      epoch,
      incarnationId,
      endpoints,
      features,
      rack,
      isFenced,
      inControlledShutdown,
      logDirs,
      cordonedLogDirs,
    } = broker
    yield {
      type: 'RegisterBrokerRecord',
      version: 4,
      data: {
        brokerId: broker.id,
        isMigratingZkBroker: false,
        incarnationId,
        brokerEpoch: epoch,
        endPoints: endpoints,
        features,
        rack,
        fenced: isFenced,
        inControlledShutdown,
        logDirs,
        cordonedLogDirs: cordonedLogDirs.length === 0 ? null : cordonedLogDirs,
      },
    }
  }
  for (const { id, incarnationId, endpoints, features } of image.controllers.values()) {
    const data = { controllerId: id, incarnationId, zkMigrationReady: false, endPoints: endpoints, features }
    yield { type: 'RegisterControllerRecord', version: 0, data }
  }
}

function* topics(image: MetadataImage): Iterable<MetadataRecord> {
  for (const topic of image.topics.values()) {
    yield { type: 'TopicRecord', version: 0, data: { name: topic.name, topicId: topic.id } }
    for (const partition of topic.partitions) yield partitionRecord(topic.id, partition)
  }
}

function partitionRecord(topicId: string, partition: PartitionImage): MetadataRecord {
  const { index, elr, lastKnownElr, ...rest } = partition
  return {
    type: 'PartitionRecord',
    version: 2,
    data: {
      ...rest,
      partitionId: index,
      topicId: topicId ?? zeroUuid,
      eligibleLeaderReplicas: elr.length === 0 ? null : elr,
      lastKnownElr: lastKnownElr.length === 0 ? null : lastKnownElr,
    },
  }
}

function* configs(image: MetadataImage): Iterable<MetadataRecord> {
  for (const [key, entries] of image.configs) {
    const { type: resourceType, name: resourceName } = parseConfigResourceKey(key)
    for (const [name, value] of entries) {
      yield { type: 'ConfigRecord', version: 0, data: { resourceType, resourceName, name, value } }
    }
  }
}

function* quotas(image: MetadataImage): Iterable<MetadataRecord> {
  for (const { entity, limits } of image.quotas.values()) {
    for (const [key, value] of limits) {
      yield { type: 'ClientQuotaRecord', version: 0, data: { entity, key, value, remove: false } }
    }
  }
}

function* producerIds(image: MetadataImage): Iterable<MetadataRecord> {
  if (image.nextProducerId === 0) return
  yield {
    type: 'ProducerIdsRecord',
    version: 0,
    data: { brokerId: -1, brokerEpoch: -1, nextProducerId: image.nextProducerId },
  }
}

function* security(image: MetadataImage): Iterable<MetadataRecord> {
  for (const acl of image.acls.values()) yield { type: 'AccessControlEntryRecord', version: 0, data: acl }
  for (const { user, ...credential } of image.scram.values()) {
    yield { type: 'UserScramCredentialRecord', version: 0, data: { name: user, ...credential } }
  }
  for (const token of image.tokens.values()) yield { type: 'DelegationTokenRecord', version: 0, data: token }
}
