/**
 * Vote (52): asks a voter for its vote in a leader election of the metadata quorum.
 *
 * Versions 0 to 2, all flexible. What changed:
 * - 1: request adds voterId, topics[].partitions[].replicaDirectoryId, topics[].partitions[].voterDirectoryId;
 *   response adds nodeEndpoints.
 * - 2: request adds topics[].partitions[].preVote.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bool, int16, int32, int64, string, uint16, uuid } from '../schema/field.ts'

export const Vote = defineApi({
  key: 52,
  name: 'Vote',
  route: 'broker',
  versions: '0-2',
  flexible: 0,
  listeners: ['controller'],
  clusterAction: true,
  request: {
    clusterId: string({ nullable: '0+', default: null }),
    voterId: int32({ v: '1+', default: -1, ignorable: true }),
    topics: array({
      topicName: string(),
      partitions: array({
        partitionIndex: int32(),
        replicaEpoch: int32(),
        replicaId: int32(),
        replicaDirectoryId: uuid({ v: '1+', ignorable: true }),
        voterDirectoryId: uuid({ v: '1+', ignorable: true }),
        lastOffsetEpoch: int32(),
        lastOffset: int64(),
        preVote: bool({ v: '2+' }),
      }),
    }),
  },
  response: {
    errorCode: int16(),
    topics: array({
      topicName: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        leaderId: int32(),
        leaderEpoch: int32(),
        voteGranted: bool(),
      }),
    }),
    nodeEndpoints: array({ nodeId: int32(), host: string(), port: uint16() }, { v: '1+', tag: 0 }),
  },
})

export interface VoteRequest extends Request<typeof Vote> {}
export interface VoteResponse extends Response<typeof Vote> {}
