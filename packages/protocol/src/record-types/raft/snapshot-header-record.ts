/** SnapshotHeaderRecord: the first record of a snapshot. */
import { int16, int64 } from '../../schema/field.ts'
import { type Decoded, defineSchema } from '../../schema/schema.ts'

export const SnapshotHeaderRecord = defineSchema({
  name: 'SnapshotHeaderRecord',
  versions: '0',
  flexible: 0,
  fields: {
    version: int16(),
    lastContainedLogTimestamp: int64(),
  },
})

export interface SnapshotHeaderRecord extends Decoded<typeof SnapshotHeaderRecord> {}
