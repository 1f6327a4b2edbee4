/** SnapshotFooterRecord: the last record of a snapshot. */
import { int16 } from '../../schema/field.ts'
import { type Decoded, defineSchema } from '../../schema/schema.ts'

export const SnapshotFooterRecord = defineSchema({
  name: 'SnapshotFooterRecord',
  versions: '0',
  flexible: 0,
  fields: {
    version: int16(),
  },
})

export interface SnapshotFooterRecord extends Decoded<typeof SnapshotFooterRecord> {}
