/** VotersRecord: the voters of the quorum. */
import { array, type Item, int16, int32, string, struct, uint16, uuid } from '../../schema/field.ts'
import { type Decoded, defineSchema } from '../../schema/schema.ts'

export const VotersRecord = defineSchema({
  name: 'VotersRecord',
  versions: '0',
  flexible: 0,
  fields: {
    version: int16(),
    voters: array({
      voterId: int32(),
      voterDirectoryId: uuid(),
      endpoints: array({ name: string(), host: string(), port: uint16() }),
      kRaftVersionFeature: struct({ minSupportedVersion: int16(), maxSupportedVersion: int16() }),
    }),
  },
})

export interface VotersRecord extends Decoded<typeof VotersRecord> {}
export interface VotersRecordVoter extends Item<VotersRecord['voters']> {}
