/**
 * DescribeUserScramCredentials (50): lists which SCRAM credentials users have.
 *
 * Version 0, flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, int8, int16, int32, string } from '../schema/field.ts'

export const DescribeUserScramCredentials = defineApi({
  key: 50,
  name: 'DescribeUserScramCredentials',
  route: 'any',
  versions: '0',
  flexible: 0,
  listeners: ['broker', 'controller'],
  request: {
    users: array({ name: string() }, { nullable: '0+' }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
    results: array({
      user: string(),
      errorCode: int16(),
      errorMessage: string({ nullable: '0+' }),
      credentialInfos: array({ mechanism: int8(), iterations: int32() }),
    }),
  },
})

export interface DescribeUserScramCredentialsRequest extends Request<typeof DescribeUserScramCredentials> {}
export interface DescribeUserScramCredentialsResponse extends Response<typeof DescribeUserScramCredentials> {}
