/**
 * ElectLeaders (43): elects preferred or unclean leaders.
 *
 * Versions 0 to 2, flexible from 2. What changed:
 * - 1: request adds electionType; response adds errorCode.
 * - 2: flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, int8, int16, int32, string } from '../schema/field.ts'

export const ElectLeaders = defineApi({
  key: 43,
  name: 'ElectLeaders',
  route: 'controller',
  versions: '0-2',
  flexible: 2,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    electionType: int8({ v: '1+' }),
    topicPartitions: array(
      {
        topic: string(),
        partitions: array(int32()),
      },
      { nullable: '0+' },
    ),
    timeoutMs: int32({ default: 60000 }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16({ v: '1+' }),
    replicaElectionResults: array({
      topic: string(),
      partitionResult: array({
        partitionId: int32(),
        errorCode: int16(),
        errorMessage: string({ nullable: '0+' }),
      }),
    }),
  },
})

export interface ElectLeadersRequest extends Request<typeof ElectLeaders> {}
export interface ElectLeadersResponse extends Response<typeof ElectLeaders> {}
