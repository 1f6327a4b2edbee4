/**
 * UnregisterBroker (64): removes the registration of a broker.
 *
 * Version 0, flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { int16, int32, string } from '../schema/field.ts'

export const UnregisterBroker = defineApi({
  key: 64,
  name: 'UnregisterBroker',
  route: 'any',
  versions: '0',
  flexible: 0,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    brokerId: int32(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
  },
})

export interface UnregisterBrokerRequest extends Request<typeof UnregisterBroker> {}
export interface UnregisterBrokerResponse extends Response<typeof UnregisterBroker> {}
