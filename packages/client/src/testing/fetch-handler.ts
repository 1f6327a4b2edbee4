/** Fetch of the scripted brokers: sessions (reference section 2.10), and waiting until there are records. */
import { zeroUuid } from '@millrace/base'
import { ErrorCode, type Fetch, type FetchRequest, type ResponseInput } from '@millrace/protocol'
import type { ScriptedRequest } from './scripted-broker.ts'
import type { ScriptedCluster } from './scripted-cluster.ts'

interface Wanted {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly offset: number
  readonly sizeMax: number
  readonly leaderEpoch: number
}

interface Session {
  readonly id: number
  epoch: number
  readonly partitions: Map<string, Wanted>
}

type PartitionAnswer = NonNullable<NonNullable<ResponseInput<typeof Fetch>['responses']>[number]['partitions']>[number]

const sessions = new WeakMap<ScriptedCluster, Map<number, Session>>()

function sessionsOf(cluster: ScriptedCluster): Map<number, Session> {
  let known = sessions.get(cluster)
  if (known === undefined) {
    known = new Map()
    sessions.set(cluster, known)
  }
  return known
}

/** Forgets all fetch sessions, as a restarted broker does. */
export function forgetFetchSessions(cluster: ScriptedCluster): void {
  sessions.delete(cluster)
}

function keyOf(topic: string, partition: number): string {
  return `${topic}-${partition}`
}

/** Takes what the request names into the session. */
function update(session: Session, cluster: ScriptedCluster, body: FetchRequest): void {
  const nameOf = (name: string, id: string) => cluster.findTopic(name, id)?.name ?? name
  for (const { topic, topicId, partitions } of body.forgottenTopicsData) {
    for (const partition of partitions) session.partitions.delete(keyOf(nameOf(topic, topicId), partition))
  }
  for (const { topic, topicId, partitions } of body.topics) {
    for (const each of partitions) {
      const name = nameOf(topic, topicId)
      session.partitions.set(keyOf(name, each.partition), {
        topic: name,
        topicId,
        partition: each.partition,
        offset: each.fetchOffset,
        sizeMax: each.partitionMaxBytes,
        leaderEpoch: each.currentLeaderEpoch,
      })
    }
  }
}

function readPartition(request: ScriptedRequest<FetchRequest>, wanted: Wanted): PartitionAnswer {
  const { cluster, broker, body } = request
  const topic = cluster.topics.get(wanted.topic)
  const log = topic?.partitions[wanted.partition]
  const none = {
    partitionIndex: wanted.partition,
    highWatermark: -1,
    abortedTransactions: null,
    records: Buffer.alloc(0),
  }
  if (log === undefined) return { ...none, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }
  if (wanted.topicId !== zeroUuid && wanted.topicId !== topic?.topicId) {
    return { ...none, errorCode: ErrorCode.UNKNOWN_TOPIC_ID }
  }
  if (log.leader !== broker.id) return { ...none, errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER }
  if (wanted.leaderEpoch >= 0 && wanted.leaderEpoch < log.leaderEpoch) {
    return { ...none, errorCode: ErrorCode.FENCED_LEADER_EPOCH }
  }
  if (wanted.offset < log.startOffset || wanted.offset > log.endOffset) {
    return { ...none, errorCode: ErrorCode.OFFSET_OUT_OF_RANGE }
  }
  const isCommitted = body.isolationLevel === 1
  const end = isCommitted ? (log.lastStableOffset ?? log.endOffset) : log.endOffset
  return {
    partitionIndex: wanted.partition,
    highWatermark: log.endOffset,
    lastStableOffset: log.lastStableOffset ?? log.endOffset,
    logStartOffset: log.startOffset,
    abortedTransactions: isCommitted ? log.abortedTransactions : null,
    records: wanted.offset >= end ? Buffer.alloc(0) : log.read(wanted.offset, wanted.sizeMax, end),
  }
}

function isNews(answer: PartitionAnswer): boolean {
  return (answer.errorCode ?? 0) !== 0 || (answer.records as Buffer).length > 0
}

async function readAll(request: ScriptedRequest<FetchRequest>, wanted: readonly Wanted[]) {
  const deadlineMs = request.cluster.clock.monotonic() + request.body.maxWaitMs
  for (;;) {
    const answers = wanted.map((each) => ({ wanted: each, answer: readPartition(request, each) }))
    const remainingMs = deadlineMs - request.cluster.clock.monotonic()
    if (remainingMs <= 0 || wanted.length === 0 || answers.some(({ answer }) => isNews(answer))) return answers
    await request.cluster.nextAppend(remainingMs)
  }
}

function openSession(cluster: ScriptedCluster, body: FetchRequest): Session | number {
  const known = sessionsOf(cluster)
  if (body.sessionEpoch === 0) {
    const session: Session = { id: known.size + 1, epoch: 1, partitions: new Map() }
    known.set(session.id, session)
    return session
  }
  if (body.sessionEpoch < 0) return { id: 0, epoch: 0, partitions: new Map() }
  const session = known.get(body.sessionId)
  if (session === undefined) return ErrorCode.FETCH_SESSION_ID_NOT_FOUND
  if (session.epoch !== body.sessionEpoch) return ErrorCode.INVALID_FETCH_SESSION_EPOCH
  session.epoch++
  return session
}

export async function handleFetch(request: ScriptedRequest<FetchRequest>): Promise<ResponseInput<typeof Fetch>> {
  const { cluster, body } = request
  const isFull = body.sessionEpoch <= 0
  const session = openSession(cluster, body)
  if (typeof session === 'number') return { errorCode: session }
  update(session, cluster, body)
  const answers = await readAll(request, [...session.partitions.values()])
  const told = isFull ? answers : answers.filter(({ answer }) => isNews(answer))
  return {
    sessionId: session.id,
    responses: told.map(({ wanted, answer }) => ({
      topic: wanted.topic,
      topicId: wanted.topicId,
      partitions: [answer],
    })),
  }
}
