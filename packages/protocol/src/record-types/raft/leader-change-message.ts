/**
 * LeaderChangeMessage: a leader of the quorum begins its epoch. Kafka 4.3.1 writes version 0 only.
 *
 * Versions:
 * - 1: adds Voter.voterDirectoryId.
 */
import { array, type Item, int16, int32, uuid } from '../../schema/field.ts'
import { type Decoded, defineSchema } from '../../schema/schema.ts'

const voter = { voterId: int32(), voterDirectoryId: uuid({ v: '1+' }) }

export const LeaderChangeMessage = defineSchema({
  name: 'LeaderChangeMessage',
  versions: '0-1',
  flexible: 0,
  fields: {
    version: int16(),
    leaderId: int32(),
    voters: array(voter),
    grantingVoters: array(voter),
  },
})

export interface LeaderChangeMessage extends Decoded<typeof LeaderChangeMessage> {}
export interface LeaderChangeVoter extends Item<LeaderChangeMessage['voters']> {}
