/**
 * Heartbeat (12): keeps a member of a classic group alive and tells it of rebalances.
 *
 * Versions 0 to 4, flexible from 4. What changed:
 * - 1: response adds throttleTimeMs.
 * - 3: request adds groupInstanceId.
 * - 4: flexible.
 * - 2: same layout, behaviour only.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { int16, int32, string } from '../schema/field.ts'

export const Heartbeat = defineApi({
  key: 12,
  name: 'Heartbeat',
  route: 'group',
  versions: '0-4',
  flexible: 4,
  request: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: string({ v: '3+', nullable: '3+', default: null }),
  },
  response: {
    throttleTimeMs: int32({ v: '1+', ignorable: true }),
    errorCode: int16(),
  },
})

export interface HeartbeatRequest extends Request<typeof Heartbeat> {}
export interface HeartbeatResponse extends Response<typeof Heartbeat> {}
