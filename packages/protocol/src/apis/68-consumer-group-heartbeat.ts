/**
 * ConsumerGroupHeartbeat (68): joins, keeps up and leaves a consumer group; the assignment comes in the answer.
 *
 * Versions 0 to 1, all flexible. What changed:
 * - 1: request adds subscribedTopicRegex.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, type Item, int16, int32, type Present, string, struct, uuid } from '../schema/field.ts'

const topicPartitions = {
  topicId: uuid(),
  partitions: array(int32()),
}

export const ConsumerGroupHeartbeat = defineApi({
  key: 68,
  name: 'ConsumerGroupHeartbeat',
  route: 'group',
  versions: '0-1',
  flexible: 0,
  request: {
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    instanceId: string({ nullable: '0+', default: null }),
    rackId: string({ nullable: '0+', default: null }),
    rebalanceTimeoutMs: int32({ default: -1 }),
    subscribedTopicNames: array(string(), { nullable: '0+', default: null }),
    subscribedTopicRegex: string({ v: '1+', nullable: '1+', default: null }),
    serverAssignor: string({ nullable: '0+', default: null }),
    topicPartitions: array(
      {
        topicId: uuid(),
        partitions: array(int32()),
      },
      { nullable: '0+', default: null },
    ),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    memberId: string({ nullable: '0+', default: null }),
    memberEpoch: int32(),
    heartbeatIntervalMs: int32(),
    assignment: struct(
      {
        topicPartitions: array(topicPartitions),
      },
      { nullable: '0+', default: null },
    ),
  },
})

export interface ConsumerGroupHeartbeatRequest extends Request<typeof ConsumerGroupHeartbeat> {}
export interface ConsumerGroupHeartbeatResponse extends Response<typeof ConsumerGroupHeartbeat> {}
export interface ConsumerGroupHeartbeatTopicPartitions extends Item<ConsumerGroupHeartbeatRequest['topicPartitions']> {}
export interface ConsumerGroupHeartbeatAssignment extends Present<ConsumerGroupHeartbeatResponse['assignment']> {}
