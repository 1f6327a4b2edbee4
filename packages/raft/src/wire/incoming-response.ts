/** Kafka's answers as the machine's. */
import {
  type AddRaftVoter,
  type ApiVersions,
  type BeginQuorumEpoch,
  type EndQuorumEpoch,
  ErrorCode,
  type Fetch,
  type FetchSnapshot,
  type RemoveRaftVoter,
  type Response,
  type UpdateRaftVoter,
  type Vote,
} from '@millrace/protocol'
import type { FetchedBatch, LeaderInfo, OutgoingRequest, RaftResponse } from '../message.ts'
import { onlyPartition } from './metadata-topic.ts'

/** The bodies that the machine waits for, by API. */
export interface RaftResponseBodies {
  readonly Vote: Response<typeof Vote>
  readonly BeginQuorumEpoch: Response<typeof BeginQuorumEpoch>
  readonly EndQuorumEpoch: Response<typeof EndQuorumEpoch>
  readonly Fetch: Response<typeof Fetch>
  readonly FetchSnapshot: Response<typeof FetchSnapshot>
  readonly AddRaftVoter: Response<typeof AddRaftVoter>
  readonly RemoveRaftVoter: Response<typeof RemoveRaftVoter>
  readonly UpdateRaftVoter: Response<typeof UpdateRaftVoter>
  readonly ApiVersions: Response<typeof ApiVersions>
}

/** Whole, checked batches of the records of a fetch. May throw what the bytes deserve. */
export type BatchReader = (records: Buffer) => FetchedBatch[]

type Kind = OutgoingRequest['kind']
type Readers = {
  readonly [K in Kind]: (body: RaftResponseBodies[K], readBatches: BatchReader) => RaftResponse | undefined
}

/** Undefined: the answer is not about the metadata partition; treat the request as failed. */
export function fromWireResponse<K extends Kind>(
  kind: K,
  body: RaftResponseBodies[K],
  readBatches: BatchReader,
): RaftResponse | undefined {
  return readers[kind](body, readBatches)
}

interface NodeEndpoint {
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

function leaderOf(leaderId: number, leaderEpoch: number, endpoints: readonly NodeEndpoint[]): LeaderInfo {
  const found = endpoints.find((endpoint) => endpoint.nodeId === leaderId)
  const leaderEndpoint = found === undefined ? undefined : { name: '', host: found.host, port: found.port }
  return { leaderId, leaderEpoch, leaderEndpoint }
}

type VoteLike = RaftResponseBodies['BeginQuorumEpoch']

const noLeader: LeaderInfo = { leaderId: -1, leaderEpoch: -1, leaderEndpoint: undefined }

/** What the answers to Vote, BeginQuorumEpoch and EndQuorumEpoch have in common. */
function answerOf({ errorCode, topics, nodeEndpoints }: VoteLike): (LeaderInfo & { errorCode: number }) | undefined {
  if (errorCode !== ErrorCode.NONE) return { errorCode, ...noLeader }
  const partition = onlyPartition(topics)
  if (partition === undefined) return undefined
  return { errorCode: partition.errorCode, ...leaderOf(partition.leaderId, partition.leaderEpoch, nodeEndpoints) }
}

const readers: Readers = {
  Vote(body) {
    const answer = answerOf(body)
    const voteGranted = onlyPartition(body.topics)?.voteGranted === true
    return answer === undefined ? undefined : { kind: 'Vote', ...answer, voteGranted }
  },
  BeginQuorumEpoch(body) {
    const answer = answerOf(body)
    return answer === undefined ? undefined : { kind: 'BeginQuorumEpoch', ...answer }
  },
  EndQuorumEpoch(body) {
    const answer = answerOf(body)
    return answer === undefined ? undefined : { kind: 'EndQuorumEpoch', ...answer }
  },
  Fetch({ errorCode, responses, nodeEndpoints }, readBatches) {
    const nothing = { highWatermark: -1, logStartOffset: -1, diverging: undefined, snapshotId: undefined, batches: [] }
    if (errorCode !== ErrorCode.NONE) return { kind: 'Fetch', errorCode, ...noLeader, ...nothing }
    const partition = onlyPartition(responses)
    if (partition === undefined) return undefined
    const { currentLeader, divergingEpoch, snapshotId, records } = partition
    return {
      kind: 'Fetch',
      errorCode: partition.errorCode,
      ...leaderOf(currentLeader.leaderId, currentLeader.leaderEpoch, nodeEndpoints),
      highWatermark: partition.highWatermark,
      logStartOffset: partition.logStartOffset,
      diverging:
        divergingEpoch.epoch < 0 ? undefined : { epoch: divergingEpoch.epoch, offset: divergingEpoch.endOffset },
      snapshotId: snapshotId.epoch < 0 ? undefined : { epoch: snapshotId.epoch, offset: snapshotId.endOffset },
      batches: Buffer.isBuffer(records) && partition.errorCode === ErrorCode.NONE ? readBatches(records) : [],
    }
  },
  FetchSnapshot({ errorCode, topics, nodeEndpoints }) {
    const nothing = { snapshotId: { offset: -1, epoch: -1 }, size: 0, position: 0, bytes: Buffer.alloc(0) }
    if (errorCode !== ErrorCode.NONE) return { kind: 'FetchSnapshot', errorCode, ...noLeader, ...nothing }
    const partition = onlyPartition(topics)
    if (partition === undefined) return undefined
    const { currentLeader, snapshotId, size, position, unalignedRecords } = partition
    return {
      kind: 'FetchSnapshot',
      errorCode: partition.errorCode,
      ...leaderOf(currentLeader.leaderId, currentLeader.leaderEpoch, nodeEndpoints),
      snapshotId: { offset: snapshotId.endOffset, epoch: snapshotId.epoch },
      size,
      position,
      bytes: Buffer.isBuffer(unalignedRecords) ? unalignedRecords : Buffer.alloc(0),
    }
  },
  AddRaftVoter: ({ errorCode, errorMessage }) => ({ kind: 'AddRaftVoter', errorCode, errorMessage }),
  RemoveRaftVoter: ({ errorCode, errorMessage }) => ({ kind: 'RemoveRaftVoter', errorCode, errorMessage }),
  UpdateRaftVoter({ errorCode, currentLeader }) {
    const { leaderId, leaderEpoch, host, port } = currentLeader
    const endpoints = host === '' ? [] : [{ nodeId: leaderId, host, port }]
    return { kind: 'UpdateRaftVoter', errorCode, ...leaderOf(leaderId, leaderEpoch, endpoints) }
  },
  ApiVersions({ errorCode, supportedFeatures }) {
    const feature = supportedFeatures.find(({ name }) => name === 'kraft.version')
    const { minVersion = -1, maxVersion = -1 } = feature ?? {}
    return { kind: 'ApiVersions', errorCode, kraftVersionMin: minVersion, kraftVersionMax: maxVersion }
  },
}
