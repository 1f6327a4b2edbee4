/**
 * CreatePartitions (37): adds partitions to topics.
 *
 * Versions 0 to 3, flexible from 2. What changed:
 * - 2: flexible.
 * - 1, 3: same layout, behaviour only.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bool, type Item, int16, int32, string } from '../schema/field.ts'

export const CreatePartitions = defineApi({
  key: 37,
  name: 'CreatePartitions',
  route: 'controller',
  versions: '0-3',
  flexible: 2,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    topics: array({
      name: string(),
      count: int32(),
      assignments: array(
        {
          brokerIds: array(int32()),
        },
        { nullable: '0+' },
      ),
    }),
    timeoutMs: int32(),
    validateOnly: bool(),
  },
  response: {
    throttleTimeMs: int32(),
    results: array({
      name: string(),
      errorCode: int16(),
      errorMessage: string({ nullable: '0+', default: null }),
    }),
  },
})

export interface CreatePartitionsRequest extends Request<typeof CreatePartitions> {}
export interface CreatePartitionsResponse extends Response<typeof CreatePartitions> {}
export interface CreatePartitionsTopic extends Item<CreatePartitionsRequest['topics']> {}
export interface CreatePartitionsTopicResult extends Item<CreatePartitionsResponse['results']> {}
