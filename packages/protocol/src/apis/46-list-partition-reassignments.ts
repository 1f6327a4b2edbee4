/**
 * ListPartitionReassignments (46): lists the moves of replicas under way.
 *
 * Version 0, flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, int16, int32, string } from '../schema/field.ts'

export const ListPartitionReassignments = defineApi({
  key: 46,
  name: 'ListPartitionReassignments',
  route: 'controller',
  versions: '0',
  flexible: 0,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    timeoutMs: int32({ default: 60000 }),
    topics: array(
      {
        name: string(),
        partitionIndexes: array(int32()),
      },
      { nullable: '0+', default: null },
    ),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        replicas: array(int32()),
        addingReplicas: array(int32()),
        removingReplicas: array(int32()),
      }),
    }),
  },
})

export interface ListPartitionReassignmentsRequest extends Request<typeof ListPartitionReassignments> {}
export interface ListPartitionReassignmentsResponse extends Response<typeof ListPartitionReassignments> {}
