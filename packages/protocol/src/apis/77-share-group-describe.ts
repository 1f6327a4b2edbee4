/**
 * ShareGroupDescribe (77): describes share groups and their members.
 *
 * Version 1, flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bool, type Item, int16, int32, string, struct, uuid } from '../schema/field.ts'

const topicPartitions = {
  topicId: uuid(),
  topicName: string(),
  partitions: array(int32()),
}

const assignment = {
  topicPartitions: array(topicPartitions),
}

export const ShareGroupDescribe = defineApi({
  key: 77,
  name: 'ShareGroupDescribe',
  route: 'group',
  versions: '1',
  flexible: 0,
  request: {
    groupIds: array(string()),
    includeAuthorizedOperations: bool(),
  },
  response: {
    throttleTimeMs: int32(),
    groups: array({
      errorCode: int16(),
      errorMessage: string({ nullable: '0+', default: null }),
      groupId: string(),
      groupState: string(),
      groupEpoch: int32(),
      assignmentEpoch: int32(),
      assignorName: string(),
      members: array({
        memberId: string(),
        rackId: string({ nullable: '0+', default: null }),
        memberEpoch: int32(),
        clientId: string(),
        clientHost: string(),
        subscribedTopicNames: array(string()),
        assignment: struct(assignment),
      }),
      authorizedOperations: int32({ default: -2147483648 }),
    }),
  },
})

export interface ShareGroupDescribeRequest extends Request<typeof ShareGroupDescribe> {}
export interface ShareGroupDescribeResponse extends Response<typeof ShareGroupDescribe> {}
export interface ShareGroupDescribedGroup extends Item<ShareGroupDescribeResponse['groups']> {}
