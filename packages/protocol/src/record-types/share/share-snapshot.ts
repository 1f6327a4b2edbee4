/** ShareSnapshot record (0) of the share coordinator: the whole state of a share partition. */
import { array, type Item, int8, int16, int32, int64, string, uuid } from '../../schema/field.ts'
import type { Decoded } from '../../schema/schema.ts'
import { defineCoordinatorRecord } from '../coordinator-record.ts'

export const ShareSnapshotRecord = defineCoordinatorRecord({
  id: 0,
  name: 'ShareSnapshot',
  key: {
    groupId: string(),
    topicId: uuid(),
    partition: int32(),
  },
  versions: '0',
  flexible: 0,
  value: {
    snapshotEpoch: int32(),
    stateEpoch: int32(),
    leaderEpoch: int32(),
    startOffset: int64(),
    deliveryCompleteCount: int32({ tag: 0, default: -1 }),
    createTimestamp: int64(),
    writeTimestamp: int64(),
    stateBatches: array({
      firstOffset: int64(),
      lastOffset: int64(),
      deliveryState: int8(),
      deliveryCount: int16(),
    }),
  },
})

export interface ShareSnapshotKey extends Decoded<typeof ShareSnapshotRecord.key> {}
export interface ShareSnapshotValue extends Decoded<typeof ShareSnapshotRecord.value> {}
export interface ShareSnapshotStateBatch extends Item<ShareSnapshotValue['stateBatches']> {}
