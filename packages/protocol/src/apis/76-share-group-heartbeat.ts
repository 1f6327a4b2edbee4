/**
 * ShareGroupHeartbeat (76): joins, keeps up and leaves a share group.
 *
 * Version 1, flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, int16, int32, type Present, string, struct, uuid } from '../schema/field.ts'

const topicPartitions = {
  topicId: uuid(),
  partitions: array(int32()),
}

export const ShareGroupHeartbeat = defineApi({
  key: 76,
  name: 'ShareGroupHeartbeat',
  route: 'group',
  versions: '1',
  flexible: 0,
  request: {
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    rackId: string({ nullable: '0+', default: null }),
    subscribedTopicNames: array(string(), { nullable: '0+', default: null }),
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

export interface ShareGroupHeartbeatRequest extends Request<typeof ShareGroupHeartbeat> {}
export interface ShareGroupHeartbeatResponse extends Response<typeof ShareGroupHeartbeat> {}
export interface ShareGroupHeartbeatAssignment extends Present<ShareGroupHeartbeatResponse['assignment']> {}
