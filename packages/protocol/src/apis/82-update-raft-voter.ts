/**
 * UpdateRaftVoter (82): tells the leader the endpoints and versions of a voter.
 *
 * Version 0, flexible.
 */
import { defineApi, type Request, type Response } from '../api.ts'
import { array, int16, int32, string, struct, uint16, uuid } from '../schema/field.ts'

export const UpdateRaftVoter = defineApi({
  key: 82,
  name: 'UpdateRaftVoter',
  route: 'broker',
  versions: '0',
  flexible: 0,
  listeners: ['controller'],
  request: {
    clusterId: string({ nullable: '0+' }),
    currentLeaderEpoch: int32(),
    voterId: int32(),
    voterDirectoryId: uuid(),
    listeners: array({ name: string(), host: string(), port: uint16() }),
    kRaftVersionFeature: struct({ minSupportedVersion: int16(), maxSupportedVersion: int16() }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    currentLeader: struct(
      {
        leaderId: int32({ default: -1 }),
        leaderEpoch: int32({ default: -1 }),
        host: string(),
        port: int32(),
      },
      { tag: 0 },
    ),
  },
})

export interface UpdateRaftVoterRequest extends Request<typeof UpdateRaftVoter> {}
export interface UpdateRaftVoterResponse extends Response<typeof UpdateRaftVoter> {}
