/** What is known of the cluster at one moment, and how an answer of Metadata changes it. Pure. */
import { type Uuid, zeroUuid } from '@millrace/base'
import { ErrorCode, type MetadataResponse, type MetadataResponseTopic } from '@millrace/protocol'

/** A broker as Metadata names it, with the address of the listener that was asked. */
export interface BrokerEndpoint {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

/** A partition: who leads it, and who has a copy. Nodes are given by their ids. */
export interface PartitionMetadata {
  readonly partition: number
  /** Node id; -1 when there is no leader. */
  readonly leader: number
  /** -1 when the broker does not say. */
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly offlineReplicas: readonly number[]
  /** Kafka's error code; 0 when all is well. */
  readonly errorCode: number
}

/** A topic and its partitions, as one answer of Metadata described them. */
export interface TopicMetadata {
  readonly name: string
  /** The zero uuid when the broker does not know ids. */
  readonly topicId: Uuid
  readonly isInternal: boolean
  /** Kafka's error code; 0 when the topic exists and may be described. */
  readonly errorCode: number
  /** By partition number, from 0. */
  readonly partitions: readonly PartitionMetadata[]
  /** When it was learned, by the monotonic clock. */
  readonly fetchedAtMs: number
}

/** What is known of a cluster at one moment. Never changed: a newer answer makes a new one. */
export interface MetadataSnapshot {
  /** Undefined before the first answer. */
  readonly clusterId: string | null | undefined
  /** Node id of the controller, or of a broker that passes requests on to it; -1 when unknown. */
  readonly controllerId: number
  readonly brokers: ReadonlyMap<number, BrokerEndpoint>
  readonly topics: ReadonlyMap<string, TopicMetadata>
  readonly topicNames: ReadonlyMap<Uuid, string>
}

export const emptySnapshot: MetadataSnapshot = {
  clusterId: undefined,
  controllerId: -1,
  brokers: new Map(),
  topics: new Map(),
  topicNames: new Map(),
}

function partitionsOf(topic: MetadataResponseTopic, known: TopicMetadata | undefined): readonly PartitionMetadata[] {
  const isSameTopic = known !== undefined && (known.topicId === zeroUuid || known.topicId === topic.topicId)
  const partitions = topic.partitions.map((each): PartitionMetadata => {
    const fresh: PartitionMetadata = {
      partition: each.partitionIndex,
      leader: each.leaderId,
      leaderEpoch: each.leaderEpoch,
      replicas: each.replicaNodes,
      isr: each.isrNodes,
      offlineReplicas: each.offlineReplicas,
      errorCode: each.errorCode,
    }
    const before = isSameTopic ? known.partitions[each.partitionIndex] : undefined
    // A broker that is behind tells of an earlier leader: within one topic, epochs only grow.
    return before !== undefined && fresh.leaderEpoch >= 0 && fresh.leaderEpoch < before.leaderEpoch ? before : fresh
  })
  partitions.sort((a, b) => a.partition - b.partition)
  // Partitions are numbered from 0 without gaps; what comes after a gap could not be found by its number.
  const gap = partitions.findIndex((each, index) => each.partition !== index)
  return gap < 0 ? partitions : partitions.slice(0, gap)
}

function namesById(topics: ReadonlyMap<string, TopicMetadata>): ReadonlyMap<Uuid, string> {
  const names = new Map<Uuid, string>()
  for (const { name, topicId } of topics.values()) if (topicId !== zeroUuid) names.set(topicId, name)
  return names
}

/**
 * The snapshot after an answer. Brokers are replaced; of topics, those that the answer has, or all of them if `isAll`.
 */
export function applyMetadata(
  before: MetadataSnapshot,
  response: MetadataResponse,
  isAll: boolean,
  nowMs: number,
): MetadataSnapshot {
  const topics = new Map(isAll ? [] : before.topics)
  for (const topic of response.topics) {
    if (topic.name === null) continue
    topics.set(topic.name, {
      name: topic.name,
      topicId: topic.topicId,
      isInternal: topic.isInternal,
      errorCode: topic.errorCode,
      partitions: partitionsOf(topic, before.topics.get(topic.name)),
      fetchedAtMs: nowMs,
    })
  }
  return {
    clusterId: response.clusterId,
    controllerId: response.controllerId,
    brokers: new Map(response.brokers.map(({ nodeId, host, port, rack }) => [nodeId, { nodeId, host, port, rack }])),
    topics,
    topicNames: namesById(topics),
  }
}

/** The snapshot without topics that nobody asks for. */
export function forgetTopics(before: MetadataSnapshot, isWanted: (topic: TopicMetadata) => boolean): MetadataSnapshot {
  const topics = new Map([...before.topics].filter(([, topic]) => isWanted(topic)))
  return topics.size === before.topics.size ? before : { ...before, topics, topicNames: namesById(topics) }
}

/** News of one leader, as a Produce or Fetch answer brings it (KIP-951). Older epochs are ignored. */
export function applyLeader(
  before: MetadataSnapshot,
  topicName: string,
  partition: number,
  leader: { readonly leaderId: number; readonly leaderEpoch: number },
  endpoints: readonly BrokerEndpoint[],
): MetadataSnapshot {
  const topic = before.topics.get(topicName)
  const known = topic?.partitions[partition]
  if (topic === undefined || known === undefined || leader.leaderEpoch <= known.leaderEpoch) return before
  const endpoint = endpoints.find(({ nodeId }) => nodeId === leader.leaderId)
  if (endpoint === undefined && !before.brokers.has(leader.leaderId)) return before
  const brokers = new Map(before.brokers)
  if (endpoint !== undefined) brokers.set(endpoint.nodeId, endpoint)
  const partitions = topic.partitions.with(partition, {
    ...known,
    leader: leader.leaderId,
    leaderEpoch: leader.leaderEpoch,
    errorCode: ErrorCode.NONE,
  })
  return { ...before, brokers, topics: new Map(before.topics).set(topicName, { ...topic, partitions }) }
}
