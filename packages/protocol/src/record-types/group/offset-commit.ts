/**
 * OffsetCommit record (1) of the group coordinator: a committed offset.
 *
 * Value versions:
 * - 1: adds expireTimestamp.
 * - 2: drops expireTimestamp.
 * - 3: adds leaderEpoch.
 * - 4: flexible; adds topicId.
 */
import { int32, int64, string, uuid } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineCoordinatorRecord } from '../coordinator-record.ts'

export const OffsetCommitRecord = defineCoordinatorRecord({
  id: 1,
  name: 'OffsetCommit',
  key: {
    group: string(),
    topic: string(),
    partition: int32(),
  },
  versions: '0-4',
  flexible: 4,
  value: {
    offset: int64(),
    leaderEpoch: int32({ v: '3+', default: -1, ignorable: true }),
    metadata: string(),
    commitTimestamp: int64(),
    expireTimestamp: int64({ v: '1', default: -1, ignorable: true }),
    topicId: uuid({ v: '4+', tag: 0, ignorable: true }),
  },
})

export interface OffsetCommitKey extends Decoded<typeof OffsetCommitRecord.key> {}
export interface OffsetCommitValue extends Decoded<typeof OffsetCommitRecord.value> {}
