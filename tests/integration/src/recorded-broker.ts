/** The broker that the exchanges in `errors.jsonl` are had with: its topics as they were then, and what the test knows of Apache Kafka's answers. */
import { systemClock } from '@millrace/base'
import {
  CreateTopics,
  DeleteRecords,
  ErrorCode,
  encodeBatch,
  Produce,
  type ProduceRequest,
  type RequestInput,
} from '@millrace/protocol'
import { patchBatch, type RecordedCase, type Translation } from './recorded.ts'
import { Wire } from './wire.ts'

/** The id that topic e1 had when the cases were recorded. */
const recordedTopicId = '_l65mbakSemmCfJ2aEOICQ'
const recordedTimestamp = 1_750_000_000_000
const recordCount = 10
const logStart = 4
/** Takes requests whose effect here is not the recorded one, so that they do not disturb the cases after them. */
const divertedTopic = 'e-diverted'

type NewTopic = NonNullable<RequestInput<typeof CreateTopics>['topics']>[number]

const newTopic = (name: string, numPartitions: number, configs: Readonly<Record<string, string>> = {}): NewTopic => ({
  name,
  numPartitions,
  replicationFactor: 1,
  configs: Object.entries({ 'retention.ms': '-1', ...configs }).map(([key, value]) => ({ name: key, value })),
})

/** Makes the topics that the cases share. */
export async function prepare(bootstrapServers: string, translation: Translation): Promise<void> {
  const wire = await Wire.connect(bootstrapServers)
  const { topics } = await wire.send(CreateTopics, 7, {
    topics: [
      newTopic('e1', 2),
      newTopic('e-small', 1, { 'max.message.bytes': '1000' }),
      newTopic('e-compact', 1, { 'cleanup.policy': 'compact' }),
      newTopic('e-ts', 1, { 'message.timestamp.before.max.ms': '1000' }),
      newTopic(divertedTopic, 1),
    ],
    timeoutMs: 10_000,
  })
  translation.learn('topicId', recordedTopicId, topics.find(({ name }) => name === 'e1')?.topicId)
  for (let index = 0; index < recordCount; index++) {
    const record = { timestamp: recordedTimestamp, key: Buffer.from('k'), value: Buffer.from(`v${index}`) }
    const topicData = [{ name: 'e1', partitionData: [{ index: 0, records: encodeBatch([record]) }] }]
    await wire.send(Produce, 9, { acks: -1, timeoutMs: 10_000, topicData })
  }
  const partitions = [{ partitionIndex: 0, offset: logStart }]
  await wire.send(DeleteRecords, 2, { topics: [{ name: 'e1', partitions }], timeoutMs: 10_000 })
  wire.close()
}

/** A case whose answer is another one here, for a reason. */
export interface Difference {
  readonly reason: string
  /** What is answered instead, by path. */
  readonly answers: Readonly<Record<string, number>>
  /** Its effect is another one as well: it goes to a topic of its own. */
  readonly isDiverted?: true
}

const producedPath = 'Responses[0].PartitionResponses[0].ErrorCode'

export const differences: Readonly<Record<string, Difference>> = {
  'produce-null-records': {
    reason: 'Apache Kafka fails inside and never answers; a client deserves to be told',
    answers: { [producedPath]: ErrorCode.INVALID_RECORD },
  },
  'produce-codec-gzip-garbage-payload': {
    reason: 'compressed records are stored as they came when the checksum is right: no batch is opened without need',
    answers: { [producedPath]: ErrorCode.NONE },
    isDiverted: true,
  },
  'init-producer-id-first-on-fresh-broker': {
    reason: 'the first block of ids is waited for, where Apache Kafka has the client ask again',
    answers: { ErrorCode: ErrorCode.NONE },
  },
  'list-offsets-max-timestamp': {
    reason:
      'Apache Kafka names a record that was deleted; the first one with that timestamp that can be read is more use',
    answers: { 'Topics[0].Partitions[0].ErrorCode': ErrorCode.NONE, 'Topics[0].Partitions[0].Offset': logStart },
  },
}

/** Cases whose message is in words of our own, which name the partition and the limit. */
export const ownWords: ReadonlySet<string> = new Set([
  'produce-magic-3',
  'produce-null-key-to-compacted',
  'produce-timestamp-too-old',
  'produce-timestamp-far-future',
  'find-coordinator-bad-type',
])

/** Cases of served APIs that rest on what an API did that may not be served. */
export const dependencies: Readonly<Record<string, string>> = {
  'new-group-commit-stale-epoch': 'ConsumerGroupHeartbeat',
  'new-group-commit-epoch-ahead': 'ConsumerGroupHeartbeat',
  'new-group-commit-unknown-member': 'ConsumerGroupHeartbeat',
  'new-group-commit-v8-ok-epoch': 'ConsumerGroupHeartbeat',
  'new-group-offset-fetch-stale': 'ConsumerGroupHeartbeat',
  'describe-groups-of-new-group': 'ConsumerGroupHeartbeat',
  'join-classic-into-new-group': 'ConsumerGroupHeartbeat',
  'join-classic-into-new-group-custom-type': 'ConsumerGroupHeartbeat',
  'classic-heartbeat-after-conversion': 'ConsumerGroupHeartbeat',
  'init-producer-id-txn-ok': 'EndTxn',
  'init-producer-id-wrong-pid': 'EndTxn',
  'txn-produce-v11-without-add-partitions': 'EndTxn',
  'txn-produce-old-epoch': 'EndTxn',
  'txn-produce-ok-v12': 'EndTxn',
  'txn-second-init-with-open-txn': 'EndTxn',
  'txn-second-init-retry': 'EndTxn',
  'txn-fenced-produce': 'EndTxn',
}

const hourMs = 3_600_000

/** What has to be another in a request so that it means the same today and here. */
export function changeFor(name: string): ((body: unknown) => unknown) | undefined {
  if (name === 'produce-timestamp-far-future') {
    const timestamp = BigInt(systemClock.now() + 2 * hourMs)
    return changeBatches((batch) =>
      patchBatch(batch, (copy) => {
        copy.writeBigInt64BE(timestamp, baseTimestampAt)
        copy.writeBigInt64BE(timestamp, maxTimestampAt)
      }),
    )
  }
  if (differences[name]?.isDiverted !== true) return undefined
  return (body) => {
    const { topicData, ...rest } = body as ProduceRequest
    const diverted = topicData.map((topic) => ({
      ...topic,
      name: divertedTopic,
      partitionData: topic.partitionData.map((partition) => ({ ...partition, index: 0 })),
    }))
    return { ...rest, topicData: diverted }
  }
}

const baseTimestampAt = 27
const maxTimestampAt = 35

function changeBatches(change: (batch: Buffer) => Buffer): (body: unknown) => unknown {
  return (body) => {
    const { topicData, ...rest } = body as ProduceRequest
    return {
      ...rest,
      topicData: topicData.map((topic) => ({
        ...topic,
        partitionData: topic.partitionData.map((partition) => ({
          ...partition,
          records: partition.records === null ? null : change(partition.records),
        })),
      })),
    }
  }
}

/** Last 3 bytes of a correlation id, and a client id of 6 characters. */
const restOfApiVersions = Buffer.from('000001' + '0006' + '616263646566', 'hex')

/** The rest of a frame whose beginning a case sent: with it the frame is an ApiVersions request. */
export function restOfFrame({ name }: RecordedCase): Buffer | undefined {
  return name === 'frame-truncated-held-open' ? restOfApiVersions : undefined
}
