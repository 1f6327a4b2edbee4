/**
 * DeleteTopics (20): deletes topics.
 *
 * Versions 1 to 6, flexible from 4. What changed:
 * - 4: flexible.
 * - 5: response adds responses[].errorMessage.
 * - 6: request adds topics; drops topicNames; response adds responses[].topicId; allows null for responses[].name.
 * - 2, 3: same layout, behaviour only.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, type Item, int16, int32, string, uuid } from '../schema/field.ts'

export const DeleteTopics = defineApi({
  key: 20,
  name: 'DeleteTopics',
  route: 'controller',
  versions: '1-6',
  flexible: 4,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    topics: array({ name: string({ nullable: '6+', default: null }), topicId: uuid() }, { v: '6+' }),
    topicNames: array(string(), { v: '0-5', ignorable: true }),
    timeoutMs: int32(),
  },
  response: {
    throttleTimeMs: int32(),
    responses: array({
      name: string({ nullable: '6+' }),
      topicId: uuid({ v: '6+', ignorable: true }),
      errorCode: int16(),
      errorMessage: string({ v: '5+', nullable: '5+', default: null, ignorable: true }),
    }),
  },
})

export interface DeleteTopicsRequest extends Request<typeof DeleteTopics> {}
export interface DeleteTopicsResponse extends Response<typeof DeleteTopics> {}
export interface DeletableTopicResult extends Item<DeleteTopicsResponse['responses']> {}
