import { decodeResponse, ErrorCode, encodeRequest, joinChunks, Produce } from '@millrace/protocol'
import { expect, it } from 'vitest'
import { refusal } from './refusal.ts'

it('refuses every partition of the request', () => {
  const partitionData = [0, 4].map((index) => ({ index, records: Buffer.from('x') }))
  const body = { acks: -1, topicData: [{ name: 'orders', partitionData }] }
  const request = joinChunks(encodeRequest(Produce, 12, { correlationId: 9, clientId: null }, body)).subarray(4)
  const { correlationId, body: reply } = decodeResponse(Produce, 12, refusal(request, ErrorCode.NOT_ENOUGH_REPLICAS))
  expect(correlationId).toBe(9)
  const partitionResponses = [0, 4].map((index) => ({ index, errorCode: ErrorCode.NOT_ENOUGH_REPLICAS }))
  expect(reply.responses).toMatchObject([{ name: 'orders', partitionResponses }])
})
