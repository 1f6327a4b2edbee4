/**
 * ExpireDelegationToken (40): ends a delegation token, at once or at a time.
 *
 * Versions 1 to 2, flexible from 2. What changed:
 * - 2: flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { bytes, int16, int32, int64 } from '../schema/field.ts'

export const ExpireDelegationToken = defineApi({
  key: 40,
  name: 'ExpireDelegationToken',
  route: 'controller',
  versions: '1-2',
  flexible: 2,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    hmac: bytes(),
    expiryTimePeriodMs: int64(),
  },
  response: {
    errorCode: int16(),
    expiryTimestampMs: int64(),
    throttleTimeMs: int32(),
  },
})

export interface ExpireDelegationTokenRequest extends Request<typeof ExpireDelegationToken> {}
export interface ExpireDelegationTokenResponse extends Response<typeof ExpireDelegationToken> {}
