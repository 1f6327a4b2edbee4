/**
 * AddRaftVoter (80): adds a voter to the metadata quorum.
 *
 * Versions 0 to 1, all flexible. What changed:
 * - 1: request adds ackWhenCommitted.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, bool, int16, int32, string, uint16, uuid } from '../schema/field.ts'

export const AddRaftVoter = defineApi({
  key: 80,
  name: 'AddRaftVoter',
  route: 'any',
  versions: '0-1',
  flexible: 0,
  listeners: ['broker', 'controller'],
  forwardable: true,
  request: {
    clusterId: string({ nullable: '0+' }),
    timeoutMs: int32(),
    voterId: int32(),
    voterDirectoryId: uuid(),
    listeners: array({ name: string(), host: string(), port: uint16() }),
    ackWhenCommitted: bool({ v: '1+', default: true }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
  },
})

export interface AddRaftVoterRequest extends Request<typeof AddRaftVoter> {}
export interface AddRaftVoterResponse extends Response<typeof AddRaftVoter> {}
