/**
 * DescribeDelegationToken (41): lists delegation tokens.
 *
 * Versions 1 to 3, flexible from 2. What changed:
 * - 2: flexible.
 * - 3: response adds tokens[].tokenRequesterPrincipalType, tokens[].tokenRequesterPrincipalName.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bytes, type Item, int16, int32, int64, string } from '../schema/field.ts'

export const DescribeDelegationToken = defineApi({
  key: 41,
  name: 'DescribeDelegationToken',
  route: 'any',
  versions: '1-3',
  flexible: 2,
  listeners: ['broker', 'controller'],
  request: {
    owners: array({ principalType: string(), principalName: string() }, { nullable: '0+' }),
  },
  response: {
    errorCode: int16(),
    tokens: array({
      principalType: string(),
      principalName: string(),
      tokenRequesterPrincipalType: string({ v: '3+' }),
      tokenRequesterPrincipalName: string({ v: '3+' }),
      issueTimestamp: int64(),
      expiryTimestamp: int64(),
      maxTimestamp: int64(),
      tokenId: string(),
      hmac: bytes(),
      renewers: array({ principalType: string(), principalName: string() }),
    }),
    throttleTimeMs: int32(),
  },
})

export interface DescribeDelegationTokenRequest extends Request<typeof DescribeDelegationToken> {}
export interface DescribeDelegationTokenResponse extends Response<typeof DescribeDelegationToken> {}
export interface DescribedDelegationToken extends Item<DescribeDelegationTokenResponse['tokens']> {}
