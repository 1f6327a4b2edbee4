/**
 * DescribeGroups (15): describes classic groups and their members.
 *
 * Versions 0 to 6, flexible from 5. What changed:
 * - 1: response adds throttleTimeMs.
 * - 3: request adds includeAuthorizedOperations; response adds groups[].authorizedOperations.
 * - 4: response adds groups[].members[].groupInstanceId.
 * - 5: flexible.
 * - 6: response adds groups[].errorMessage.
 * - 2: same layout, behaviour only.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bool, bytes, type Item, int16, int32, string } from '../schema/field.ts'

export const DescribeGroups = defineApi({
  key: 15,
  name: 'DescribeGroups',
  route: 'group',
  versions: '0-6',
  flexible: 5,
  request: {
    groups: array(string()),
    includeAuthorizedOperations: bool({ v: '3+' }),
  },
  response: {
    throttleTimeMs: int32({ v: '1+', ignorable: true }),
    groups: array({
      errorCode: int16(),
      errorMessage: string({ v: '6+', nullable: '6+', default: null }),
      groupId: string(),
      groupState: string(),
      protocolType: string(),
      protocolData: string(),
      members: array({
        memberId: string(),
        groupInstanceId: string({ v: '4+', nullable: '4+', default: null, ignorable: true }),
        clientId: string(),
        clientHost: string(),
        memberMetadata: bytes(),
        memberAssignment: bytes(),
      }),
      authorizedOperations: int32({ v: '3+', default: -2147483648 }),
    }),
  },
})

export interface DescribeGroupsRequest extends Request<typeof DescribeGroups> {}
export interface DescribeGroupsResponse extends Response<typeof DescribeGroups> {}
export interface DescribedGroup extends Item<DescribeGroupsResponse['groups']> {}
export interface DescribedGroupMember extends Item<DescribedGroup['members']> {}
