/**
 * BeginQuorumEpoch (53): tells a voter that a leader of the metadata quorum was elected.
 *
 * Versions 0 to 1, flexible from 1. What changed:
 * - 1: flexible; request adds voterId, topics[].partitions[].voterDirectoryId, leaderEndpoints; response adds
 *   nodeEndpoints.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, int16, int32, string, uint16, uuid } from '../schema/field.ts'

export const BeginQuorumEpoch = defineApi({
  key: 53,
  name: 'BeginQuorumEpoch',
  route: 'broker',
  versions: '0-1',
  flexible: 1,
  listeners: ['controller'],
  clusterAction: true,
  request: {
    clusterId: string({ nullable: '0+', default: null }),
    voterId: int32({ v: '1+', default: -1, ignorable: true }),
    topics: array({
      topicName: string(),
      partitions: array({
        partitionIndex: int32(),
        voterDirectoryId: uuid({ v: '1+', ignorable: true }),
        leaderId: int32(),
        leaderEpoch: int32(),
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

export interface BeginQuorumEpochRequest extends Request<typeof BeginQuorumEpoch> {}
export interface BeginQuorumEpochResponse extends Response<typeof BeginQuorumEpoch> {}
