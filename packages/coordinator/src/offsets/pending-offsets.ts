/** Offsets committed in transactions that are not decided, by producer, on a timeline (KIP-98, KIP-447). */
import { type SnapshotRegistry, TimelineMap } from '@millrace/base'
import type { TableOffset } from './offset-table.ts'

export interface PendingOffset extends TableOffset {
  readonly groupId: string
  readonly producerId: number
}

function placeOf(groupId: string, topic: string, partition: number): string {
  return `${partition}:${groupId.length}:${groupId}${topic}`
}

export class PendingOffsets {
  /** Of each place, what each producer wants there; small, and replaced as a whole. */
  readonly #places: TimelineMap<string, readonly PendingOffset[]>
  /** Places by producer and by group. */
  readonly #producers: PlaceIndex<number>
  readonly #groups: PlaceIndex<string>

  constructor(timeline: SnapshotRegistry) {
    this.#places = new TimelineMap(timeline)
    this.#producers = new PlaceIndex(timeline)
    this.#groups = new PlaceIndex(timeline)
  }

  /** Whether a transaction may yet change this offset. */
  has(groupId: string, topic: string, partition: number): boolean {
    return this.#places.has(placeOf(groupId, topic, partition))
  }

  hasGroup(groupId: string): boolean {
    return this.#groups.has(groupId)
  }

  /** All that is pending for a group; a partition appears once per producer. */
  *ofGroup(groupId: string): Generator<PendingOffset> {
    for (const place of this.#groups.places(groupId)) yield* this.#places.get(place) ?? []
  }

  /** Everything that is pending, for diagnostics. */
  inspect(): Record<string, readonly PendingOffset[]> {
    return Object.fromEntries(this.#places.entries())
  }

  set(pending: PendingOffset): void {
    const { groupId, topic, partition, producerId } = pending
    const place = placeOf(groupId, topic, partition)
    const others = (this.#places.get(place) ?? []).filter((other) => other.producerId !== producerId)
    this.#places.set(place, [...others, pending])
    this.#producers.add(producerId, place)
    this.#groups.add(groupId, place)
  }

  /** Ends the producer's transaction here, and returns what it wanted. */
  take(producerId: number): PendingOffset[] {
    const taken: PendingOffset[] = []
    for (const place of [...this.#producers.places(producerId)]) {
      const all = this.#places.get(place) ?? []
      taken.push(...all.filter((pending) => pending.producerId === producerId))
      this.#replace(place, all, (pending) => pending.producerId !== producerId)
    }
    return taken
  }

  /** The offset was deleted: no transaction brings it back. */
  delete(groupId: string, topic: string, partition: number): void {
    const place = placeOf(groupId, topic, partition)
    const all = this.#places.get(place)
    if (all !== undefined) this.#replace(place, all, () => false)
  }

  #replace(place: string, all: readonly PendingOffset[], isKept: (pending: PendingOffset) => boolean): void {
    const kept = all.filter(isKept)
    for (const { producerId } of all.filter((pending) => !isKept(pending))) this.#producers.remove(producerId, place)
    if (kept.length > 0) {
      this.#places.set(place, kept)
      return
    }
    this.#places.delete(place)
    const [first] = all
    if (first !== undefined) this.#groups.remove(first.groupId, place)
  }
}

/** Sets of places by some key; a key is here as long as its set holds something. */
class PlaceIndex<K> {
  readonly #timeline: SnapshotRegistry
  readonly #sets: TimelineMap<K, TimelineMap<string, true>>

  constructor(timeline: SnapshotRegistry) {
    this.#timeline = timeline
    this.#sets = new TimelineMap(timeline)
  }

  has(key: K): boolean {
    return this.#sets.has(key)
  }

  places(key: K): Iterable<string> {
    return this.#sets.get(key)?.keys() ?? []
  }

  add(key: K, place: string): void {
    let set = this.#sets.get(key)
    if (set === undefined) {
      set = new TimelineMap(this.#timeline)
      this.#sets.set(key, set)
    }
    if (!set.has(place)) set.set(place, true)
  }

  remove(key: K, place: string): void {
    const set = this.#sets.get(key)
    if (set?.delete(place) && set.size === 0) this.#sets.delete(key)
  }
}
