/** State with a past: maps and values that can be read as of an earlier offset and put back to it. */
import { assert } from './assert.ts'

/** What a structure keeps per snapshot: the values as they were when the snapshot was taken, for what has changed since. */
interface Undo {
  /** Puts the remembered values back. */
  apply(): void
}

interface Snapshot {
  readonly offset: number
  /** Only structures that changed after this snapshot and before the next one. */
  readonly undos: Map<object, Undo>
}

/**
 * The snapshots that a set of {@link TimelineMap}s and {@link TimelineValue}s share. A snapshot costs nothing when it is taken;
 * the first change of a key after it keeps the old value. Snapshots are named by offset: `snapshot(n)` means "the state after
 * everything below offset n was applied".
 */
export class SnapshotRegistry {
  /** Ascending by offset. */
  readonly #snapshots: Snapshot[] = []

  /** Remembers the present state under `offset`, which must not be below the newest snapshot. A no-op when that has this offset. */
  snapshot(offset: number): void {
    const newest = this.#snapshots.at(-1)
    if (newest?.offset === offset) return
    assert(newest === undefined || offset > newest.offset, `snapshot ${offset} below the newest, ${newest?.offset}`)
    this.#snapshots.push({ offset, undos: new Map() })
  }

  /** Puts everything back to what it was at the snapshot `offset`, which must exist, and drops the newer ones. It stays. */
  revertTo(offset: number): void {
    assert(this.has(offset), `no snapshot at ${offset}`)
    for (;;) {
      const snapshot = this.#snapshots.at(-1) as Snapshot
      for (const undo of snapshot.undos.values()) undo.apply()
      snapshot.undos.clear()
      if (snapshot.offset === offset) return
      this.#snapshots.pop()
    }
  }

  /** Drops the snapshots that nobody who reads at `offset` or later needs: all below {@link floor}(offset). */
  dropBelow(offset: number): void {
    const keep = this.#floorIndex(offset)
    if (keep > 0) this.#snapshots.splice(0, keep)
  }

  /** Drops every snapshot and keeps the present state. */
  clear(): void {
    this.#snapshots.length = 0
  }

  has(offset: number): boolean {
    return this.floor(offset) === offset
  }

  /** The offset of the newest snapshot at or below `offset`; undefined when there is none. */
  floor(offset: number): number | undefined {
    return this.#snapshots[this.#floorIndex(offset)]?.offset
  }

  get oldest(): number | undefined {
    return this.#snapshots[0]?.offset
  }

  get newest(): number | undefined {
    return this.#snapshots.at(-1)?.offset
  }

  get count(): number {
    return this.#snapshots.length
  }

  /** For timeline structures: the undo of `owner` in the newest snapshot, made on first use; undefined without snapshots. */
  undoOf<U extends Undo>(owner: object, create: () => U): U | undefined {
    const newest = this.#snapshots.at(-1)
    if (newest === undefined) return undefined
    let undo = newest.undos.get(owner)
    if (undo === undefined) {
      undo = create()
      newest.undos.set(owner, undo)
    }
    return undo as U
  }

  /** For timeline structures: the undos of `owner` from the snapshot that answers for `offset` to the newest, in that order. */
  *undosSince<U extends Undo>(owner: object, offset: number): Generator<U> {
    const start = this.#floorIndex(offset)
    assert(start >= 0, `no snapshot at or below ${offset}; the oldest is ${this.oldest}`)
    for (let index = start; index < this.#snapshots.length; index++) {
      const undo = this.#snapshots[index]?.undos.get(owner)
      if (undo !== undefined) yield undo as U
    }
  }

  #floorIndex(offset: number): number {
    let low = 0
    let high = this.#snapshots.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#snapshots[middle] as Snapshot).offset <= offset) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}

interface Old<V> {
  readonly present: boolean
  readonly value: V | undefined
}

class MapUndo<K, V> implements Undo {
  readonly old = new Map<K, Old<V>>()
  readonly #target: Map<K, V>

  constructor(target: Map<K, V>) {
    this.#target = target
  }

  apply(): void {
    for (const [key, { present, value }] of this.old) {
      if (present) this.#target.set(key, value as V)
      else this.#target.delete(key)
    }
  }
}

/**
 * A map on a timeline. Values must not be changed in place: set a new one. Iteration is in order of insertion, except that keys
 * which a revert brings back come last.
 */
export class TimelineMap<K, V> {
  readonly #registry: SnapshotRegistry
  readonly #latest = new Map<K, V>()

  constructor(registry: SnapshotRegistry) {
    this.#registry = registry
  }

  get size(): number {
    return this.#latest.size
  }

  get(key: K): V | undefined {
    return this.#latest.get(key)
  }

  has(key: K): boolean {
    return this.#latest.has(key)
  }

  set(key: K, value: V): this {
    this.#remember(key)
    this.#latest.set(key, value)
    return this
  }

  /** Whether the key was there. */
  delete(key: K): boolean {
    if (!this.#latest.has(key)) return false
    this.#remember(key)
    return this.#latest.delete(key)
  }

  clear(): void {
    for (const key of this.#latest.keys()) this.#remember(key)
    this.#latest.clear()
  }

  keys(): MapIterator<K> {
    return this.#latest.keys()
  }

  values(): MapIterator<V> {
    return this.#latest.values()
  }

  entries(): MapIterator<[K, V]> {
    return this.#latest.entries()
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.#latest.entries()
  }

  /** The value as of the newest snapshot at or below `offset`. There must be one. */
  getAt(key: K, offset: number): V | undefined {
    for (const undo of this.#registry.undosSince<MapUndo<K, V>>(this, offset)) {
      const old = undo.old.get(key)
      if (old !== undefined) return old.value
    }
    return this.#latest.get(key)
  }

  /** The entries as of the newest snapshot at or below `offset`, in no particular order. There must be one. */
  *entriesAt(offset: number): Generator<[K, V]> {
    const changed = new Map<K, Old<V>>()
    for (const undo of this.#registry.undosSince<MapUndo<K, V>>(this, offset)) {
      for (const [key, old] of undo.old) if (!changed.has(key)) changed.set(key, old)
    }
    for (const entry of this.#latest) if (!changed.has(entry[0])) yield entry
    for (const [key, { present, value }] of changed) if (present) yield [key, value as V]
  }

  #remember(key: K): void {
    const undo = this.#registry.undoOf(this, () => new MapUndo(this.#latest))
    if (undo === undefined || undo.old.has(key)) return
    undo.old.set(key, { present: this.#latest.has(key), value: this.#latest.get(key) })
  }
}

class ValueUndo<T> implements Undo {
  readonly old: T
  readonly #restore: (value: T) => void

  constructor(old: T, restore: (value: T) => void) {
    this.old = old
    this.#restore = restore
  }

  apply(): void {
    this.#restore(this.old)
  }
}

/** One value on a timeline. It must not be changed in place: set a new one. */
export class TimelineValue<T> {
  readonly #registry: SnapshotRegistry
  #latest: T

  constructor(registry: SnapshotRegistry, initial: T) {
    this.#registry = registry
    this.#latest = initial
  }

  get(): T {
    return this.#latest
  }

  set(value: T): void {
    this.#registry.undoOf(this, () => {
      return new ValueUndo(this.#latest, (old) => {
        this.#latest = old
      })
    })
    this.#latest = value
  }

  /** The value as of the newest snapshot at or below `offset`. There must be one. */
  getAt(offset: number): T {
    for (const undo of this.#registry.undosSince<ValueUndo<T>>(this, offset)) return undo.old
    return this.#latest
  }
}
