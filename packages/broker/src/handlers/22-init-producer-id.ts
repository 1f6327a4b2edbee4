/** InitProducerId, versions 0 to 5, for idempotent producers. 2 flexible, 3 epoch bumps, 4 and 5 for transactions. Rules: reference section 2.7. */
import { ErrorCode, InitProducerId } from '@millrace/protocol'
import { defineHandler } from '../handler.ts'

export const initProducerIdHandler = defineHandler({
  api: InitProducerId,

  async handle(request, _context, services) {
    const failed = (errorCode: number) => ({ errorCode, producerId: -1, producerEpoch: -1 })
    const hasId = request.producerId !== -1
    const hasEpoch = request.producerEpoch !== -1
    if (request.transactionalId === '' || hasId !== hasEpoch) return failed(ErrorCode.INVALID_REQUEST)
    if (request.transactionalId !== null) {
      const timeoutMs = request.transactionTimeoutMs
      if (timeoutMs <= 0 || timeoutMs > services.config.values.number('transaction.max.timeout.ms')) {
        return failed(ErrorCode.INVALID_TRANSACTION_TIMEOUT)
      }
      return failed(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    }
    const producerId = await services.producerIds.next()
    if (producerId === undefined) return failed(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
    return { errorCode: ErrorCode.NONE, producerId, producerEpoch: 0 }
  },
})
