/** What the machine knows about the log: where it starts and ends, its epochs, its snapshots and the voters in it. Never its bytes. */
import { assert } from '@millrace/base'
import type { ControlRecord, LocatedControlRecord } from './control-record.ts'
import { EpochCache, type EpochStart, type OffsetAndEpoch } from './epochs.ts'
import { History } from './history.ts'
import { type Voter, VoterSet } from './voter-set.ts'

/** A snapshot: all records below `offset`, the last of them written in `epoch`. */
export type SnapshotId = OffsetAndEpoch

export interface SnapshotInfo {
  readonly id: SnapshotId
  readonly size: number
}

/** What the control records of a snapshot say; undefined when it has no such record. */
export interface SnapshotControl {
  readonly kraftVersion: number | undefined
  readonly voters: readonly Voter[] | undefined
}

/** A log as it was found on disk. All of it must be durable: sync it before. */
export interface LogContents {
  readonly startOffset: number
  readonly endOffset: number
  readonly epochs: readonly EpochStart[]
  /** Ascending. When `startOffset` is above 0, one of them ends there. */
  readonly snapshots: readonly SnapshotInfo[]
  /** Of the newest snapshot. */
  readonly snapshotControl: SnapshotControl | undefined
  /** The control records of the log from the newest snapshot on, ascending. */
  readonly control: readonly LocatedControlRecord[]
}

export const emptyLog: LogContents = {
  startOffset: 0,
  endOffset: 0,
  epochs: [],
  snapshots: [],
  snapshotControl: undefined,
  control: [],
}

const isAtOrAfter = (a: OffsetAndEpoch, b: OffsetAndEpoch): boolean =>
  a.epoch > b.epoch || (a.epoch === b.epoch && a.offset >= b.offset)

/** The answer to "do we agree up to `offset`, which I have from `epoch`?" */
export type FetchCheck =
  | { readonly kind: 'valid' }
  | { readonly kind: 'diverging'; readonly end: OffsetAndEpoch }
  | { readonly kind: 'snapshot'; readonly id: SnapshotId }

export class LogState {
  readonly epochs: EpochCache
  readonly voterHistory: History<VoterSet>
  readonly kraftVersionHistory = new History<number>(0)
  startOffset: number
  endOffset: number
  /** Below it, records can be read. */
  writtenOffset: number
  /** Below it, records survive a crash. */
  durableOffset: number
  /** Below it, records are committed. Never goes back while the process lives. */
  highWatermark: number
  snapshots: readonly SnapshotInfo[]

  constructor(contents: LogContents, staticVoters: VoterSet) {
    const base = contents.snapshots.find((snapshot) => snapshot.id.offset === contents.startOffset)?.id
    assert(
      base !== undefined || contents.startOffset === 0,
      `the log starts at ${contents.startOffset} and no snapshot ends there`,
    )
    this.startOffset = contents.startOffset
    this.endOffset = contents.endOffset
    this.writtenOffset = contents.endOffset
    this.durableOffset = contents.endOffset
    this.snapshots = contents.snapshots
    this.epochs = new EpochCache(base ?? { offset: 0, epoch: 0 }, contents.epochs)
    this.voterHistory = new History(staticVoters)
    const snapshot = contents.snapshots.at(-1)
    this.highWatermark = snapshot?.id.offset ?? 0
    if (snapshot !== undefined) this.#applySnapshotControl(snapshot.id.offset, contents.snapshotControl)
    for (const { offset, record } of contents.control) this.applyControl(offset, record)
  }

  get voters(): VoterSet {
    return this.voterHistory.latest
  }

  get kraftVersion(): number {
    return this.kraftVersionHistory.latest
  }

  /** Epoch and end of the log: what elections compare. */
  get end(): OffsetAndEpoch {
    return { offset: this.endOffset, epoch: this.epochs.lastEpoch }
  }

  get latestSnapshot(): SnapshotInfo | undefined {
    return this.snapshots.at(-1)
  }

  /** Whether a log that ends at `other` holds everything that this one holds, as far as elections can tell. */
  isUpToDate(other: OffsetAndEpoch): boolean {
    return isAtOrAfter(other, this.end)
  }

