/**
 * PartitionRecord (3): a partition was created, or its whole state in a snapshot.
 *
 * Versions:
 * - 1: adds directories.
 * - 2: adds eligibleLeaderReplicas, lastKnownElr.
 */
import { array, int8, int32, uuid } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineRecord } from '../record.ts'

export const PartitionRecord = defineRecord({
  id: 3,
  name: 'PartitionRecord',
  versions: '0-2',
  flexible: 0,
  fields: {
    partitionId: int32({ default: -1 }),
    topicId: uuid(),
    replicas: array(int32()),
    isr: array(int32()),
    removingReplicas: array(int32()),
    addingReplicas: array(int32()),
    leader: int32({ default: -1 }),
    leaderRecoveryState: int8({ tag: 0 }),
    leaderEpoch: int32({ default: -1 }),
    partitionEpoch: int32({ default: -1 }),
    directories: array(uuid(), { v: '1+' }),
    eligibleLeaderReplicas: array(int32(), { v: '2+', nullable: '2+', tag: 1, default: null }),
    lastKnownElr: array(int32(), { v: '2+', nullable: '2+', tag: 2, default: null }),
  },
})

export interface PartitionRecord extends Decoded<typeof PartitionRecord> {}
