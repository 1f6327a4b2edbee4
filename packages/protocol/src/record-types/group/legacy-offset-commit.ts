/** LegacyOffsetCommit record (0) of the group coordinator: a committed offset in the layout of old versions, read only. */
import { int32, int64, string } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineCoordinatorRecord } from '../coordinator-record.ts'

export const LegacyOffsetCommitRecord = defineCoordinatorRecord({
  id: 0,
  name: 'LegacyOffsetCommit',
  key: {
    group: string(),
    topic: string(),
    partition: int32(),
  },
  versions: '0',
  flexible: Infinity,
  value: {
    offset: int64(),
    metadata: string(),
    commitTimestamp: int64(),
  },
})

export interface LegacyOffsetCommitKey extends Decoded<typeof LegacyOffsetCommitRecord.key> {}
export interface LegacyOffsetCommitValue extends Decoded<typeof LegacyOffsetCommitRecord.value> {}
