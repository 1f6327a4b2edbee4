/**
 * DescribeQuorum (55): describes the metadata quorum: voters, observers and how far they are.
 *
 * Versions 0 to 2, all flexible. What changed:
 * - 1: response adds ReplicaState.lastFetchTimestamp, ReplicaState.lastCaughtUpTimestamp.
 * - 2: response adds errorMessage, topics[].partitions[].errorMessage, ReplicaState.replicaDirectoryId, nodes.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, type Item, int16, int32, int64, string, uint16, uuid } from '../schema/field.ts'

const replicaState = {
  replicaId: int32(),
  replicaDirectoryId: uuid({ v: '2+' }),
  logEndOffset: int64(),
  lastFetchTimestamp: int64({ v: '1+', default: -1, ignorable: true }),
  lastCaughtUpTimestamp: int64({ v: '1+', default: -1, ignorable: true }),
}

export const DescribeQuorum = defineApi({
  key: 55,
  name: 'DescribeQuorum',
  route: 'any',
  versions: '0-2',
  flexible: 0,
  listeners: ['broker', 'controller'],
  forwardable: true,
  clusterAction: true,
  request: {
    topics: array({
      topicName: string(),
      partitions: array({ partitionIndex: int32() }),
    }),
  },
  response: {
    errorCode: int16(),
    errorMessage: string({ v: '2+', nullable: '2+', ignorable: true }),
    topics: array({
      topicName: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: string({ v: '2+', nullable: '2+', ignorable: true }),
        leaderId: int32(),
        leaderEpoch: int32(),
        highWatermark: int64(),
        currentVoters: array(replicaState),
        observers: array(replicaState),
      }),
    }),
    nodes: array(
      {
        nodeId: int32(),
        listeners: array({ name: string(), host: string(), port: uint16() }),
      },
      { v: '2+' },
    ),
  },
})

export interface DescribeQuorumRequest extends Request<typeof DescribeQuorum> {}
export interface DescribeQuorumResponse extends Response<typeof DescribeQuorum> {}
export interface DescribeQuorumPartition extends Item<Item<DescribeQuorumResponse['topics']>['partitions']> {}
