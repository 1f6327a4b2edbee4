/**
 * EndQuorumEpoch (54): tells a voter that the leader of the metadata quorum resigns.
 *
 * Versions 0 to 1, flexible from 1. What changed:
 * - 1: flexible; request adds topics[].partitions[].preferredCandidates, leaderEndpoints; drops
 *   topics[].partitions[].preferredSuccessors; response adds nodeEndpoints.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, int16, int32, string, uint16, uuid } from '../schema/field.ts'

export const EndQuorumEpoch = defineApi({
  key: 54,
  name: 'EndQuorumEpoch',
  route: 'broker',
  versions: '0-1',
  flexible: 1,
  listeners: ['controller'],
  clusterAction: true,
  request: {
    clusterId: string({ nullable: '0+', default: null }),
    topics: array({
      topicName: string(),
      partitions: array({
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32(),
        preferredSuccessors: array(int32(), { v: '0', ignorable: true }),
        preferredCandidates: array(
          { candidateId: int32(), candidateDirectoryId: uuid() },
          { v: '1+', ignorable: true },
        ),
      }),
    }),
    leaderEndpoints: array({ name: string(), host: string(), port: uint16() }, { v: '1+', ignorable: true }),
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
      }),
    }),
    nodeEndpoints: array({ nodeId: int32(), host: string(), port: uint16() }, { v: '1+', tag: 0 }),
  },
})

export interface EndQuorumEpochRequest extends Request<typeof EndQuorumEpoch> {}
export interface EndQuorumEpochResponse extends Response<typeof EndQuorumEpoch> {}
