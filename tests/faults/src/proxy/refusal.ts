/** The reply of a broker that appends nothing of a Produce request. */
import {
  decodeRequestBody,
  decodeRequestHeader,
  encodeResponse,
  frameLengthSize,
  joinChunks,
  Produce,
} from '@millrace/protocol'

/** `frame` is the request without its length; so is the result. */
export function refusal(frame: Buffer, errorCode: number): Buffer {
  const { apiVersion, correlationId, bodyPosition } = decodeRequestHeader(frame)
  const { topicData } = decodeRequestBody(Produce, apiVersion, frame, bodyPosition)
  const responses = topicData.map(({ name, topicId, partitionData }) => ({
    name,
    topicId,
    partitionResponses: partitionData.map(({ index }) => ({ index, errorCode, baseOffset: -1 })),
  }))
  return joinChunks(encodeResponse(Produce, apiVersion, correlationId, { responses })).subarray(frameLengthSize)
}