  /** Whether a replica that ends at `position` agrees with this log so far. */
  check(position: OffsetAndEpoch): FetchCheck {
    if (this.startOffset === 0 && position.offset === 0 && position.epoch === 0) return { kind: 'valid' }
    const latest = this.latestSnapshot
    if (latest !== undefined && this.#isBeforeStart(position)) return { kind: 'snapshot', id: latest.id }
    const end = this.epochs.endOf(position.epoch, this.endOffset)
    if (end.epoch !== position.epoch || end.offset < position.offset) return { kind: 'diverging', end }
    return { kind: 'valid' }
  }

  /** Whether the position is not in this log any more, or cannot be compared with it because its epochs are gone. */
  #isBeforeStart(position: OffsetAndEpoch): boolean {
    if (this.startOffset === 0) return false
    const { base } = this.epochs
    if (position.offset < base.offset || position.epoch < base.epoch) return true
    return position.offset === base.offset && position.epoch !== base.epoch
  }

  /** Notes a batch at the end of the log. */
  append(epoch: number, recordCount: number): void {
    this.epochs.assign(epoch, this.endOffset)
    this.endOffset += recordCount
  }

  applyControl(offset: number, record: ControlRecord): void {
    if (record.type === 'voters') this.voterHistory.add(offset, new VoterSet(record.voters))
    if (record.type === 'kraftVersion') this.kraftVersionHistory.add(offset, record.kraftVersion)
  }

  truncateTo(endOffset: number): void {
    assert(
      endOffset >= this.highWatermark,
      `truncation of the metadata log to ${endOffset} would remove committed records below ${this.highWatermark}`,
    )
    this.endOffset = endOffset
    this.writtenOffset = Math.min(this.writtenOffset, endOffset)
    this.durableOffset = Math.min(this.durableOffset, endOffset)
    this.epochs.truncateTo(endOffset)
    this.voterHistory.truncateTo(endOffset)
    this.kraftVersionHistory.truncateTo(endOffset)
  }

  /** A snapshot was made of this log's committed part. */
  addSnapshot(snapshot: SnapshotInfo): void {
    const { id } = snapshot
    const expected = this.epochs.endOf(id.epoch, this.endOffset)
    assert(id.offset <= this.highWatermark, `snapshot at ${id.offset} above the high watermark ${this.highWatermark}`)
    assert(
      id.epoch === expected.epoch && id.offset <= expected.offset,
      `snapshot ${id.offset}-${id.epoch} is not of this log`,
    )
    const latest = this.latestSnapshot
    if (latest !== undefined && latest.id.offset >= id.offset) return
    this.snapshots = [...this.snapshots, snapshot]
  }

  /** Retention removed what was below `startOffset`, and the snapshots below it. */
  startAt(startOffset: number): void {
    if (startOffset <= this.startOffset) return
    const base = this.snapshots.find((snapshot) => snapshot.id.offset === startOffset)
    assert(base !== undefined, `the log cannot start at ${startOffset}: no snapshot ends there`)
    this.startOffset = startOffset
    this.snapshots = this.snapshots.filter((snapshot) => snapshot.id.offset >= startOffset)
    this.epochs.startAt(base.id)
    this.voterHistory.startAt(startOffset)
    this.kraftVersionHistory.startAt(startOffset)
  }

  /** A snapshot of the leader took the place of the whole log. */
  replaceWith(snapshot: SnapshotInfo, control: SnapshotControl): void {
    const { id } = snapshot
    assert(
      id.offset >= this.highWatermark,
      `snapshot at ${id.offset} is below the high watermark ${this.highWatermark}`,
    )
    this.startOffset = id.offset
    this.endOffset = id.offset
    this.writtenOffset = id.offset
    this.durableOffset = id.offset
    this.highWatermark = id.offset
    this.snapshots = [snapshot]
    this.epochs.reset(id)
    this.voterHistory.clear()
    this.kraftVersionHistory.clear()
    this.#applySnapshotControl(id.offset, control)
  }

  #applySnapshotControl(endOffset: number, control: SnapshotControl | undefined): void {
    if (control?.kraftVersion !== undefined) this.kraftVersionHistory.add(endOffset - 1, control.kraftVersion)
    if (control?.voters !== undefined) this.voterHistory.add(endOffset - 1, new VoterSet(control.voters))
  }
}
