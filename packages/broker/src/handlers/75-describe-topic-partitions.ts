/** DescribeTopicPartitions, version 0: topics in order of name, page by page, with eligible leader replicas (KIP-966). */
import { zeroUuid } from '@millrace/base'
import { DescribeTopicPartitions, ErrorCode } from '@millrace/protocol'
import { type ClusterView, internalTopics, type PartitionView } from '../cluster-view.ts'
import { defineHandler } from '../handler.ts'
import { topicOperations } from '../security/operations.ts'
import { isValidTopicName } from '../topic-name.ts'

export const describeTopicPartitionsHandler = defineHandler({
  api: DescribeTopicPartitions,

  handle(request, context, services) {
    const cluster = services.cluster()
    const all = request.topics.length === 0
    const asked = all
      ? Array.from(cluster.topics(), (topic) => topic.name)
      : [...new Set(request.topics.map(({ name }) => name))]
    const { cursor } = request
    const names = asked.toSorted().filter((name) => cursor === null || name >= cursor.topicName)
    let room = Math.max(
      1,
      Math.min(request.responsePartitionLimit, services.config.values.number('max.request.partition.size.limit')),
    )
    const topics = []
    let nextCursor: { topicName: string; partitionIndex: number } | null = null
    for (const name of names) {
      const topic = cluster.topic(name)
      if (topic === undefined) {
        const errorCode = isValidTopicName(name)
          ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
          : ErrorCode.INVALID_TOPIC_EXCEPTION
        topics.push({
          errorCode,
          name,
          topicId: zeroUuid,
          isInternal: internalTopics.has(name),
          partitions: [],
          topicAuthorizedOperations: topicOperations,
        })
        continue
      }
      const first = cursor !== null && name === cursor.topicName ? Math.max(0, cursor.partitionIndex) : 0
      if (room === 0) {
        nextCursor = { topicName: name, partitionIndex: first }
        break
      }
      const page = topic.partitions.slice(first, first + room)
      room -= page.length
      topics.push({
        errorCode: ErrorCode.NONE,
        name,
        topicId: topic.id,
        isInternal: internalTopics.has(name),
        partitions: page.map((partition) => describe(partition, cluster, context.listenerName)),
        topicAuthorizedOperations: topicOperations,
      })
      if (first + page.length < topic.partitions.length) {
        nextCursor = { topicName: name, partitionIndex: first + page.length }
        break
      }
    }
    return { topics, nextCursor }
  },
})

function describe(partition: PartitionView, cluster: ClusterView, listenerName: string) {
  const leader = cluster.isAlive(partition.leader) ? cluster.broker(partition.leader, listenerName) : undefined
  return {
    errorCode: leader === undefined ? ErrorCode.LEADER_NOT_AVAILABLE : ErrorCode.NONE,
    partitionIndex: partition.index,
    leaderId: leader?.id ?? -1,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: partition.replicas,
    isrNodes: partition.isr,
    eligibleLeaderReplicas: partition.elr,
    lastKnownElr: partition.lastKnownElr,
    offlineReplicas: cluster.offlineReplicas(partition),
  }
}
