/**
 * Fetch, versions 4 to 18, for consumers and followers. 5 log start offset, 7 sessions, 9 leader epochs, 11 rack, 12 flexible and
 * diverging epochs, 13 topic ids, 15 replica state, 16 node endpoints, 17 directory id, 18 replica's high watermark.
 * Rules: reference sections 2.9 and 2.10.
 */
import { zeroUuid } from '@millrace/base'
import { ErrorCode, Fetch, type FetchRequest } from '@millrace/protocol'
import type { ClusterView } from '../cluster-view.ts'
import { defineHandler, type RequestContext } from '../handler.ts'
import { type FetchedPartition, type FetchLimits, FetchOperation } from '../replica/fetch-operation.ts'
import { type FetchPartition, type FetchSession, shouldAnswer } from '../replica/fetch-session.ts'
import type { Services } from '../services.ts'

export const fetchHandler = defineHandler({
  api: Fetch,

  async handle(request, context, services) {
    const cluster = services.cluster()
    const usesTopicIds = context.apiVersion >= 13
    const replicaId = context.apiVersion >= 15 ? request.replicaState.replicaId : request.replicaId
    const session = services.fetchSessions.begin(
      {
        sessionId: request.sessionId,
        sessionEpoch: context.apiVersion < 7 ? -1 : request.sessionEpoch,
        usesTopicIds,
        isPrivileged: replicaId >= 0,
        partitions: askedPartitions(request, cluster, usesTopicIds),
        forgotten: request.forgottenTopicsData.flatMap(({ topic, topicId, partitions }) =>
          partitions.map((partition) => ({ topic, topicId, partition })),
        ),
      },
      services.clock.monotonic(),
    )
    if (session.kind === 'error') return { errorCode: session.errorCode, sessionId: 0, responses: [] }
    const operation = new FetchOperation(session.partitions, limitsOf(request, context, services, replicaId), services)
    const fetched = await operation.run()
    return {
      errorCode: ErrorCode.NONE,
      sessionId: session.session?.id ?? 0,
      responses: group(fetched, session.session, session.isIncremental),
    }
  },
})

/** Partitions in the order of the request. A topic id that is not known keeps an empty name, and gets its error when read. */
function askedPartitions(request: FetchRequest, cluster: ClusterView, usesTopicIds: boolean): FetchPartition[] {
  return request.topics.flatMap((topic) => {
    const view = usesTopicIds ? cluster.topicById(topic.topicId) : cluster.topic(topic.topic)
    return topic.partitions.map((partition) => ({
      topic: usesTopicIds ? (view?.name ?? '') : topic.topic,
      topicId: usesTopicIds ? topic.topicId : (view?.id ?? zeroUuid),
      partition: partition.partition,
      currentLeaderEpoch: partition.currentLeaderEpoch,
      fetchOffset: partition.fetchOffset,
      lastFetchedEpoch: partition.lastFetchedEpoch,
      logStartOffset: partition.logStartOffset,
      partitionMaxBytes: partition.partitionMaxBytes,
    }))
  })
}

function limitsOf(request: FetchRequest, context: RequestContext, services: Services, replicaId: number): FetchLimits {
  const sizeMax = Math.min(request.maxBytes, services.config.fetchMaxBytes)
  return {
    replicaId,
    isolationLevel: request.isolationLevel,
    sizeMax,
    sizeMin: Math.min(request.minBytes, sizeMax),
    waitMs: request.maxWaitMs,
    usesTopicIds: context.apiVersion >= 13,
    tellsLeader: context.apiVersion >= 12,
    // Old clients know no storage error; "not leader" makes them refresh and retry.
    storageErrorCode: context.apiVersion <= 5 ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.KAFKA_STORAGE_ERROR,
  }
}

/** Runs of partitions of the same topic become one topic of the answer. */
function group(fetched: readonly FetchedPartition[], session: FetchSession | undefined, isIncremental: boolean) {
  const responses: { topic: string; topicId: string; partitions: FetchedPartition['answer'][] }[] = []
  for (const { asked, answer } of fetched) {
    const outcome = {
      errorCode: answer.errorCode,
      highWatermark: answer.highWatermark,
      logStartOffset: answer.logStartOffset,
      recordsSize: answer.records.byteLength,
      hasDivergingEpoch: answer.divergingEpoch !== undefined,
      preferredReadReplica: -1,
    }
    if (session !== undefined && !shouldAnswer(session, asked, outcome, !isIncremental)) continue
    const last = responses.at(-1)
    if (last !== undefined && last.topic === asked.topic && last.topicId === asked.topicId) last.partitions.push(answer)
    else responses.push({ topic: asked.topic, topicId: asked.topicId, partitions: [answer] })
  }
  return responses
}
