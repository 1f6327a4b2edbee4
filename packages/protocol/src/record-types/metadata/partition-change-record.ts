/**
 * PartitionChangeRecord (5): a partition changed; fields left out stay as they are.
 *
 * Versions:
 * - 1: adds directories.
 * - 2: adds eligibleLeaderReplicas, lastKnownElr.
 */
import { array, int8, int32, uuid } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineRecord } from '../record.ts'

export const PartitionChangeRecord = defineRecord({
  id: 5,
  name: 'PartitionChangeRecord',
  versions: '0-2',
  flexible: 0,
  fields: {
    partitionId: int32({ default: -1 }),
    topicId: uuid(),
    isr: array(int32(), { nullable: '0+', tag: 0, default: null }),
    leader: int32({ tag: 1, default: -2 }),
    replicas: array(int32(), { nullable: '0+', tag: 2, default: null }),
    removingReplicas: array(int32(), { nullable: '0+', tag: 3, default: null }),
    addingReplicas: array(int32(), { nullable: '0+', tag: 4, default: null }),
    leaderRecoveryState: int8({ tag: 5, default: -1 }),
    directories: array(uuid(), { v: '1+', nullable: '1+', tag: 8, default: null }),
    eligibleLeaderReplicas: array(int32(), { v: '2+', nullable: '2+', tag: 6, default: null }),
    lastKnownElr: array(int32(), { v: '2+', nullable: '2+', tag: 7, default: null }),
  },
})

export interface PartitionChangeRecord extends Decoded<typeof PartitionChangeRecord> {}
