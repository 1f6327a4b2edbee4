/**
 * SaslAuthenticate (36): carries one step of SASL authentication.
 *
 * Versions 0 to 2, flexible from 2. What changed:
 * - 1: response adds sessionLifetimeMs.
 * - 2: flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { bytes, int16, int64, string } from '../schema/field.ts'

export const SaslAuthenticate = defineApi({
  key: 36,
  name: 'SaslAuthenticate',
  route: 'broker',
  versions: '0-2',
  flexible: 2,
  listeners: ['broker', 'controller'],
  request: {
    authBytes: bytes(),
  },
  response: {
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
    authBytes: bytes(),
    sessionLifetimeMs: int64({ v: '1+', ignorable: true }),
  },
})

export interface SaslAuthenticateRequest extends Request<typeof SaslAuthenticate> {}
export interface SaslAuthenticateResponse extends Response<typeof SaslAuthenticate> {}
