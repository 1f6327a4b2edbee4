/** OffsetCommit and TxnOffsetCommit between the wire and the shard: names and ids, unknown topics, and the order of answers. */
import { type Uuid, zeroUuid } from '@millrace/base'
import {
  ErrorCode,
  type OffsetCommitRequest,
  type OffsetCommitResponse,
  type TxnOffsetCommitRequest,
  type TxnOffsetCommitResponse,
} from '@millrace/protocol'
import type { CommitCommand, PartitionErrorsReply, TransactionalCommitCommand } from '../groups/commands.ts'
import type { MetadataView } from '../metadata-view.ts'

/** From this version on topics are named by id. */
const topicIdVersion = 10
/** From this version on a group that does not exist is called so. */
const groupNotFoundVersion = 9

interface WireTopic {
  readonly name: string
  readonly topicId: Uuid
  readonly partitions: readonly {
    readonly partitionIndex: number
    readonly committedOffset: number
    readonly committedLeaderEpoch: number
    readonly committedMetadata: string | null
  }[]
}

interface ResolvedTopic {
  readonly wire: WireTopic
  /** Of every partition, in the order of the request; those of the shard are set when it has answered. */
  readonly errorCodes: number[]
  /** Indexes of the partitions that are the shard's. */
  readonly accepted: readonly number[]
  readonly name: string
  readonly topicId: Uuid
}

/** Splits a commit into what the shard gets and what is refused beforehand; puts the answer together again. */
export class CommitRequest {
  readonly #topics: readonly ResolvedTopic[]

  constructor(topics: readonly WireTopic[], useTopicIds: boolean, metadata: MetadataView) {
    this.#topics = topics.map((wire) => resolve(wire, useTopicIds, metadata))
  }

  static of(request: OffsetCommitRequest, apiVersion: number, metadata: MetadataView): CommitRequest {
    return new CommitRequest(request.topics, apiVersion >= topicIdVersion, metadata)
  }

  /** Offsets of transactions are stored without topic id, as Apache Kafka does: their request has names only. */
  static ofTransaction(request: TxnOffsetCommitRequest, metadata: MetadataView): CommitRequest {
    const topics = request.topics.map(({ name, partitions }) => ({ name, topicId: zeroUuid, partitions }))
    return new CommitRequest(topics, false, metadata)
  }

  /** Everything was refused beforehand: the shard need not be asked. */
  get isSettled(): boolean {
    return this.#topics.length > 0 && this.#topics.every(({ accepted }) => accepted.length === 0)
  }

  command(request: OffsetCommitRequest, apiVersion: number): CommitCommand {
    const { groupId, memberId, groupInstanceId, generationIdOrMemberEpoch, retentionTimeMs } = request
    return {
      kind: 'commit',
      groupId,
      memberId,
      instanceId: groupInstanceId,
      generationId: generationIdOrMemberEpoch,
      unknownGroupErrorCode:
        apiVersion >= groupNotFoundVersion ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.ILLEGAL_GENERATION,
      retentionMs: retentionTimeMs,
      topics: this.#shardTopics(true),
    }
  }

  transactionalCommand(request: TxnOffsetCommitRequest): TransactionalCommitCommand {
    const { groupId, memberId, groupInstanceId, generationId, producerId, producerEpoch } = request
    return {
      kind: 'transactionalCommit',
      groupId,
      memberId,
      instanceId: groupInstanceId,
      generationId,
      producerId,
      producerEpoch,
      topics: this.#shardTopics(false),
    }
  }

  /** The shard's answer, or the error code why there is none. */
  settle(answer: PartitionErrorsReply | number): void {
    const answered = this.#topics.filter(({ accepted }) => accepted.length > 0)
    answered.forEach(({ accepted, errorCodes }, topicIndex) => {
      accepted.forEach((partition, index) => {
        errorCodes[partition] =
          typeof answer === 'number' ? answer : (answer.topics[topicIndex]?.partitions[index]?.errorCode ?? 0)
      })
    })
  }

  response(): OffsetCommitResponse {
    const topics = this.#topics.map(({ wire, errorCodes }) => ({
      name: wire.name,
      topicId: wire.topicId,
      partitions: partitionErrors(wire, errorCodes),
    }))
    return { throttleTimeMs: 0, topics }
  }

  transactionalResponse(): TxnOffsetCommitResponse {
    const topics = this.#topics.map(({ wire, errorCodes }) => ({
      name: wire.name,
      partitions: partitionErrors(wire, errorCodes),
    }))
    return { throttleTimeMs: 0, topics }
  }

  #shardTopics(withTopicId: boolean): CommitCommand['topics'] {
    return this.#topics
      .filter(({ accepted }) => accepted.length > 0)
      .map(({ name, topicId, wire, accepted }) => ({
        name,
        topicId: withTopicId ? topicId : zeroUuid,
        partitions: accepted.map((index) => {
          const partition = wire.partitions[index] as WireTopic['partitions'][number]
          return {
            partition: partition.partitionIndex,
            offset: partition.committedOffset,
            leaderEpoch: partition.committedLeaderEpoch,
            metadata: partition.committedMetadata ?? '',
          }
        }),
      }))
  }
}

function resolve(wire: WireTopic, useTopicIds: boolean, metadata: MetadataView): ResolvedTopic {
  const name = useTopicIds ? metadata.topicNameById(wire.topicId) : wire.name
  const partitionCount = name === undefined ? undefined : metadata.partitionCount(name)
  const topicErrorCode = useTopicIds && name === undefined ? ErrorCode.UNKNOWN_TOPIC_ID : undefined
  const errorCodes = wire.partitions.map(({ partitionIndex }) => {
    const isKnown = partitionCount !== undefined && partitionIndex >= 0 && partitionIndex < partitionCount
    return topicErrorCode ?? (isKnown ? ErrorCode.NONE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  })
  const accepted = errorCodes.flatMap((errorCode, index) => (errorCode === ErrorCode.NONE ? [index] : []))
  const topicId = useTopicIds ? wire.topicId : metadata.topicIdByName(wire.name)
  return { wire, errorCodes, accepted, name: name ?? '', topicId: topicId ?? zeroUuid }
}

function partitionErrors(wire: WireTopic, errorCodes: readonly number[]) {
  return wire.partitions.map(({ partitionIndex }, index) => ({
    partitionIndex,
    errorCode: errorCodes[index] ?? ErrorCode.NONE,
  }))
}
