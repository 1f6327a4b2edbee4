/**
 * Groups of the types that this coordinator does not run (consumer, share, streams), as far as their records show: enough to
 * name them, to refuse classic members, and to see whether one is empty.
 */
import { type SnapshotRegistry, TimelineMap } from '@millrace/base'
import type { GroupType } from './commands.ts'
import type { GroupEntry } from './records.ts'

export interface OtherGroup {
  readonly type: Exclude<GroupType, 'classic'>
  readonly memberCount: number
}

type OtherType = OtherGroup['type']

const groupTypes: Partial<Record<GroupEntry['type'], OtherType>> = {
  ConsumerGroupMetadata: 'consumer',
  ShareGroupMetadata: 'share',
  StreamsGroupMetadata: 'streams',
}

const memberTypes: Partial<Record<GroupEntry['type'], OtherType>> = {
  ConsumerGroupMemberMetadata: 'consumer',
  ShareGroupMemberMetadata: 'share',
  StreamsGroupMemberMetadata: 'streams',
}

export class OtherGroups {
  readonly #groups: TimelineMap<string, OtherGroup>
  /** Member ids by `<length of the group id>:<group id><member id>`. */
  readonly #members: TimelineMap<string, true>

  constructor(timeline: SnapshotRegistry) {
    this.#groups = new TimelineMap(timeline)
    this.#members = new TimelineMap(timeline)
  }

  get(groupId: string): OtherGroup | undefined {
    return this.#groups.get(groupId)
  }

  getAt(groupId: string, offset: number): OtherGroup | undefined {
    return this.#groups.getAt(groupId, offset)
  }

  entries(): MapIterator<[string, OtherGroup]> {
    return this.#groups.entries()
  }

  entriesAt(offset: number): Generator<[string, OtherGroup]> {
    return this.#groups.entriesAt(offset)
  }

  /** Takes note of a record of such a group. Records that do not make or end a group or a member are passed over. */
  apply(entry: GroupEntry): void {
    const groupType = groupTypes[entry.type]
    const memberType = memberTypes[entry.type]
    if (!('groupId' in entry.key)) return
    const { groupId } = entry.key
    if (groupType !== undefined) this.#applyGroup(groupId, groupType, entry.value !== null)
    else if (memberType !== undefined && 'memberId' in entry.key) {
      this.#applyMember(groupId, entry.key.memberId, memberType, entry.value !== null)
    }
  }

  #applyGroup(groupId: string, type: OtherType, isPresent: boolean): void {
    if (!isPresent) this.#groups.delete(groupId)
    else this.#groups.set(groupId, { type, memberCount: this.#groups.get(groupId)?.memberCount ?? 0 })
  }

  #applyMember(groupId: string, memberId: string, type: OtherType, isPresent: boolean): void {
    const key = `${groupId.length}:${groupId}${memberId}`
    if (this.#members.has(key) === isPresent) return
    if (isPresent) this.#members.set(key, true)
    else this.#members.delete(key)
    const memberCount = (this.#groups.get(groupId)?.memberCount ?? 0) + (isPresent ? 1 : -1)
    // A member's record may come before its group's, and after compaction its tombstone after the group's.
    if (isPresent || this.#groups.has(groupId)) this.#groups.set(groupId, { type, memberCount })
  }
}
