/** What the scripted brokers answer when no test says otherwise. */
import { zeroUuid } from '@millrace/base'
import {
  type Api,
  ApiVersions,
  CreateTopics,
  DeleteTopics,
  ErrorCode,
  Fetch,
  type Fields,
  FindCoordinator,
  Heartbeat,
  InitProducerId,
  JoinGroup,
  LeaveGroup,
  ListOffsets,
  Metadata,
  OffsetCommit,
  OffsetFetch,
  OffsetForLeaderEpoch,
  Produce,
  type Request,
  type ResponseInput,
  SyncGroup,
} from '@millrace/protocol'
import { handleFetch } from './fetch-handler.ts'
import type { PartitionLog } from './partition-log.ts'
import type { ScriptedRequest } from './scripted-broker.ts'

type Handler<A extends Api<Fields, Fields>> = (
  request: ScriptedRequest<Request<A>>,
) => ResponseInput<A> | Promise<ResponseInput<A>>

type AnyHandler = (request: ScriptedRequest) => unknown

const list: [number, AnyHandler][] = []

function handle<const A extends Api<Fields, Fields>>(api: A, handler: Handler<A>): void {
  list.push([api.key, handler as unknown as AnyHandler])
}

handle(ApiVersions, ({ broker }) => ({
  apiKeys: [...broker.versions].map(([apiKey, { min, max }]) => ({ apiKey, minVersion: min, maxVersion: max })),
}))

handle(Metadata, ({ cluster, body, version }) => {
  const names =
    body.topics === null
      ? [...cluster.topics.keys()]
      : body.topics.map(({ name, topicId }) => name ?? cluster.findTopic('', topicId)?.name ?? '')
  const alive = cluster.brokers.filter((broker) => broker.isUp)
  return {
    brokers: alive.map(({ id, host, port }) => ({ nodeId: id, host, port })),
    clusterId: 'scripted',
    controllerId: alive[0]?.id ?? -1,
    topics: names.map((name) => {
      const topic = cluster.topics.get(name)
      if (topic === undefined) return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, name }
      return {
        name,
        isInternal: topic.isInternal,
        topicId: version >= 10 ? topic.topicId : zeroUuid,
        partitions: topic.partitions.map((log) => ({
          errorCode: cluster.broker(log.leader).isUp ? ErrorCode.NONE : ErrorCode.LEADER_NOT_AVAILABLE,
          partitionIndex: log.partition,
          leaderId: cluster.broker(log.leader).isUp ? log.leader : -1,
          leaderEpoch: log.leaderEpoch,
          replicaNodes: [log.leader],
          isrNodes: [log.leader],
        })),
      }
    }),
  }
})

/** The log of a partition, or why this broker does not serve it. */
function ledBy(
  { cluster, broker }: ScriptedRequest,
  name: string,
  topicId: string,
  partition: number,
): PartitionLog | number {
  const log = cluster.findTopic(name, topicId)?.partitions[partition]
  if (log === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  return log.leader === broker.id ? log : ErrorCode.NOT_LEADER_OR_FOLLOWER
}

handle(Produce, (request) => ({
  responses: request.body.topicData.map(({ name, topicId, partitionData }) => ({
    name,
    topicId,
    partitionResponses: partitionData.map(({ index, records }) => {
      const log = ledBy(request, name, topicId, index)
      if (typeof log === 'number') return { index, errorCode: log, baseOffset: -1 }
      return { index, ...log.append(records ?? Buffer.alloc(0)) }
    }),
  })),
}))

handle(Fetch, handleFetch)

handle(ListOffsets, (request) => ({
  topics: request.body.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex, timestamp }) => {
      const log = ledBy(request, name, zeroUuid, partitionIndex)
      if (typeof log === 'number') return { partitionIndex, errorCode: log }
      const end = request.body.isolationLevel === 1 ? (log.lastStableOffset ?? log.endOffset) : log.endOffset
      if (timestamp === -1) return { partitionIndex, offset: end }
      if (timestamp === -2) return { partitionIndex, offset: log.startOffset }
      return { partitionIndex, ...log.offsetAt(timestamp) }
    }),
  })),
}))

handle(OffsetForLeaderEpoch, (request) => ({
  topics: request.body.topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ partition, currentLeaderEpoch, leaderEpoch }) => {
      const log = ledBy(request, topic, zeroUuid, partition)
      if (typeof log === 'number') return { partition, errorCode: log }
      if (currentLeaderEpoch >= 0 && currentLeaderEpoch < log.leaderEpoch) {
        return { partition, errorCode: ErrorCode.FENCED_LEADER_EPOCH }
      }
      return { partition, errorCode: ErrorCode.NONE, ...log.endOfEpoch(leaderEpoch) }
    }),
  })),
}))

