/**
 * RenewDelegationToken (39): renews a delegation token.
 *
 * Versions 1 to 2, flexible from 2. What changed:
 * - 2: flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { bytes, int16, int32, int64 } from '../schema/field.ts'

export const RenewDelegationToken = defineApi({
  key: 39,
  name: 'RenewDelegationToken',
  route: 'controller',
  versions: '1-2',
  flexible: 2,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    hmac: bytes(),
    renewPeriodMs: int64(),
  },
  response: {
    errorCode: int16(),
    expiryTimestampMs: int64(),
    throttleTimeMs: int32(),
  },
})

export interface RenewDelegationTokenRequest extends Request<typeof RenewDelegationToken> {}
export interface RenewDelegationTokenResponse extends Response<typeof RenewDelegationToken> {}
