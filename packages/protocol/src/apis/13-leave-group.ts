/**
 * LeaveGroup (13): takes members out of a classic group.
 *
 * Versions 0 to 5, flexible from 4. What changed:
 * - 1: response adds throttleTimeMs.
 * - 3: request adds members; drops memberId; response adds members.
 * - 4: flexible.
 * - 5: request adds members[].reason.
 * - 2: same layout, behaviour only.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, type Item, int16, int32, string } from '../schema/field.ts'

export const LeaveGroup = defineApi({
  key: 13,
  name: 'LeaveGroup',
  route: 'group',
  versions: '0-5',
  flexible: 4,
  request: {
    groupId: string(),
    memberId: string({ v: '0-2' }),
    members: array(
      {
        memberId: string(),
        groupInstanceId: string({ nullable: '3+', default: null }),
        reason: string({ v: '5+', nullable: '5+', default: null, ignorable: true }),
      },
      { v: '3+' },
    ),
  },
  response: {
    throttleTimeMs: int32({ v: '1+', ignorable: true }),
    errorCode: int16(),
    members: array(
      {
        memberId: string(),
        groupInstanceId: string({ nullable: '3+' }),
        errorCode: int16(),
      },
      { v: '3+' },
    ),
  },
})

export interface LeaveGroupRequest extends Request<typeof LeaveGroup> {}
export interface LeaveGroupResponse extends Response<typeof LeaveGroup> {}
export interface LeaveGroupMemberIdentity extends Item<LeaveGroupRequest['members']> {}
export interface LeaveGroupMemberResponse extends Item<LeaveGroupResponse['members']> {}
