/** All that one group shard holds: what records back, on a timeline, and the live groups made of it. */
import { SnapshotRegistry, TimelineMap } from '@millrace/base'
import { OffsetTable } from '../offsets/offset-table.ts'
import { PendingOffsets } from '../offsets/pending-offsets.ts'
import type { ShardState } from '../runtime/shard.ts'
import type { ClassicGroup } from './classic-group.ts'
import type { GroupConfig } from './config.ts'
import { OtherGroups } from './other-groups.ts'
import type { StoredGroup } from './records.ts'

export class GroupState implements ShardState {
  readonly config: GroupConfig
  readonly timeline = new SnapshotRegistry()
  /** Classic groups as their records have them. */
  readonly stored = new TimelineMap<string, StoredGroup>(this.timeline)
  /** Groups of types that this coordinator does not run. */
  readonly others = new OtherGroups(this.timeline)
  readonly offsets = new OffsetTable(this.timeline)
  /** Offsets in transactions that are not decided. */
  readonly pending = new PendingOffsets(this.timeline)
  /** Members, waiting requests and all else that changes without a record. Made from `stored` by a load or a revert. */
  readonly live = new Map<string, ClassicGroup>()

  constructor(config: GroupConfig) {
    this.config = config
  }

  /** Whether there is a classic group: one with members or a record, or offsets alone. */
  hasClassic(groupId: string): boolean {
    if (this.live.has(groupId)) return true
    return this.others.get(groupId) === undefined && this.offsets.hasGroup(groupId)
  }
}
