/**
 * SyncGroup (14): hands out the leader's assignment in a classic group.
 *
 * Versions 0 to 5, flexible from 4. What changed:
 * - 1: response adds throttleTimeMs.
 * - 3: request adds groupInstanceId.
 * - 4: flexible.
 * - 5: request adds protocolType, protocolName; response adds protocolType, protocolName.
 * - 2: same layout, behaviour only.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bytes, type Item, int16, int32, string } from '../schema/field.ts'

export const SyncGroup = defineApi({
  key: 14,
  name: 'SyncGroup',
  route: 'group',
  versions: '0-5',
  flexible: 4,
  request: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: string({ v: '3+', nullable: '3+', default: null }),
    protocolType: string({ v: '5+', nullable: '5+', default: null, ignorable: true }),
    protocolName: string({ v: '5+', nullable: '5+', default: null, ignorable: true }),
    assignments: array({ memberId: string(), assignment: bytes() }),
  },
  response: {
    throttleTimeMs: int32({ v: '1+', ignorable: true }),
    errorCode: int16(),
    protocolType: string({ v: '5+', nullable: '5+', default: null, ignorable: true }),
    protocolName: string({ v: '5+', nullable: '5+', default: null, ignorable: true }),
    assignment: bytes(),
  },
})

export interface SyncGroupRequest extends Request<typeof SyncGroup> {}
export interface SyncGroupResponse extends Response<typeof SyncGroup> {}
export interface SyncGroupRequestAssignment extends Item<SyncGroupRequest['assignments']> {}
