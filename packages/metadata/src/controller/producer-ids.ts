/** Producer ids are handed out in blocks, each to one broker, none twice. Reference section 2.7. */
import { ErrorCode } from '@millrace/protocol'
import type { ControllerContext, Decision } from './decision.ts'

/** Ids in a block. */
export const producerIdBlockSize = 1000

export interface ProducerIdBlock {
  readonly errorCode: number
  readonly producerIdStart: number
  readonly producerIdLen: number
}

export function allocateProducerIds(
  { image }: ControllerContext,
  request: { readonly brokerId: number; readonly brokerEpoch: number },
): Decision<ProducerIdBlock> {
  const broker = image.brokers.get(request.brokerId)
  if (broker === undefined || broker.epoch !== request.brokerEpoch) {
    const errorCode = broker === undefined ? ErrorCode.BROKER_ID_NOT_REGISTERED : ErrorCode.STALE_BROKER_EPOCH
    return { records: [], reply: { errorCode, producerIdStart: 0, producerIdLen: 0 } }
  }
  const start = image.nextProducerId
  const data = {
    brokerId: request.brokerId,
    brokerEpoch: request.brokerEpoch,
    nextProducerId: start + producerIdBlockSize,
  }
  return {
    records: [{ type: 'ProducerIdsRecord', version: 0, data }],
    reply: { errorCode: ErrorCode.NONE, producerIdStart: start, producerIdLen: producerIdBlockSize },
  }
}
