/**
 * ConsumerGroupDescribe (69): describes consumer groups and their members.
 *
 * Versions 0 to 1, all flexible. What changed:
 * - 1: response adds groups[].members[].memberType.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bool, type Item, int8, int16, int32, string, struct, uuid } from '../schema/field.ts'

const topicPartitions = {
  topicId: uuid(),
  topicName: string(),
  partitions: array(int32()),
}

const assignment = {
  topicPartitions: array(topicPartitions),
}

export const ConsumerGroupDescribe = defineApi({
  key: 69,
  name: 'ConsumerGroupDescribe',
  route: 'group',
  versions: '0-1',
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
        instanceId: string({ nullable: '0+', default: null }),
        rackId: string({ nullable: '0+', default: null }),
        memberEpoch: int32(),
        clientId: string(),
        clientHost: string(),
        subscribedTopicNames: array(string()),
        subscribedTopicRegex: string({ nullable: '0+', default: null }),
        assignment: struct(assignment),
        targetAssignment: struct(assignment),
        memberType: int8({ v: '1+', default: -1, ignorable: true }),
      }),
      authorizedOperations: int32({ default: -2147483648 }),
    }),
  },
})

export interface ConsumerGroupDescribeRequest extends Request<typeof ConsumerGroupDescribe> {}
export interface ConsumerGroupDescribeResponse extends Response<typeof ConsumerGroupDescribe> {}
export interface ConsumerGroupDescribedGroup extends Item<ConsumerGroupDescribeResponse['groups']> {}
export interface ConsumerGroupDescribedMember extends Item<ConsumerGroupDescribedGroup['members']> {}
