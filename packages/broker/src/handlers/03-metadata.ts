/**
 * Metadata, versions 0 to 13. 1 null means all, 4 auto-creation flag, 5 offline replicas, 7 leader epochs, 8 authorised operations,
 * 9 flexible, 10 topic ids, 12 look-up by id, 13 top-level error. Rules: reference section 2.3.
 */
import { randomBelow, zeroUuid } from '@millrace/base'
import { ErrorCode, Metadata, type MetadataRequest } from '@millrace/protocol'
import { type ClusterView, internalTopics, type PartitionView, type TopicView } from '../cluster-view.ts'
import { defineHandler, type RequestContext } from '../handler.ts'
import { clusterOperations, operationsNotAsked, topicOperations } from '../security/operations.ts'
import { isValidTopicName } from '../topic-name.ts'

export const metadataHandler = defineHandler({
  api: Metadata,

  handle(request, context, services) {
    if (context.apiVersion < firstLookUpById && asksById(request)) return refused(request)
    const cluster = services.cluster()
    const brokers = cluster.brokers(context.listenerName).filter((broker) => !broker.isFenced)
    const wantsAll = request.topics === null || (context.apiVersion === 0 && request.topics.length === 0)
    const describe = (topic: TopicView) =>
      describeTopic(topic, cluster, context, request.includeTopicAuthorizedOperations)
    const topics = wantsAll
      ? Array.from(cluster.topics(), describe)
      : (request.topics ?? []).map(({ name, topicId }) => {
          if (name === null) {
            const topic = cluster.topicById(topicId)
            return topic === undefined ? unknownTopic(null, topicId, ErrorCode.UNKNOWN_TOPIC_ID) : describe(topic)
          }
          const topic = cluster.topic(name)
          if (topic !== undefined) return describe(topic)
          if (!isValidTopicName(name)) return unknownTopic(name, zeroUuid, ErrorCode.INVALID_TOPIC_EXCEPTION)
          if (services.config.autoCreateTopicsEnable && (request.allowAutoTopicCreation || context.apiVersion < 4)) {
            services.topicCreation.request(name)
          }
          return unknownTopic(name, zeroUuid, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        })
    return {
      brokers: brokers.map(({ id, host, port, rack }) => ({ nodeId: id, host, port, rack })),
      clusterId: cluster.clusterId,
      // Any broker takes requests for the controller; clients that insist on one get a random one, as from Apache Kafka.
      controllerId: brokers[brokers.length === 0 ? 0 : randomBelow(services.random, brokers.length)]?.id ?? -1,
      topics,
      clusterAuthorizedOperations: request.includeClusterAuthorizedOperations ? clusterOperations : operationsNotAsked,
    }
  },
})

/** Until then a topic id in the request is one that nobody may look up by. */
const firstLookUpById = 12

const asksById = ({ topics }: MetadataRequest): boolean =>
  topics?.some(({ name, topicId }) => name === null || topicId !== zeroUuid) ?? false

/** Without any broker, as Kafka answers what it takes for a broken request. Names are not nullable in these versions. */
function refused({ topics }: MetadataRequest) {
  return {
    brokers: [],
    topics: (topics ?? []).map(({ name, topicId }) => ({
      errorCode: ErrorCode.INVALID_REQUEST,
      name: name ?? '',
      topicId,
      partitions: [],
    })),
  }
}

function unknownTopic(name: string | null, topicId: string, errorCode: number) {
  return { errorCode, name, topicId, isInternal: name !== null && internalTopics.has(name), partitions: [] }
}

function describeTopic(topic: TopicView, cluster: ClusterView, context: RequestContext, wantsOperations: boolean) {
  return {
    errorCode: ErrorCode.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: internalTopics.has(topic.name),
    partitions: topic.partitions.map((partition) => describePartition(partition, cluster, context)),
    topicAuthorizedOperations: wantsOperations ? topicOperations : operationsNotAsked,
  }
}

function describePartition(
  partition: PartitionView,
  cluster: ClusterView,
  { apiVersion, listenerName }: RequestContext,
) {
  const hasLeader = partition.leader >= 0 && cluster.isAlive(partition.leader)
  const isOnListener = hasLeader && cluster.broker(partition.leader, listenerName) !== undefined
  const offlineReplicas = cluster.offlineReplicas(partition)
  const alive = (ids: readonly number[]) => (apiVersion === 0 ? ids.filter((id) => cluster.isAlive(id)) : ids)
  let errorCode: number = ErrorCode.NONE
  if (!hasLeader) errorCode = ErrorCode.LEADER_NOT_AVAILABLE
  else if (!isOnListener) errorCode = apiVersion >= 6 ? ErrorCode.LISTENER_NOT_FOUND : ErrorCode.LEADER_NOT_AVAILABLE
  else if (apiVersion === 0 && offlineReplicas.length > 0) errorCode = ErrorCode.REPLICA_NOT_AVAILABLE
  return {
    errorCode,
    partitionIndex: partition.index,
    leaderId: isOnListener ? partition.leader : -1,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: alive(partition.replicas),
    isrNodes: alive(partition.isr),
    offlineReplicas,
  }
}
