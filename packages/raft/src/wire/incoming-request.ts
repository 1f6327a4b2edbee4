/** Kafka's requests as the machine's. */
import type {
  AddRaftVoter,
  BeginQuorumEpoch,
  DescribeQuorum,
  EndQuorumEpoch,
  Fetch,
  FetchSnapshot,
  RemoveRaftVoter,
  Request,
  UpdateRaftVoter,
  Vote,
} from '@millrace/protocol'
import type { RaftRequest } from '../message.ts'
import { onlyPartition } from './metadata-topic.ts'

/** The bodies that the machine answers, by API. */
export interface RaftRequestBodies {
  readonly Vote: Request<typeof Vote>
  readonly BeginQuorumEpoch: Request<typeof BeginQuorumEpoch>
  readonly EndQuorumEpoch: Request<typeof EndQuorumEpoch>
  readonly Fetch: Request<typeof Fetch>
  readonly FetchSnapshot: Request<typeof FetchSnapshot>
  readonly AddRaftVoter: Request<typeof AddRaftVoter>
  readonly RemoveRaftVoter: Request<typeof RemoveRaftVoter>
  readonly UpdateRaftVoter: Request<typeof UpdateRaftVoter>
  readonly DescribeQuorum: Request<typeof DescribeQuorum>
}

type Readers = {
  readonly [K in keyof RaftRequestBodies]: (body: RaftRequestBodies[K]) => (RaftRequest & { kind: K }) | undefined
}

/** Undefined: the request is not about exactly the metadata partition; it is not the machine's to answer. */
export function fromWireRequest<K extends keyof RaftRequestBodies>(
  kind: K,
  body: RaftRequestBodies[K],
): RaftRequest | undefined {
  return readers[kind](body)
}

/** No high watermark was sent, or one that no log reaches: then it is no reason to answer early. */
const toHighWatermark = (value: bigint): number =>
  value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value)

const readers: Readers = {
  Vote({ clusterId, voterId, topics }) {
    const partition = onlyPartition(topics)
    if (partition === undefined) return undefined
    return {
      kind: 'Vote',
      clusterId,
      voter: { id: voterId, directoryId: partition.voterDirectoryId },
      candidate: { id: partition.replicaId, directoryId: partition.replicaDirectoryId },
      epoch: partition.replicaEpoch,
      end: { offset: partition.lastOffset, epoch: partition.lastOffsetEpoch },
      preVote: partition.preVote,
    }
  },
  BeginQuorumEpoch({ clusterId, voterId, topics, leaderEndpoints }) {
    const partition = onlyPartition(topics)
    if (partition === undefined) return undefined
    const { voterDirectoryId, leaderId, leaderEpoch: epoch } = partition
    const voter = { id: voterId, directoryId: voterDirectoryId }
    return { kind: 'BeginQuorumEpoch', clusterId, voter, leaderId, epoch, leaderEndpoints }
  },
  EndQuorumEpoch({ clusterId, topics, leaderEndpoints }) {
    const partition = onlyPartition(topics)
    if (partition === undefined) return undefined
    const { leaderId, leaderEpoch: epoch } = partition
    const preferredCandidates = partition.preferredCandidates.map(({ candidateId, candidateDirectoryId }) => ({
      id: candidateId,
      directoryId: candidateDirectoryId,
    }))
    return { kind: 'EndQuorumEpoch', clusterId, leaderId, epoch, preferredCandidates, leaderEndpoints }
  },
  Fetch({ clusterId, replicaId, replicaState, topics, maxWaitMs, maxBytes }) {
    const partition = onlyPartition(topics)
    if (partition === undefined) return undefined
    return {
      kind: 'Fetch',
      clusterId,
      replica: {
        // Version 15 moved it.
        id: replicaState.replicaId >= 0 ? replicaState.replicaId : replicaId,
        directoryId: partition.replicaDirectoryId,
      },
      epoch: partition.currentLeaderEpoch,
      position: { offset: partition.fetchOffset, epoch: partition.lastFetchedEpoch },
      highWatermark: toHighWatermark(partition.highWatermark),
      waitMs: maxWaitMs,
      sizeMax: maxBytes,
    }
  },
  FetchSnapshot({ clusterId, replicaId, maxBytes, topics }) {
    const partition = onlyPartition(topics)
    if (partition === undefined) return undefined
    return {
      kind: 'FetchSnapshot',
      clusterId,
      replica: { id: replicaId, directoryId: partition.replicaDirectoryId },
      epoch: partition.currentLeaderEpoch,
      snapshotId: { offset: partition.snapshotId.endOffset, epoch: partition.snapshotId.epoch },
      position: partition.position,
      sizeMax: maxBytes,
    }
  },
  AddRaftVoter({ clusterId, timeoutMs, voterId, voterDirectoryId, listeners, ackWhenCommitted }) {
    const voter = { id: voterId, directoryId: voterDirectoryId }
    return { kind: 'AddRaftVoter', clusterId, timeoutMs, voter, endpoints: listeners, ackWhenCommitted }
  },
  RemoveRaftVoter({ clusterId, voterId, voterDirectoryId }) {
    return { kind: 'RemoveRaftVoter', clusterId, voter: { id: voterId, directoryId: voterDirectoryId } }
  },
  UpdateRaftVoter({ clusterId, currentLeaderEpoch, voterId, voterDirectoryId, listeners, kRaftVersionFeature }) {
    const voter = {
      id: voterId,
      directoryId: voterDirectoryId,
      endpoints: listeners,
      kraftVersionMin: kRaftVersionFeature.minSupportedVersion,
      kraftVersionMax: kRaftVersionFeature.maxSupportedVersion,
    }
    return { kind: 'UpdateRaftVoter', clusterId, epoch: currentLeaderEpoch, voter }
  },
  DescribeQuorum({ topics }) {
    return onlyPartition(topics) === undefined ? undefined : { kind: 'DescribeQuorum' }
  },
}
