/** A leader proposes a new ISR (AlterPartition). Checks in Kafka's order: reference section 4.3. */
import type { Uuid } from '@millrace/base'
import { type AlterPartitionRequest, ErrorCode, type MetadataRecord } from '@millrace/protocol'
import { changeIsr } from '../election.ts'
import { partitionChangeRecord } from '../partition-change.ts'
import { isEligibleReplica } from './brokers.ts'
import { type ControllerContext, type Decision, electionRules } from './decision.ts'

type Proposal = AlterPartitionRequest['topics'][number]['partitions'][number]

export interface AlteredPartition {
  readonly partitionIndex: number
  readonly errorCode: number
  readonly leaderId?: number
  readonly leaderEpoch?: number
  readonly isr?: readonly number[]
  readonly leaderRecoveryState?: number
  readonly partitionEpoch?: number
}

export interface AlterPartitionReply {
  readonly errorCode: number
  readonly topics: readonly { readonly topicId: Uuid; readonly partitions: readonly AlteredPartition[] }[]
}

export function alterPartition(
  context: ControllerContext,
  request: AlterPartitionRequest,
): Decision<AlterPartitionReply> {
  const broker = context.image.brokers.get(request.brokerId)
  if (broker === undefined || broker.epoch !== request.brokerEpoch) {
    return { records: [], reply: { errorCode: ErrorCode.STALE_BROKER_EPOCH, topics: [] } }
  }
  const records: MetadataRecord[] = []
  const topics = request.topics.map(({ topicId, partitions }) => ({
    topicId,
    partitions: partitions.map((proposal) => {
      const decided = alterOne(context, request.brokerId, topicId, proposal)
      if (decided.record !== undefined) records.push(decided.record)
      return decided.answer
    }),
  }))
  return { records, reply: { errorCode: ErrorCode.NONE, topics } }
}

function alterOne(
  context: ControllerContext,
  brokerId: number,
  topicId: Uuid,
  proposal: Proposal,
): { readonly answer: AlteredPartition; readonly record?: MetadataRecord | undefined } {
  const { partitionIndex } = proposal
  const failed = (errorCode: number) => ({ answer: { partitionIndex, errorCode } })
  const topic = context.image.topics.get(topicId)
  const partition = topic?.partitions[partitionIndex]
  if (topic === undefined) return failed(ErrorCode.UNKNOWN_TOPIC_ID)
  if (partition === undefined) return failed(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  if (proposal.leaderEpoch > partition.leaderEpoch || proposal.partitionEpoch > partition.partitionEpoch) {
    return failed(ErrorCode.NOT_CONTROLLER)
  }
  if (proposal.leaderEpoch < partition.leaderEpoch) return failed(ErrorCode.FENCED_LEADER_EPOCH)
  if (partition.leader !== brokerId) return failed(ErrorCode.INVALID_REQUEST)
  if (proposal.partitionEpoch < partition.partitionEpoch) return failed(ErrorCode.INVALID_UPDATE_VERSION)
  const members = proposal.newIsrWithEpochs
  const isr = members.map((member) => member.brokerId)
  if (!isr.includes(brokerId) || isr.some((id) => !partition.replicas.includes(id)) || new Set(isr).size < isr.length) {
    return failed(ErrorCode.INVALID_REQUEST)
  }
  const isIneligible = members.some((member) => {
    return member.brokerId !== brokerId && !isEligibleReplica(context, member.brokerId, member.brokerEpoch)
  })
  if (isIneligible) return failed(ErrorCode.INELIGIBLE_REPLICA)
  const target = changeIsr(partition, isr, electionRules(context, topic.name, partition))
  const record = partitionChangeRecord(topicId, partition, target)
  return {
    record,
    answer: {
      partitionIndex,
      errorCode: ErrorCode.NONE,
      leaderId: target.leader,
      leaderEpoch: partition.leaderEpoch,
      isr,
      leaderRecoveryState: target.leaderRecoveryState,
      partitionEpoch: partition.partitionEpoch + (record === undefined ? 0 : 1),
    },
  }
}
