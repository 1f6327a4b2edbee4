/** The record types of the share coordinator, in `__share_group_state`. */
import { type CoordinatorKey, type CoordinatorRecord, coordinatorRecords } from './coordinator-record.ts'
import { ShareSnapshotRecord } from './share/share-snapshot.ts'
import { ShareUpdateRecord } from './share/share-update.ts'

export const shareRecords = coordinatorRecords('share', {
  ShareSnapshot: ShareSnapshotRecord,
  ShareUpdate: ShareUpdateRecord,
})

/** A decoded key of `__share_group_state`. */
export type ShareRecordKey = CoordinatorKey<typeof shareRecords.types>
/** A decoded record of `__share_group_state`. */
export type ShareRecord = CoordinatorRecord<typeof shareRecords.types>
