/**
 * Produce, versions 3 to 13 (advertised from 0: librdkafka before 2.11 drops compression otherwise).
 * 5 log start offset, 8 record errors and messages, 9 flexible, 10 current leader, 12 transactions V2, 13 topic ids.
 *
 * Appends when it starts, answers when the records are as safe as `acks` asks: so several may overlap on one connection.
 */
import { zeroUuid } from '@millrace/base'
import { BatchHeader, batchHeaderSize, batchMagic, ErrorCode, Produce, type ProduceRequest } from '@millrace/protocol'
import type { TopicView } from '../cluster-view.ts'
import { closeConnection, defineHandler, noResponse, type RequestContext } from '../handler.ts'
import type { AppendOutcome } from '../replica/partition.ts'
import type { Services } from '../services.ts'

/** Kafka's own admin client may write to internal topics (used by its tools). */
const adminClientId = '__admin_client'

interface PartitionAnswer {
  readonly index: number
  readonly errorCode: number
  readonly baseOffset: number
  readonly logAppendTimeMs?: number
  readonly logStartOffset?: number
  readonly recordErrors?: readonly { batchIndex: number; batchIndexErrorMessage: string | null }[]
  readonly errorMessage?: string | null
  readonly currentLeader?: { leaderId: number; leaderEpoch: number }
}

/** Refusals from before the batch is validated, which name no log start (reference 2.4). */
const unvalidatedErrors: ReadonlySet<number> = new Set([
  ErrorCode.CORRUPT_MESSAGE,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.MESSAGE_TOO_LARGE,
  ErrorCode.INVALID_TOPIC_EXCEPTION,
  ErrorCode.RECORD_LIST_TOO_LARGE,
  ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
])

const failed = (index: number, errorCode: number, errorMessage: string | null = null): PartitionAnswer => ({
  index,
  errorCode,
  baseOffset: -1,
  errorMessage,
})

export const produceHandler = defineHandler({
  api: Produce,
  overlaps: true,

  handle(request, context, services) {
    const cluster = services.cluster()
    const waits: Promise<void>[] = []
    const responses = request.topicData.map((topic) => {
      const view = context.apiVersion >= 13 ? cluster.topicById(topic.topicId) : cluster.topic(topic.name)
      const partitionResponses: PartitionAnswer[] = []
      for (const [position, partition] of topic.partitionData.entries()) {
        const settle = (answer: PartitionAnswer) => {
          partitionResponses[position] = answer
        }
        const wait = produce(request, context, services, view, partition.index, partition.records, settle)
        if (wait !== undefined) waits.push(wait)
      }
      return { name: topic.name, topicId: topic.topicId ?? zeroUuid, partitionResponses }
    })
    const answer = () => {
      const hasFailed = responses.some((topic) =>
        topic.partitionResponses.some((each) => each.errorCode !== ErrorCode.NONE),
      )
      // Without an answer, closing is the only way to tell the client that its metadata may be stale.
      if (request.acks === 0) return hasFailed ? closeConnection : noResponse
      return { responses }
    }
    return waits.length === 0 ? answer() : Promise.all(waits).then(answer)
  },
})

/** Appends one partition's batch. Settles at once, or answers a promise that ends when it is settled. */
function produce(
  request: ProduceRequest,
  context: RequestContext,
  services: Services,
  topic: TopicView | undefined,
  index: number,
  records: Buffer | null,
  settle: (answer: PartitionAnswer) => void,
): Promise<void> | undefined {
  const outcome = append(request, context, services, topic, index, records)
  if (outcome instanceof Promise) return outcome.then((appended) => acknowledge(request, index, appended, settle))
  return acknowledge(request, index, outcome, settle)
}

/** What became of a partition's batch: nothing, with the answer that says so, or it is in the log. */
type Appended =
  | { readonly answer: PartitionAnswer }
  | { readonly appended: Extract<AppendOutcome, { kind: 'appended' }> }

