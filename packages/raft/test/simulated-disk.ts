/** The disk of one simulated node: log, snapshots and quorum state, of which a crash leaves what was synced and perhaps more. */
import { assert, type Random, randomBelow } from '@millrace/base'
import type {
  ControlRecord,
  FetchedBatch,
  LocatedControlRecord,
  LogContents,
  QuorumState,
  SnapshotControl,
  SnapshotId,
  SnapshotInfo,
  Voter,
} from '../src/index.ts'

/** A batch as this disk stores it: control records, or one text a record. */
export interface StoredBatch {
  readonly baseOffset: number
  readonly epoch: number
  readonly control?: readonly ControlRecord[]
  readonly texts?: readonly string[]
}

/** What a snapshot holds here: every record below its end, so that tests can compare. */
export interface SnapshotContent {
  readonly records: readonly string[]
  readonly kraftVersion: number
  readonly voters: readonly Voter[] | null
}

interface StoredSnapshot {
  readonly id: SnapshotId
  readonly bytes: Buffer
}

export const countOf = (batch: StoredBatch): number => (batch.control ?? batch.texts ?? []).length
export const endOf = (batch: StoredBatch): number => batch.baseOffset + countOf(batch)

/** One text for every record of a batch: what the state machine above the log would see. */
export const textsOf = (batch: StoredBatch): string[] =>
  batch.texts !== undefined ? [...batch.texts] : (batch.control ?? []).map((record) => JSON.stringify(record))

interface Files {
  startOffset: number
  batches: StoredBatch[]
  snapshots: StoredSnapshot[]
  quorumState: QuorumState | undefined
}

export class SimulatedDisk {
  #now: Files = { startOffset: 0, batches: [], snapshots: [], quorumState: undefined }
  /** What the last sync made sure of. */
  #synced: Files = structuredClone(this.#now)
  readonly #downloads = new Map<string, Buffer>()

  get startOffset(): number {
    return this.#now.startOffset
  }

  get endOffset(): number {
    const last = this.#now.batches.at(-1)
    return last === undefined ? this.#now.startOffset : endOf(last)
  }

  get batches(): readonly StoredBatch[] {
    return this.#now.batches
  }

  get quorumState(): QuorumState | undefined {
    return this.#now.quorumState
  }

  append(batch: StoredBatch): void {
    assert(batch.baseOffset === this.endOffset, `append at ${batch.baseOffset}, the log ends at ${this.endOffset}`)
    this.#now.batches.push(batch)
  }

  truncate(endOffset: number): void {
    this.#now.batches = this.#now.batches.filter((batch) => batch.baseOffset < endOffset)
    assert(this.endOffset === endOffset, `cut to ${endOffset}, inside a batch: ${this.endOffset}`)
  }

  /** The log as it is now survives a crash. */
  syncLog(): void {
    this.#synced.batches = [...this.#now.batches]
    this.#synced.startOffset = this.#now.startOffset
    this.#synced.snapshots = [...this.#now.snapshots]
  }

  /** Written and synced in one step, as the driver must. */
  writeQuorumState(state: QuorumState, isSynced = true): void {
    this.#now.quorumState = state
    if (isSynced) this.#synced.quorumState = state
  }

  /** Whole batches from `offset`, at least one, then as many as fit into `recordsMax`. */
  read(offset: number, endOffset: number, recordsMax: number): FetchedBatch[] {
    const found: FetchedBatch[] = []
    let count = 0
    for (const batch of this.#now.batches) {
      if (batch.baseOffset < offset || endOf(batch) > endOffset) continue
      count += countOf(batch)
      if (found.length > 0 && count > recordsMax) break
      found.push(toFetched(batch))
    }
    return found
  }

  writeSnapshot(id: SnapshotId, content: SnapshotContent): SnapshotInfo {
    const bytes = Buffer.from(JSON.stringify(content))
    this.#now.snapshots.push({ id, bytes })
    this.#synced.snapshots = [...this.#now.snapshots]
    return { id, size: bytes.length }
  }

  readSnapshot(id: SnapshotId, position: number, size: number): Buffer {
    return this.#snapshot(id).bytes.subarray(position, position + size)
  }

