/**
 * QuorumStateData: the fields of the `quorum-state` file, which holds them as JSON.
 *
 * Versions:
 * - 1: adds votedDirectoryId; drops clusterId, appliedOffset, currentVoters.
 */
import { array, int32, int64, string, uuid } from '../../schema/field.ts'
import { type Decoded, defineSchema } from '../../schema/schema.ts'

export const QuorumStateData = defineSchema({
  name: 'QuorumStateData',
  versions: '0-1',
  flexible: 0,
  fields: {
    clusterId: string({ v: '0' }),
    leaderId: int32({ default: -1 }),
    leaderEpoch: int32({ default: -1 }),
    votedId: int32({ default: -1 }),
    votedDirectoryId: uuid({ v: '1+' }),
    appliedOffset: int64({ v: '0' }),
    currentVoters: array({ voterId: int32() }, { v: '0', nullable: '0' }),
  },
})

export interface QuorumStateData extends Decoded<typeof QuorumStateData> {}
