/** KRaftVersionRecord: the kraft.version of the quorum. */
import { int16 } from '../../schema/field.ts'
import { type Decoded, defineSchema } from '../../schema/schema.ts'

export const KRaftVersionRecord = defineSchema({
  name: 'KRaftVersionRecord',
  versions: '0',
  flexible: 0,
  fields: {
    version: int16(),
    kRaftVersion: int16(),
  },
})

export interface KRaftVersionRecord extends Decoded<typeof KRaftVersionRecord> {}
