/**
 * JoinGroup (11): makes a client a member of a classic group and starts a rebalance.
 *
 * Versions 0 to 9, flexible from 6. What changed:
 * - 1: request adds rebalanceTimeoutMs.
 * - 2: response adds throttleTimeMs.
 * - 5: request adds groupInstanceId; response adds members[].groupInstanceId.
 * - 6: flexible.
 * - 7: response adds protocolType; allows null for protocolName.
 * - 8: request adds reason.
 * - 9: response adds skipAssignment.
 * - 3, 4: same layout, behaviour only.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bool, bytes, type Item, int16, int32, string } from '../schema/field.ts'

export const JoinGroup = defineApi({
  key: 11,
  name: 'JoinGroup',
  route: 'group',
  versions: '0-9',
  flexible: 6,
  request: {
    groupId: string(),
    sessionTimeoutMs: int32(),
    rebalanceTimeoutMs: int32({ v: '1+', default: -1, ignorable: true }),
    memberId: string(),
    groupInstanceId: string({ v: '5+', nullable: '5+', default: null }),
    protocolType: string(),
    protocols: array({ name: string(), metadata: bytes() }),
    reason: string({ v: '8+', nullable: '8+', default: null, ignorable: true }),
  },
  response: {
    throttleTimeMs: int32({ v: '2+', ignorable: true }),
    errorCode: int16(),
    generationId: int32({ default: -1 }),
    protocolType: string({ v: '7+', nullable: '7+', default: null, ignorable: true }),
    protocolName: string({ nullable: '7+' }),
    leader: string(),
    skipAssignment: bool({ v: '9+' }),
    memberId: string(),
    members: array({
      memberId: string(),
      groupInstanceId: string({ v: '5+', nullable: '5+', default: null, ignorable: true }),
      metadata: bytes(),
    }),
  },
})

export interface JoinGroupRequest extends Request<typeof JoinGroup> {}
export interface JoinGroupResponse extends Response<typeof JoinGroup> {}
export interface JoinGroupRequestProtocol extends Item<JoinGroupRequest['protocols']> {}
export interface JoinGroupResponseMember extends Item<JoinGroupResponse['members']> {}
