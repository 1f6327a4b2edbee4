/**
 * Produce (0): appends record batches to partitions.
 *
 * Versions 3 to 13, flexible from 9. What changed:
 * - 5: response adds responses[].partitionResponses[].logStartOffset.
 * - 8: response adds responses[].partitionResponses[].recordErrors, responses[].partitionResponses[].errorMessage.
 * - 9: flexible.
 * - 10: response adds responses[].partitionResponses[].currentLeader, nodeEndpoints.
 * - 13: request adds topicData[].topicId; drops topicData[].name; response adds responses[].topicId; drops
 *   responses[].name.
 * - 4, 6, 7, 11, 12: same layout, behaviour only.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, type Item, int16, int32, int64, records, string, struct, uuid } from '../schema/field.ts'

export const Produce = defineApi({
  key: 0,
  name: 'Produce',
  route: 'leader',
  versions: '3-13',
  flexible: 9,
  advertisedMin: 0,
  request: {
    transactionalId: string({ nullable: '3+', default: null }),
    acks: int16(),
    timeoutMs: int32(),
    topicData: array({
      name: string({ v: '0-12', ignorable: true }),
      topicId: uuid({ v: '13+', ignorable: true }),
      partitionData: array({ index: int32(), records: records({ nullable: '0+' }) }),
    }),
  },
  response: {
    responses: array({
      name: string({ v: '0-12', ignorable: true }),
      topicId: uuid({ v: '13+', ignorable: true }),
      partitionResponses: array({
        index: int32(),
        errorCode: int16(),
        baseOffset: int64(),
        logAppendTimeMs: int64({ default: -1 }),
        logStartOffset: int64({ v: '5+', default: -1, ignorable: true }),
        recordErrors: array(
          {
            batchIndex: int32(),
            batchIndexErrorMessage: string({ nullable: '8+', default: null }),
          },
          { v: '8+', ignorable: true },
        ),
        errorMessage: string({ v: '8+', nullable: '8+', default: null, ignorable: true }),
        currentLeader: struct(
          { leaderId: int32({ default: -1 }), leaderEpoch: int32({ default: -1 }) },
          { v: '10+', tag: 0 },
        ),
      }),
    }),
    throttleTimeMs: int32(),
    nodeEndpoints: array(
      {
        nodeId: int32(),
        host: string(),
        port: int32(),
        rack: string({ nullable: '10+', default: null }),
      },
      { v: '10+', tag: 0 },
    ),
  },
})

export interface ProduceRequest extends Request<typeof Produce> {}
export interface ProduceResponse extends Response<typeof Produce> {}
export interface ProduceTopicData extends Item<ProduceRequest['topicData']> {}
export interface ProducePartitionData extends Item<ProduceTopicData['partitionData']> {}
export interface ProduceTopicResponse extends Item<ProduceResponse['responses']> {}
export interface ProducePartitionResponse extends Item<ProduceTopicResponse['partitionResponses']> {}
