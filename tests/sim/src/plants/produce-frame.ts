/** A produce request as planted bugs look at it: one batch for one partition, as the simulation's producer sends it. */
import {
  BatchHeader,
  decodeRequestBody,
  decodeRequestHeader,
  ErrorCode,
  encodeResponse,
  frameLengthSize,
  joinChunks,
  Produce,
} from '@millrace/protocol'

export interface ProduceFrame {
  readonly version: number
  readonly correlationId: number
  readonly topicName: string
  readonly topicId: string
  readonly partition: number
  /** A view into the frame. */
  readonly batch: Buffer
  readonly producerId: number
  readonly baseSequence: number
  readonly lastSequence: number
  readonly recordCount: number
}

/** Undefined for another request. */
export function readProduce(frame: Buffer): ProduceFrame | undefined {
  const { apiKey, apiVersion: version, correlationId, bodyPosition } = decodeRequestHeader(frame)
  if (apiKey !== Produce.key) return undefined
  const { topicData } = decodeRequestBody(Produce, version, frame, bodyPosition)
  const topic = topicData[0]
  const data = topic?.partitionData[0]
  const batch = data?.records
  if (topic === undefined || data === undefined || batch === null || batch === undefined) return undefined
  const recordCount = BatchHeader.recordCount(batch, 0)
  const baseSequence = BatchHeader.baseSequence(batch, 0)
  return {
    version,
    correlationId,
    topicName: topic.name,
    topicId: topic.topicId,
    partition: data.index,
    batch,
    producerId: BatchHeader.producerId(batch, 0),
    baseSequence,
    lastSequence: baseSequence + recordCount - 1,
    recordCount,
  }
}

/** An answer to the request, without its length. */
export function acknowledge(request: ProduceFrame, baseOffset: number): Buffer {
  const named = request.version < 13 ? { name: request.topicName } : { topicId: request.topicId }
  const partitionResponses = [{ index: request.partition, errorCode: ErrorCode.NONE, baseOffset }]
  const body = { responses: [{ ...named, partitionResponses }] }
  return joinChunks(encodeResponse(Produce, request.version, request.correlationId, body)).subarray(frameLengthSize)
}
