/** The machine's answers as Kafka's messages. `version` is that of the request: older ones have no room for endpoints. */
import { zeroUuid } from '@millrace/base'
import {
  type AddRaftVoter,
  type BeginQuorumEpoch,
  type DescribeQuorum,
  ErrorCode,
  type Fetch,
  type FetchSnapshot,
  type RecordsValue,
  type ResponseInput,
  type UpdateRaftVoter,
  type Vote,
} from '@millrace/protocol'
import type {
  DescribeQuorumReply,
  FetchReply,
  FetchSnapshotReply,
  LeaderInfo,
  QuorumEpochReply,
  ReplicaReport,
  UpdateRaftVoterReply,
  VoteReply,
  VoterChangeReply,
} from '../message.ts'
import { metadataPartition, metadataTopicId, metadataTopicName } from './metadata-topic.ts'

interface Answer extends LeaderInfo {
  readonly errorCode: number
}

/** A wrong cluster is an error of the whole message; all others are the partition's. */
const isOfMessage = ({ errorCode }: Answer): boolean => errorCode === ErrorCode.INCONSISTENT_CLUSTER_ID

function nodeEndpoints({ leaderId, leaderEndpoint }: LeaderInfo, isKnown: boolean) {
  if (!isKnown || leaderId < 0 || leaderEndpoint === undefined) return []
  return [{ nodeId: leaderId, host: leaderEndpoint.host, port: leaderEndpoint.port }]
}

const oneTopic = <P>(partition: P) => [{ topicName: metadataTopicName, partitions: [partition] }]

export function voteResponse(reply: VoteReply, version: number): ResponseInput<typeof Vote> {
  const { errorCode, leaderId, leaderEpoch, voteGranted } = reply
  if (isOfMessage(reply)) return { errorCode }
  const partition = { partitionIndex: metadataPartition, errorCode, leaderId, leaderEpoch, voteGranted }
  return { topics: oneTopic(partition), nodeEndpoints: nodeEndpoints(reply, version >= 1) }
}

/** For BeginQuorumEpoch and EndQuorumEpoch, whose answers are alike. */
export function quorumEpochResponse(reply: QuorumEpochReply, version: number): ResponseInput<typeof BeginQuorumEpoch> {
  const { errorCode, leaderId, leaderEpoch } = reply
  if (isOfMessage(reply)) return { errorCode }
  const partition = { partitionIndex: metadataPartition, errorCode, leaderId, leaderEpoch }
  return { topics: oneTopic(partition), nodeEndpoints: nodeEndpoints(reply, version >= 1) }
}

/** `records`: what the driver read for `reply.read`; empty when there was nothing to read. */
export function fetchResponse(reply: FetchReply, version: number, records: RecordsValue): ResponseInput<typeof Fetch> {
  const { errorCode, leaderId, leaderEpoch, diverging, snapshotId } = reply
  if (isOfMessage(reply)) return { errorCode }
  const partition = {
    partitionIndex: metadataPartition,
    errorCode,
    highWatermark: reply.highWatermark,
    logStartOffset: reply.logStartOffset,
    currentLeader: { leaderId, leaderEpoch },
    ...(diverging === undefined ? {} : { divergingEpoch: { epoch: diverging.epoch, endOffset: diverging.offset } }),
    ...(snapshotId === undefined ? {} : { snapshotId: { endOffset: snapshotId.offset, epoch: snapshotId.epoch } }),
    records,
  }
  return {
    responses: [{ topic: metadataTopicName, topicId: metadataTopicId, partitions: [partition] }],
    nodeEndpoints: nodeEndpoints(reply, version >= 16),
  }
}

/** `bytes`: what the driver read for `reply.read`. */
export function fetchSnapshotResponse(
  reply: FetchSnapshotReply,
  version: number,
  bytes: Buffer,
): ResponseInput<typeof FetchSnapshot> {
  const { errorCode, leaderId, leaderEpoch, snapshotId, size, position } = reply
  if (isOfMessage(reply)) return { errorCode }
  const partition = {
    index: metadataPartition,
    errorCode,
    snapshotId: { endOffset: snapshotId.offset, epoch: snapshotId.epoch },
    currentLeader: { leaderId, leaderEpoch },
    size,
    position,
    unalignedRecords: bytes,
  }
  const topics = [{ name: metadataTopicName, partitions: [partition] }]
  return { topics, nodeEndpoints: nodeEndpoints(reply, version >= 1) }
}

/** For AddRaftVoter and RemoveRaftVoter, whose answers are alike. */
export function voterChangeResponse(reply: VoterChangeReply): ResponseInput<typeof AddRaftVoter> {
  return { errorCode: reply.errorCode, errorMessage: reply.errorMessage }
}

export function updateVoterResponse(reply: UpdateRaftVoterReply): ResponseInput<typeof UpdateRaftVoter> {
  const { errorCode, leaderId, leaderEpoch, leaderEndpoint } = reply
  const { host = '', port = 0 } = leaderEndpoint ?? {}
  return { errorCode, currentLeader: { leaderId, leaderEpoch, host, port } }
}

/** `wallClockOffsetMs`: what to add to a time of the machine to get milliseconds since 1970. */
export function describeQuorumResponse(
  reply: DescribeQuorumReply,
  version: number,
  wallClockOffsetMs: number,
): ResponseInput<typeof DescribeQuorum> {
  const { errorCode, leaderId, leaderEpoch, highWatermark } = reply
  const state = (report: ReplicaReport) => replicaState(report, version, wallClockOffsetMs)
  const partition = {
    partitionIndex: metadataPartition,
    errorCode,
    leaderId,
    leaderEpoch,
    highWatermark,
    currentVoters: reply.voters.map(state),
    observers: reply.observers.map(state),
  }
  const nodes = reply.nodes.map(({ id, endpoints }) => ({ nodeId: id, listeners: endpoints }))
  return { topics: oneTopic(partition), ...(version >= 2 ? { nodes } : {}) }
}

function replicaState(report: ReplicaReport, version: number, wallClockOffsetMs: number) {
  const toWallClock = (time: number) => (time < 0 ? -1 : Math.round(time + wallClockOffsetMs))
  return {
    replicaId: report.key.id,
    replicaDirectoryId: version >= 2 ? report.key.directoryId : zeroUuid,
    logEndOffset: report.endOffset,
    lastFetchTimestamp: toWallClock(report.lastFetchAt),
    lastCaughtUpTimestamp: toWallClock(report.lastCaughtUpAt),
  }
}