function acknowledge(
  request: ProduceRequest,
  index: number,
  outcome: Appended,
  settle: (answer: PartitionAnswer) => void,
): Promise<void> | undefined {
  if ('answer' in outcome) {
    settle(outcome.answer)
    return undefined
  }
  const { appended } = outcome
  const answer: PartitionAnswer = {
    index,
    errorCode: ErrorCode.NONE,
    baseOffset: appended.baseOffset,
    logAppendTimeMs: appended.logAppendTimeMs,
    logStartOffset: appended.logStartOffset,
  }
  if (request.acks === 0) {
    settle(answer)
    return undefined
  }
  return appended
    .whenAcknowledged(request.acks === -1 ? 'all' : 'leader', request.timeoutMs)
    .then((errorCode) => settle(errorCode === undefined ? answer : failed(index, errorCode)))
}

function append(
  request: ProduceRequest,
  context: RequestContext,
  services: Services,
  topic: TopicView | undefined,
  index: number,
  records: Buffer | null,
): Appended | Promise<Appended> {
  if (request.acks < -1 || request.acks > 1) {
    return { answer: failed(index, ErrorCode.INVALID_REQUIRED_ACKS, `acks must be -1, 0 or 1, not ${request.acks}`) }
  }
  if (request.transactionalId === null && hasTransactionalBatch(request)) {
    const message = 'the records are part of a transaction, and the request names no transactional id'
    return { answer: failed(index, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, message) }
  }
  if (topic === undefined) {
    const errorCode = context.apiVersion >= 13 ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    return { answer: failed(index, errorCode) }
  }
  if (topic.partitions[index] === undefined) return { answer: failed(index, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) }
  const partition = services.replicas.partition(topic.name, index)
  if (partition === undefined) {
    const { leader, leaderEpoch } = topic.partitions[index]
    const currentLeader = { leaderId: leader, leaderEpoch }
    if (services.replicas.isOffline(topic.name, index)) return { answer: failed(index, ErrorCode.KAFKA_STORAGE_ERROR) }
    const answer = failed(index, ErrorCode.NOT_LEADER_OR_FOLLOWER)
    // Older clients cannot be told who it is (KIP-951).
    return { answer: context.apiVersion >= 10 ? { ...answer, currentLeader } : answer }
  }
  const batch = records ?? Buffer.alloc(0)
  if (isTransactional(batch)) {
    // What Kafka's coordinator says of an id that it does not know, and none is known here.
    const message = `the transactional id ${request.transactionalId} is not known: transactions are not served yet`
    return { answer: failed(index, ErrorCode.INVALID_PRODUCER_ID_MAPPING, message) }
  }
  const outcome = partition.append(batch, {
    requiredAcks: request.acks,
    apiVersion: context.apiVersion,
    isInternalClient: context.clientId === adminClientId,
  })
  const answer = (result: AppendOutcome) => appendAnswer(index, batch, partition.logStartOffset, result)
  return outcome instanceof Promise ? outcome.then(answer) : answer(outcome)
}

function appendAnswer(index: number, batch: Buffer, logStartOffset: number, outcome: AppendOutcome): Appended {
  if (outcome.kind === 'appended') return { appended: outcome }
  return {
    answer: {
      ...failed(index, outcome.errorCode, outcome.message),
      ...(isOneBatch(batch) && !unvalidatedErrors.has(outcome.errorCode) ? { logStartOffset } : {}),
      ...(outcome.recordErrors === undefined
        ? {}
        : {
            recordErrors: outcome.recordErrors.map(({ batchIndex, message }) => ({
              batchIndex,
              batchIndexErrorMessage: message,
            })),
          }),
    },
  }
}

/** What comes before is judged as a request, not as a batch. */
const isOneBatch = (records: Buffer): boolean =>
  records.length >= batchHeaderSize &&
  BatchHeader.magic(records, 0) === batchMagic &&
  BatchHeader.size(records, 0) === records.length

const isTransactional = (records: Buffer): boolean =>
  records.length >= batchHeaderSize && BatchHeader.isTransactional(records, 0)

function hasTransactionalBatch({ topicData }: ProduceRequest): boolean {
  return topicData.some(({ partitionData }) =>
    partitionData.some(({ records }) => records !== null && isTransactional(records)),
  )
}
