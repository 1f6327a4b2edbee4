/**
 * AssignReplicasToDirs (73): tells the controller which log directory holds which replica.
 *
 * Version 0, flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, int16, int32, int64, uuid } from '../schema/field.ts'

export const AssignReplicasToDirs = defineApi({
  key: 73,
  name: 'AssignReplicasToDirs',
  route: 'controller',
  versions: '0',
  flexible: 0,
  listeners: ['controller'],
  request: {
    brokerId: int32(),
    brokerEpoch: int64({ default: -1 }),
    directories: array({
      id: uuid(),
      topics: array({
        topicId: uuid(),
        partitions: array({ partitionIndex: int32() }),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    directories: array({
      id: uuid(),
      topics: array({
        topicId: uuid(),
        partitions: array({ partitionIndex: int32(), errorCode: int16() }),
      }),
    }),
  },
})

export interface AssignReplicasToDirsRequest extends Request<typeof AssignReplicasToDirs> {}
export interface AssignReplicasToDirsResponse extends Response<typeof AssignReplicasToDirs> {}
