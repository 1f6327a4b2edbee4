/** Now and then the coordinator acknowledges a commit and forgets it. */
import { randomBelow } from '@millrace/base'
import {
  decodeRequestBody,
  decodeRequestHeader,
  ErrorCode,
  encodeResponse,
  frameLengthSize,
  joinChunks,
  OffsetCommit,
} from '@millrace/protocol'
import { groupOffsets } from '../checkers/group-offsets.ts'
import { tapTransport } from './frame-tap.ts'
import type { Plant } from './plant.ts'

const oneIn = 4

export const commitForgotten: Plant = {
  name: 'commit-forgotten',
  fault: `one in ${oneIn} commits of a group's offsets is acknowledged and not kept`,
  foundBy: [groupOffsets.name],
  seedCountMax: 10,
  create: () => ({
    transport: (inner, { random }) =>
      tapTransport(
        inner,
        () => {},
        () => ({
          request(frame) {
            const { apiKey, apiVersion, correlationId, bodyPosition } = decodeRequestHeader(frame)
            if (apiKey !== OffsetCommit.key || randomBelow(random, oneIn) !== 0) return { forward: frame }
            const { topics } = decodeRequestBody(OffsetCommit, apiVersion, frame, bodyPosition)
            const body = {
              topics: topics.map(({ name, topicId, partitions }) => ({
                name,
                topicId,
                partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: ErrorCode.NONE })),
              })),
            }
            const reply = joinChunks(encodeResponse(OffsetCommit, apiVersion, correlationId, body))
            return { reply: reply.subarray(frameLengthSize) }
          },
        }),
      ),
  }),
}
