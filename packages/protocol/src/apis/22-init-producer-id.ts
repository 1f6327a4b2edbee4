/**
 * InitProducerId (22): gives a producer its id and epoch, and fences the ones before it; without a transactional id any broker answers.
 *
 * Versions 0 to 6, flexible from 2. What changed:
 * - 2: flexible.
 * - 3: request adds producerId, producerEpoch.
 * - 6: request adds enable2Pc, keepPreparedTxn; response adds ongoingTxnProducerId, ongoingTxnProducerEpoch.
 * - 1, 4, 5: same layout, behaviour only.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { bool, int16, int32, int64, string } from '../schema/field.ts'

export const InitProducerId = defineApi({
  key: 22,
  name: 'InitProducerId',
  route: 'transaction',
  versions: '0-6',
  flexible: 2,
  stableMax: 5,
  request: {
    transactionalId: string({ nullable: '0+' }),
    transactionTimeoutMs: int32(),
    producerId: int64({ v: '3+', default: -1 }),
    producerEpoch: int16({ v: '3+', default: -1 }),
    enable2Pc: bool({ v: '6+' }),
    keepPreparedTxn: bool({ v: '6+' }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    producerId: int64({ default: -1 }),
    producerEpoch: int16(),
    ongoingTxnProducerId: int64({ v: '6+', default: -1 }),
    ongoingTxnProducerEpoch: int16({ v: '6+', default: -1 }),
  },
})

export interface InitProducerIdRequest extends Request<typeof InitProducerId> {}
export interface InitProducerIdResponse extends Response<typeof InitProducerId> {}
