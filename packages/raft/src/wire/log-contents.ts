/** From the batches found on disk to what the machine must know about its log. */
import type { LocatedControlRecord } from '../control-record.ts'
import type { EpochStart } from '../epochs.ts'
import type { LogContents, SnapshotControl, SnapshotInfo } from '../log-state.ts'
import type { FetchedBatch } from '../message.ts'

/** The snapshots of a log directory, and what the newest of them says. */
export interface FoundSnapshots {
  /** Ascending by end. */
  readonly snapshots: readonly SnapshotInfo[]
  readonly newestControl: SnapshotControl | undefined
}

/** Collects the batches of a log, in order; a log of any size takes a few numbers. */
export class LogScan {
  readonly #startOffset: number
  readonly #found: FoundSnapshots
  readonly #epochs: EpochStart[] = []
  readonly #control: LocatedControlRecord[] = []
  #endOffset: number

  constructor(startOffset: number, found: FoundSnapshots) {
    this.#startOffset = startOffset
    this.#endOffset = startOffset
    this.#found = found
  }

  add(batch: FetchedBatch): void {
    // The first segment may begin below the log's start.
    if (batch.lastOffset < this.#startOffset) return
    const startOffset = Math.max(batch.baseOffset, this.#startOffset)
    if (this.#epochs.at(-1)?.epoch !== batch.epoch) this.#epochs.push({ epoch: batch.epoch, startOffset })
    const newest = this.#found.snapshots.at(-1)?.id.offset ?? 0
    for (const located of batch.control ?? []) if (located.offset >= newest) this.#control.push(located)
    this.#endOffset = batch.lastOffset + 1
  }

  finish(): LogContents {
    return {
      startOffset: this.#startOffset,
      endOffset: this.#endOffset,
      epochs: this.#epochs,
      snapshots: this.#found.snapshots,
      snapshotControl: this.#found.newestControl,
      control: this.#control,
    }
  }
}
