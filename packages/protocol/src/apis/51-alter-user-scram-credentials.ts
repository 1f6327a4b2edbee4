/**
 * AlterUserScramCredentials (51): sets and deletes SCRAM credentials.
 *
 * Version 0, flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bytes, int8, int16, int32, string } from '../schema/field.ts'

export const AlterUserScramCredentials = defineApi({
  key: 51,
  name: 'AlterUserScramCredentials',
  route: 'controller',
  versions: '0',
  flexible: 0,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    deletions: array({ name: string(), mechanism: int8() }),
    upsertions: array({
      name: string(),
      mechanism: int8(),
      iterations: int32(),
      salt: bytes(),
      saltedPassword: bytes(),
    }),
  },
  response: {
    throttleTimeMs: int32(),
    results: array({
      user: string(),
      errorCode: int16(),
      errorMessage: string({ nullable: '0+' }),
    }),
  },
})

export interface AlterUserScramCredentialsRequest extends Request<typeof AlterUserScramCredentials> {}
export interface AlterUserScramCredentialsResponse extends Response<typeof AlterUserScramCredentials> {}