  snapshotContent(id: SnapshotId): SnapshotContent {
    return JSON.parse(this.#snapshot(id).bytes.toString()) as SnapshotContent
  }

  /** Drops the log below a snapshot, and older snapshots. */
  startAt(offset: number): void {
    this.#now.startOffset = offset
    this.#now.batches = this.#now.batches.filter((batch) => endOf(batch) > offset)
    this.#now.snapshots = this.#now.snapshots.filter((snapshot) => snapshot.id.offset >= offset)
    this.syncLog()
  }

  download(id: SnapshotId, position: number, bytes: Uint8Array): void {
    const name = `${id.offset}-${id.epoch}`
    const before = position === 0 ? Buffer.alloc(0) : (this.#downloads.get(name) ?? Buffer.alloc(0))
    assert(before.length === position, `part of snapshot ${name} at ${position}, have ${before.length}`)
    this.#downloads.set(name, Buffer.concat([before, bytes]))
  }

  /** The downloaded snapshot takes the place of the log. */
  install(id: SnapshotId, size: number): { snapshot: SnapshotInfo; control: SnapshotControl } {
    const name = `${id.offset}-${id.epoch}`
    const bytes = this.#downloads.get(name)
    assert(bytes?.length === size, `snapshot ${name} has ${bytes?.length} of ${size} bytes`)
    this.#now.startOffset = id.offset
    this.#now.batches = []
    this.#now.snapshots = [{ id, bytes }]
    this.#downloads.clear()
    this.syncLog()
    return { snapshot: { id, size }, control: controlOf(this.snapshotContent(id)) }
  }

  /** What a node finds when it starts. Everything found is synced, as the machine expects. */
  open(): LogContents {
    this.syncLog()
    const { startOffset, batches, snapshots } = this.#now
    const newest = snapshots.at(-1)
    const control: LocatedControlRecord[] = []
    for (const batch of batches) {
      for (const [index, record] of (batch.control ?? []).entries()) {
        const offset = batch.baseOffset + index
        if (offset >= (newest?.id.offset ?? 0)) control.push({ offset, record })
      }
    }
    const epochs = batches.map(({ epoch, baseOffset }) => ({ epoch, startOffset: baseOffset }))
    return {
      startOffset,
      endOffset: this.endOffset,
      epochs: epochs.filter((each, index) => each.epoch !== epochs[index - 1]?.epoch),
      snapshots: snapshots.map(({ id, bytes }) => ({ id, size: bytes.length })),
      snapshotControl: newest === undefined ? undefined : controlOf(this.snapshotContent(newest.id)),
      control,
    }
  }

  /** The power goes: unsynced batches are lost from some point on, and an unsynced cut may not have happened. */
  crash(random: Random): void {
    const { batches } = this.#synced
    const common = batches.findIndex((batch, index) => this.#now.batches[index] !== batch)
    const isCut = common >= 0
    const keeps = batches.length + randomBelow(random, Math.max(1, this.#now.batches.length - batches.length + 1))
    const survived = isCut ? [...batches] : this.#now.batches.slice(0, keeps)
    this.#now = { ...this.#synced, batches: survived }
    this.#downloads.clear()
  }

  #snapshot(id: SnapshotId): StoredSnapshot {
    const found = this.#now.snapshots.find((each) => each.id.offset === id.offset && each.id.epoch === id.epoch)
    assert(found !== undefined, `no snapshot ${id.offset}-${id.epoch}`)
    return found
  }
}

const controlOf = ({ kraftVersion, voters }: SnapshotContent): SnapshotControl => ({
  kraftVersion: voters === null ? undefined : kraftVersion,
  voters: voters ?? undefined,
})

function toFetched(batch: StoredBatch): FetchedBatch {
  const { baseOffset, epoch, control } = batch
  return {
    baseOffset,
    lastOffset: endOf(batch) - 1,
    epoch,
    control: control?.map((record, index) => ({ offset: baseOffset + index, record })),
    bytes: Buffer.from(JSON.stringify(batch)),
  }
}
