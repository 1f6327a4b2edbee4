/**
 * The last offset of every key of a part of a log, within a number of bytes. Keys are kept whole, so that no two are ever taken
 * for one another; very long ones are kept as their SHA-256.
 */
import { assert } from '@millrace/base'
import { KeyArena, storedKeySizeMax } from './key-arena.ts'
import { hashKey } from './key-hash.ts'

/** Longest key that is kept as it is. */
export const wholeKeySizeMax = 128
const digestSize = 32

/** 32 bytes that no two byte strings have in common: SHA-256. */
export type Digest = (bytes: Uint8Array) => Uint8Array

export interface OffsetMapOptions {
  /** Bytes of memory, at most. At least {@link offsetMapBytesMin}; no more than 2 GiB are used. */
  readonly sizeMax: number
  readonly digest: Digest
  /** So that nobody can choose keys that fall together. */
  readonly seed: number
}

/** What the map says to those who only read it. */
export interface OffsetLookup {
  /** The last offset of the key; -1 for a key that is not there. */
  get(key: Buffer): number
  /** Up to here every key is in the map. */
  readonly latestOffset: number
}

/** Hash, place of the key, offset. */
const slotBytes = 4 + 4 + 8
/** Growing begins here; when there is no memory for it the table fills up to the second figure. */
const loadToGrow = 0.7
const loadMax = 0.9
const firstSlotCount = 16
export const offsetMapBytesMin = 4096
const bytesMax = 0x7fff_ffff

/** An open-addressed table over an arena of keys. */
interface Table {
  readonly hashes: Uint32Array
  /** Place of the key in the arena, plus one; 0 for a free slot. */
  readonly places: Uint32Array
  readonly offsets: Float64Array
}

export class OffsetMap implements OffsetLookup {
  readonly #sizeMax: number
  readonly #digest: Digest
  readonly #seed: number
  readonly #keys: KeyArena
  #table = newTable(firstSlotCount)
  #count = 0
  #latestOffset = -1

  constructor({ sizeMax, digest, seed }: OffsetMapOptions) {
    assert(sizeMax >= offsetMapBytesMin, `an offset map needs ${offsetMapBytesMin} bytes at least`)
    this.#sizeMax = Math.min(sizeMax, bytesMax)
    this.#digest = digest
    this.#seed = seed
    this.#keys = new KeyArena(sizeMax)
  }

  /** Keys in the map. */
  get size(): number {
    return this.#count
  }

  /** Bytes of memory held. */
  get memoryBytes(): number {
    return this.#table.hashes.length * slotBytes + this.#keys.memoryBytes
  }

  get latestOffset(): number {
    return this.#latestOffset
  }

  /** Every key up to `offset` is in the map now. Never goes back. */
  advanceTo(offset: number): void {
    if (offset > this.#latestOffset) this.#latestOffset = offset
  }

  /** Notes the key's last offset. False, with nothing changed, when the key is new and there is no memory for it. */
  put(key: Buffer, offset: number): boolean {
    const stored = this.#stored(key)
    const hash = hashKey(stored, this.#seed)
    let slot = this.#find(stored, hash, stored !== key)
    if (this.#table.places[slot] === 0) {
      if (!this.#makeRoom()) return false
      slot = this.#find(stored, hash, stored !== key)
      const place = this.#keys.add(stored, stored !== key, this.#sizeMax - this.memoryBytes)
      if (place < 0) return false
      this.#table.hashes[slot] = hash
      this.#table.places[slot] = place + 1
      this.#count++
    }
    this.#table.offsets[slot] = offset
    return true
  }

  get(key: Buffer): number {
    if (this.#count === 0) return -1
    const stored = this.#stored(key)
    const slot = this.#find(stored, hashKey(stored, this.#seed), stored !== key)
    return this.#table.places[slot] === 0 ? -1 : (this.#table.offsets[slot] as number)
  }

  #stored(key: Buffer): Uint8Array {
    if (key.length <= wholeKeySizeMax) return key
    const digest = this.#digest(key)
    assert(digest.length === digestSize, 'a digest has 32 bytes')
    return digest
  }

  /** The slot of the key, or the free one where it belongs. */
  #find(key: Uint8Array, hash: number, isDigest: boolean): number {
    const { hashes, places } = this.#table
    const count = hashes.length
    let slot = firstSlot(hash, count)
    for (;;) {
      const place = places[slot] as number
      if (place === 0) return slot
      if (hashes[slot] === hash && this.#keys.equals(place - 1, key, isDigest)) return slot
      slot = slot + 1 === count ? 0 : slot + 1
    }
  }

  /** Whether one more key has a slot. */
  #makeRoom(): boolean {
    const slotCount = this.#table.hashes.length
    if (this.#count < slotCount * loadToGrow) return true
    this.#grow()
    return this.#count + 1 <= this.#table.hashes.length * loadMax
  }

  /** Doubles the table, or takes what memory there is, if that is worth it. Old and new exist side by side for a moment. */
  #grow(): void {
    const old = this.#table
    const oldCount = old.hashes.length
    const available = Math.floor((this.#sizeMax - this.memoryBytes - storedKeySizeMax) / slotBytes)
    const count = Math.min(oldCount * 2, available)
    if (count < oldCount * 1.25) return
    const table = newTable(count)
    for (let from = 0; from < oldCount; from++) {
      if (old.places[from] === 0) continue
      let to = firstSlot(old.hashes[from] as number, count)
      while (table.places[to] !== 0) to = to + 1 === count ? 0 : to + 1
      table.hashes[to] = old.hashes[from] as number
      table.places[to] = old.places[from] as number
      table.offsets[to] = old.offsets[from] as number
    }
    this.#table = table
  }
}

function newTable(count: number): Table {
  return { hashes: new Uint32Array(count), places: new Uint32Array(count), offsets: new Float64Array(count) }
}

function firstSlot(hash: number, count: number): number {
  return Math.floor((hash / 0x1_0000_0000) * count)
}
