/**
 * AllocateProducerIds (67): reserves a block of producer ids for a broker.
 *
 * Version 0, flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { int16, int32, int64 } from '../schema/field.ts'

export const AllocateProducerIds = defineApi({
  key: 67,
  name: 'AllocateProducerIds',
  route: 'controller',
  versions: '0',
  flexible: 0,
  listeners: ['controller'],
  forwardable: true,
  clusterAction: true,
  request: {
    brokerId: int32(),
    brokerEpoch: int64({ default: -1 }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    producerIdStart: int64(),
    producerIdLen: int32(),
  },
})

export interface AllocateProducerIdsRequest extends Request<typeof AllocateProducerIds> {}
export interface AllocateProducerIdsResponse extends Response<typeof AllocateProducerIds> {}
