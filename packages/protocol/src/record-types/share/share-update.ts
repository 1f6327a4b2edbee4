/** ShareUpdate record (1) of the share coordinator: a change to the state of a share partition since its snapshot. */
import { array, int8, int16, int32, int64, string, uuid } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineCoordinatorRecord } from '../coordinator-record.ts'

export const ShareUpdateRecord = defineCoordinatorRecord({
  id: 1,
  name: 'ShareUpdate',
  key: {
    groupId: string(),
    topicId: uuid(),
    partition: int32(),
  },
  versions: '0',
  flexible: 0,
  value: {
    snapshotEpoch: int32(),
    leaderEpoch: int32(),
    startOffset: int64(),
    deliveryCompleteCount: int32({ tag: 0, default: -1 }),
    stateBatches: array({
      firstOffset: int64(),
      lastOffset: int64(),
      deliveryState: int8(),
      deliveryCount: int16(),
    }),
  },
})

export interface ShareUpdateKey extends Decoded<typeof ShareUpdateRecord.key> {}
export interface ShareUpdateValue extends Decoded<typeof ShareUpdateRecord.value> {}
