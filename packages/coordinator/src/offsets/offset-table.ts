/** Committed offsets by group, topic and partition, on a timeline. */
import { type SnapshotRegistry, TimelineMap } from '@millrace/base'
import type { StoredOffset } from '../groups/records.ts'

/** With the place of its record in the coordinator's log, which decides between it and one from a transaction. */
export interface TableOffset extends StoredOffset {
  readonly recordOffset: number
}

type GroupOffsets = TimelineMap<string, TableOffset>

function keyOf(topic: string, partition: number): string {
  return `${partition}:${topic}`
}

export class OffsetTable {
  readonly #timeline: SnapshotRegistry
  /** A group is here as long as it has offsets. */
  readonly #groups: TimelineMap<string, GroupOffsets>

  constructor(timeline: SnapshotRegistry) {
    this.#timeline = timeline
    this.#groups = new TimelineMap(timeline)
  }

  get(groupId: string, topic: string, partition: number): TableOffset | undefined {
    return this.#groups.get(groupId)?.get(keyOf(topic, partition))
  }

  getAt(groupId: string, topic: string, partition: number, at: number): TableOffset | undefined {
    return this.#groups.getAt(groupId, at)?.getAt(keyOf(topic, partition), at)
  }

  set(groupId: string, stored: TableOffset): void {
    let offsets = this.#groups.get(groupId)
    if (offsets === undefined) {
      offsets = new TimelineMap(this.#timeline)
      this.#groups.set(groupId, offsets)
    }
    offsets.set(keyOf(stored.topic, stored.partition), stored)
  }

  delete(groupId: string, topic: string, partition: number): void {
    const offsets = this.#groups.get(groupId)
    if (offsets?.delete(keyOf(topic, partition)) && offsets.size === 0) this.#groups.delete(groupId)
  }

  hasGroup(groupId: string): boolean {
    return this.#groups.has(groupId)
  }

  hasGroupAt(groupId: string, at: number): boolean {
    return this.#groups.getAt(groupId, at) !== undefined
  }

  groupIds(): MapIterator<string> {
    return this.#groups.keys()
  }

  *groupIdsAt(at: number): Generator<string> {
    for (const [groupId] of this.#groups.entriesAt(at)) yield groupId
  }

  ofGroup(groupId: string): Iterable<TableOffset> {
    return this.#groups.get(groupId)?.values() ?? []
  }

  *ofGroupAt(groupId: string, at: number): Generator<TableOffset> {
    for (const [, stored] of this.#groups.getAt(groupId, at)?.entriesAt(at) ?? []) yield stored
  }
}
