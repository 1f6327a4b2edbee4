/**
 * Envelope (58): carries a client's request from a broker to the controller, with the client's principal.
 *
 * Version 0, flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { bytes, int16 } from '../schema/field.ts'

export const Envelope = defineApi({
  key: 58,
  name: 'Envelope',
  route: 'controller',
  versions: '0',
  flexible: 0,
  listeners: ['controller'],
  clusterAction: true,
  request: {
    requestData: bytes(),
    requestPrincipal: bytes({ nullable: '0+' }),
    clientHostAddress: bytes(),
  },
  response: {
    responseData: bytes({ nullable: '0+', default: null }),
    errorCode: int16(),
  },
})

export interface EnvelopeRequest extends Request<typeof Envelope> {}
export interface EnvelopeResponse extends Response<typeof Envelope> {}
