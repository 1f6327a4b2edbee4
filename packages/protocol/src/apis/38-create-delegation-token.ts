/**
 * CreateDelegationToken (38): creates a delegation token.
 *
 * Versions 1 to 3, flexible from 2. What changed:
 * - 2: flexible.
 * - 3: request adds ownerPrincipalType, ownerPrincipalName; response adds tokenRequesterPrincipalType,
 *   tokenRequesterPrincipalName.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bytes, int16, int32, int64, string } from '../schema/field.ts'

export const CreateDelegationToken = defineApi({
  key: 38,
  name: 'CreateDelegationToken',
  route: 'controller',
  versions: '1-3',
  flexible: 2,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    ownerPrincipalType: string({ v: '3+', nullable: '3+' }),
    ownerPrincipalName: string({ v: '3+', nullable: '3+' }),
    renewers: array({ principalType: string(), principalName: string() }),
    maxLifetimeMs: int64(),
  },
  response: {
    errorCode: int16(),
    principalType: string(),
    principalName: string(),
    tokenRequesterPrincipalType: string({ v: '3+' }),
    tokenRequesterPrincipalName: string({ v: '3+' }),
    issueTimestampMs: int64(),
    expiryTimestampMs: int64(),
    maxTimestampMs: int64(),
    tokenId: string(),
    hmac: bytes(),
    throttleTimeMs: int32(),
  },
})

export interface CreateDelegationTokenRequest extends Request<typeof CreateDelegationToken> {}
export interface CreateDelegationTokenResponse extends Response<typeof CreateDelegationToken> {}