handle(FindCoordinator, ({ cluster, body, version }) => {
  const { id, host, port } = cluster.brokers.find((broker) => broker.isUp) ?? cluster.broker(1)
  if (version < 4) return { nodeId: id, host, port }
  return { coordinators: body.coordinatorKeys.map((key) => ({ key, nodeId: id, host, port })) }
})

handle(InitProducerId, ({ cluster }) => ({ producerId: cluster.newProducerId(), producerEpoch: 0 }))

handle(CreateTopics, ({ cluster, body }) => ({
  topics: body.topics.map(({ name, numPartitions }) => {
    if (cluster.topics.has(name)) return { name, errorCode: ErrorCode.TOPIC_ALREADY_EXISTS, errorMessage: 'it exists' }
    const { topicId, partitions } = cluster.createTopic(name, Math.max(numPartitions, 1))
    return { name, topicId, numPartitions: partitions.length, replicationFactor: 1 }
  }),
}))

handle(DeleteTopics, ({ cluster, body, version }) => {
  const names = version >= 6 ? body.topics.map(({ name }) => name ?? '') : body.topicNames
  return {
    responses: names.map((name) => ({
      name,
      errorCode: cluster.topics.delete(name) ? ErrorCode.NONE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    })),
  }
})

handle(JoinGroup, async ({ cluster, body, version }) => {
  const answer = await cluster.group(body.groupId).join(body, version)
  return { ...answer, protocolType: 'consumer', protocolName: answer.protocolName ?? (version >= 7 ? null : '') }
})

handle(SyncGroup, async ({ cluster, body }) => cluster.group(body.groupId).sync(body))

handle(Heartbeat, ({ cluster, body }) => ({
  errorCode: cluster.group(body.groupId).heartbeat(body.memberId, body.generationId),
}))

handle(LeaveGroup, ({ cluster, body, version }) => {
  const group = cluster.group(body.groupId)
  if (version < 3) return { errorCode: group.leave(body.memberId) }
  return {
    members: body.members.map(({ memberId, groupInstanceId }) => ({
      memberId,
      groupInstanceId,
      errorCode: group.leave(memberId),
    })),
  }
})

handle(OffsetCommit, ({ cluster, body }) => {
  const group = cluster.group(body.groupId)
  const isSimple = body.memberId === '' && body.generationIdOrMemberEpoch < 0 && group.members.size === 0
  const errorCode = isSimple ? ErrorCode.NONE : group.check(body.memberId, body.generationIdOrMemberEpoch)
  return {
    topics: body.topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata }) => {
        if (errorCode === ErrorCode.NONE) {
          const topic = cluster.findTopic(name, topicId)?.name ?? name
          const committed = {
            offset: committedOffset,
            leaderEpoch: committedLeaderEpoch,
            metadata: committedMetadata ?? '',
          }
          group.offsets.set(`${topic}-${partitionIndex}`, committed)
        }
        return { partitionIndex, errorCode }
      }),
    })),
  }
})

handle(OffsetFetch, ({ cluster, body, version }) => {
  const read = (groupId: string, name: string, partitionIndex: number) => {
    const known = cluster.group(groupId).offsets.get(`${name}-${partitionIndex}`)
    const committedLeaderEpoch = version >= 5 ? (known?.leaderEpoch ?? -1) : -1
    return {
      partitionIndex,
      committedOffset: known?.offset ?? -1,
      committedLeaderEpoch,
      metadata: known?.metadata ?? '',
    }
  }
  const everything = (groupId: string) =>
    [...cluster.topics.values()].flatMap(({ name, topicId, partitions }) => {
      const committed = partitions.filter((log) => cluster.group(groupId).offsets.has(`${name}-${log.partition}`))
      return committed.length === 0 ? [] : [{ name, topicId, partitionIndexes: committed.map((log) => log.partition) }]
    })
  if (version < 8) {
    return {
      topics: (body.topics ?? everything(body.groupId)).map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((index) => read(body.groupId, name, index)),
      })),
    }
  }
  return {
    groups: body.groups.map(({ groupId, topics }) => ({
      groupId,
      topics: (topics ?? everything(groupId)).map(({ name, topicId, partitionIndexes }) => ({
        name,
        topicId,
        partitions: partitionIndexes.map((index) =>
          read(groupId, cluster.findTopic(name, topicId)?.name ?? name, index),
        ),
      })),
    })),
  }
})

/** By API key. What is not here is not announced. */
export const handlers: ReadonlyMap<number, AnyHandler> = new Map(list)
