/**
 * CreateTopics (19): creates topics.
 *
 * Versions 2 to 7, flexible from 5. What changed:
 * - 5: flexible; response adds topics[].topicConfigErrorCode, topics[].numPartitions, topics[].replicationFactor,
 *   topics[].configs.
 * - 7: response adds topics[].topicId.
 * - 3, 4, 6: same layout, behaviour only.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bool, type Item, int8, int16, int32, string, uuid } from '../schema/field.ts'

export const CreateTopics = defineApi({
  key: 19,
  name: 'CreateTopics',
  route: 'controller',
  versions: '2-7',
  flexible: 5,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    topics: array({
      name: string(),
      numPartitions: int32(),
      replicationFactor: int16(),
      assignments: array({
        partitionIndex: int32(),
        brokerIds: array(int32()),
      }),
      configs: array({ name: string(), value: string({ nullable: '0+' }) }),
    }),
    timeoutMs: int32({ default: 60000 }),
    validateOnly: bool(),
  },
  response: {
    throttleTimeMs: int32(),
    topics: array({
      name: string(),
      topicId: uuid({ v: '7+', ignorable: true }),
      errorCode: int16(),
      errorMessage: string({ nullable: '0+' }),
      topicConfigErrorCode: int16({ v: '5+', tag: 0, ignorable: true }),
      numPartitions: int32({ v: '5+', default: -1, ignorable: true }),
      replicationFactor: int16({ v: '5+', default: -1, ignorable: true }),
      configs: array(
        {
          name: string(),
          value: string({ nullable: '5+' }),
          readOnly: bool(),
          configSource: int8({ default: -1 }),
          isSensitive: bool(),
        },
        { v: '5+', nullable: '5+', ignorable: true },
      ),
    }),
  },
})

export interface CreateTopicsRequest extends Request<typeof CreateTopics> {}
export interface CreateTopicsResponse extends Response<typeof CreateTopics> {}
export interface CreatableTopic extends Item<CreateTopicsRequest['topics']> {}
export interface CreatableTopicResult extends Item<CreateTopicsResponse['topics']> {}
