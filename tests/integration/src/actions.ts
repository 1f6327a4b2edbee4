/** What tests do to a broker again and again, as requests on a bare connection. Each fails the test when it does not succeed. */
import {
  CreateTopics,
  ErrorCode,
  encodeBatch,
  errorByCode,
  Fetch,
  FindCoordinator,
  InitProducerId,
  JoinGroup,
  Produce,
  type ProducePartitionResponse,
  type RecordInput,
  SyncGroup,
} from '@millrace/protocol'
import type { Wire } from './wire.ts'

const timeoutMs = 10_000

/** Throws with the error's name, unless there is none. */
export function expectNone(errorCode: number | undefined, what: string): void {
  if (errorCode === ErrorCode.NONE) return
  throw new Error(`${what}: ${errorByCode(errorCode ?? -1)?.name ?? errorCode}`)
}

/** Answers the topic's id. */
export async function createTopic(
  wire: Wire,
  name: string,
  partitionCount = 1,
  configs: Readonly<Record<string, string>> = {},
): Promise<string> {
  const entries = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
  const topic = { name, numPartitions: partitionCount, replicationFactor: 1, configs: entries }
  const { topics } = await wire.send(CreateTopics, 7, { topics: [topic], timeoutMs })
  expectNone(topics[0]?.errorCode, `creating ${name} (${topics[0]?.errorMessage})`)
  return topics[0]?.topicId ?? ''
}

export const textRecord = (value: string, timestamp = 1_750_000_000_000): RecordInput => ({
  timestamp,
  key: null,
  value: Buffer.from(value),
})

export interface ProduceOptions {
  readonly partition?: number
  readonly acks?: number
  readonly version?: number
}

/** Produces one batch, whatever comes of it. */
export async function tryProduce(
  wire: Wire,
  topic: string,
  records: Buffer,
  { partition = 0, acks = -1, version = 9 }: ProduceOptions = {},
): Promise<ProducePartitionResponse> {
  const topicData = [{ name: topic, partitionData: [{ index: partition, records }] }]
  const { responses } = await wire.send(Produce, version, { acks, timeoutMs, topicData })
  const answer = responses[0]?.partitionResponses[0]
  if (answer === undefined) throw new Error(`producing to ${topic}: no answer for the partition`)
  return answer
}

/** Produces texts as one batch. Answers its base offset. */
export async function produce(
  wire: Wire,
  topic: string,
  values: readonly string[],
  options?: ProduceOptions,
): Promise<number> {
  const answer = await tryProduce(wire, topic, encodeBatch(values.map((value) => textRecord(value))), options)
  expectNone(answer.errorCode, `producing to ${topic}`)
  return answer.baseOffset
}

/** Fetches one partition once, without waiting. */
export async function fetchOnce(wire: Wire, topic: string, offset: number, partition = 0) {
  const partitions = [{ partition, fetchOffset: offset, partitionMaxBytes: 64 * 1024 * 1024 }]
  const { responses } = await wire.send(Fetch, 12, { maxWaitMs: 0, minBytes: 0, topics: [{ topic, partitions }] })
  const answer = responses[0]?.partitions[0]
  if (answer === undefined) throw new Error(`fetching ${topic}: no answer for the partition`)
  return answer
}

/** Asks for the coordinator until there is one: the first question makes its topic. */
export async function findCoordinator(wire: Wire, group: string): Promise<void> {
  for (;;) {
    const { coordinators } = await wire.send(FindCoordinator, 4, { keyType: 0, coordinatorKeys: [group] })
    const errorCode = coordinators[0]?.errorCode
    if (errorCode === ErrorCode.NONE) return
    if (errorCode !== ErrorCode.COORDINATOR_NOT_AVAILABLE) expectNone(errorCode, `the coordinator of ${group}`)
  }
}

export interface Membership {
  readonly memberId: string
  readonly generationId: number
}

/** The subscription to a topic as clients encode it: version 0, one topic, no user data. */
export function subscription(topic: string): Buffer {
  const name = Buffer.from(topic)
  const bytes = Buffer.alloc(2 + 4 + 2 + name.length + 4, 0)
  bytes.writeInt32BE(1, 2)
  bytes.writeInt16BE(name.length, 6)
  name.copy(bytes, 8)
  bytes.writeInt32BE(-1, 8 + name.length)
  return bytes
}

/** Joins a group as its only member and gives itself an assignment. */
export async function joinAlone(wire: Wire, group: string, topic: string): Promise<Membership> {
  await findCoordinator(wire, group)
  const protocols = [{ name: 'range', metadata: subscription(topic) }]
  for (;;) {
    const joined = await wire.send(JoinGroup, 3, {
      groupId: group,
      sessionTimeoutMs: 30_000,
      rebalanceTimeoutMs: 30_000,
      memberId: '',
      protocolType: 'consumer',
      protocols,
    })
    if (joined.errorCode === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS) continue
    if (joined.errorCode === ErrorCode.NOT_COORDINATOR) continue
    expectNone(joined.errorCode, `joining ${group}`)
    const { memberId, generationId } = joined
    const assignments = [{ memberId, assignment: Buffer.from([0, 0]) }]
    const synced = await wire.send(SyncGroup, 3, { groupId: group, generationId, memberId, assignments })
    expectNone(synced.errorCode, `the assignment in ${group}`)
    return { memberId, generationId }
  }
}

export async function newProducerId(wire: Wire): Promise<number> {
  const answer = await wire.send(InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: 60_000 })
  expectNone(answer.errorCode, 'a producer id')
  return answer.producerId
}
