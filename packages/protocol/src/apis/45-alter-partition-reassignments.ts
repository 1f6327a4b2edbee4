/**
 * AlterPartitionReassignments (45): starts or cancels moving replicas to other brokers.
 *
 * Versions 0 to 1, all flexible. What changed:
 * - 1: request adds allowReplicationFactorChange; response adds allowReplicationFactorChange.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bool, int16, int32, string } from '../schema/field.ts'

export const AlterPartitionReassignments = defineApi({
  key: 45,
  name: 'AlterPartitionReassignments',
  route: 'controller',
  versions: '0-1',
  flexible: 0,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    timeoutMs: int32({ default: 60000 }),
    allowReplicationFactorChange: bool({ v: '1+', default: true }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        replicas: array(int32(), { nullable: '0+', default: null }),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    allowReplicationFactorChange: bool({ v: '1+', default: true, ignorable: true }),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
    responses: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: string({ nullable: '0+' }),
      }),
    }),
  },
})

export interface AlterPartitionReassignmentsRequest extends Request<typeof AlterPartitionReassignments> {}
export interface AlterPartitionReassignmentsResponse extends Response<typeof AlterPartitionReassignments> {}
