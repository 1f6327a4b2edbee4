/**
 * AlterPartition (56): lets a partition leader change the in-sync replicas.
 *
 * Versions 2 to 3, all flexible. What changed:
 * - 3: request adds topics[].partitions[].newIsrWithEpochs; drops topics[].partitions[].newIsr.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, type Item, int8, int16, int32, int64, uuid } from '../schema/field.ts'

export const AlterPartition = defineApi({
  key: 56,
  name: 'AlterPartition',
  route: 'controller',
  versions: '2-3',
  flexible: 0,
  listeners: ['controller'],
  clusterAction: true,
  request: {
    brokerId: int32(),
    brokerEpoch: int64({ default: -1 }),
    topics: array({
      topicId: uuid(),
      partitions: array({
        partitionIndex: int32(),
        leaderEpoch: int32(),
        newIsr: array(int32(), { v: '0-2' }),
        newIsrWithEpochs: array({ brokerId: int32(), brokerEpoch: int64({ default: -1 }) }, { v: '3+' }),
        leaderRecoveryState: int8(),
        partitionEpoch: int32(),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    topics: array({
      topicId: uuid(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        leaderId: int32(),
        leaderEpoch: int32(),
        isr: array(int32()),
        leaderRecoveryState: int8(),
        partitionEpoch: int32(),
      }),
    }),
  },
})

export interface AlterPartitionRequest extends Request<typeof AlterPartition> {}
export interface AlterPartitionResponse extends Response<typeof AlterPartition> {}
export interface AlterPartitionRequestPartition extends Item<Item<AlterPartitionRequest['topics']>['partitions']> {}
export interface AlterPartitionResponsePartition extends Item<Item<AlterPartitionResponse['topics']>['partitions']> {}
