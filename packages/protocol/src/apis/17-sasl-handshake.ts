/**
 * SaslHandshake (17): chooses the SASL mechanism of the connection.
 *
 * Versions 0 to 1, never flexible. All have the same layout.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, int16, string } from '../schema/field.ts'

export const SaslHandshake = defineApi({
  key: 17,
  name: 'SaslHandshake',
  route: 'broker',
  versions: '0-1',
  flexible: Infinity,
  listeners: ['broker', 'controller'],
  request: {
    mechanism: string(),
  },
  response: {
    errorCode: int16(),
    mechanisms: array(string()),
  },
})

export interface SaslHandshakeRequest extends Request<typeof SaslHandshake> {}
export interface SaslHandshakeResponse extends Response<typeof SaslHandshake> {}
