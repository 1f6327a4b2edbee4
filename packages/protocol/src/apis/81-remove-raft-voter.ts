/**
 * RemoveRaftVoter (81): removes a voter from the metadata quorum.
 *
 * Version 0, flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { int16, int32, string, uuid } from '../schema/field.ts'

export const RemoveRaftVoter = defineApi({
  key: 81,
  name: 'RemoveRaftVoter',
  route: 'any',
  versions: '0',
  flexible: 0,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    clusterId: string({ nullable: '0+' }),
    voterId: int32(),
    voterDirectoryId: uuid(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
  },
})

export interface RemoveRaftVoterRequest extends Request<typeof RemoveRaftVoter> {}
export interface RemoveRaftVoterResponse extends Response<typeof RemoveRaftVoter> {}
