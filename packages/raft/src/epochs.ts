/** Which leader epoch wrote which part of the log: the start offset of every epoch. */
import { assert } from '@millrace/base'

export interface EpochStart {
  readonly epoch: number
  readonly startOffset: number
}

/** "The log up to here, the last record written in this epoch." */
export interface OffsetAndEpoch {
  readonly offset: number
  readonly epoch: number
}

export class EpochCache {
  /** What lies before the log: the snapshot it starts at, or 0 and epoch 0. */
  #base: OffsetAndEpoch = { offset: 0, epoch: 0 }
  #starts: EpochStart[] = []

  constructor(base: OffsetAndEpoch, starts: readonly EpochStart[]) {
    this.reset(base)
    for (const { epoch, startOffset } of starts) this.assign(epoch, startOffset)
  }

  get base(): OffsetAndEpoch {
    return this.#base
  }

  get starts(): readonly EpochStart[] {
    return this.#starts
  }

  /** The epoch of the last record; of the snapshot before the log when that is empty; 0 at the very beginning. */
  get lastEpoch(): number {
    return this.#starts.at(-1)?.epoch ?? this.#base.epoch
  }

  /** Notes that a batch of `epoch` starts at `offset`. */
  assign(epoch: number, offset: number): void {
    const last = this.#starts.at(-1)
    assert(epoch >= this.lastEpoch, `epoch ${epoch} at offset ${offset} after epoch ${this.lastEpoch}`)
    if (last?.epoch === epoch) return
    this.#starts.push({ epoch, startOffset: offset })
  }

  /**
   * The largest epoch of the log that is not above `epoch`, and where it ends in a log that ends at `endOffset`. A reader whose
   * last epoch is `epoch` has nothing in common with this log beyond that offset.
   */
  endOf(epoch: number, endOffset: number): OffsetAndEpoch {
    for (let index = this.#starts.length - 1; index >= 0; index--) {
      const start = this.#starts[index] as EpochStart
      if (start.epoch <= epoch) {
        return { epoch: start.epoch, offset: this.#starts[index + 1]?.startOffset ?? endOffset }
      }
    }
    return { epoch: this.#base.epoch, offset: this.#starts[0]?.startOffset ?? endOffset }
  }

  /** The epoch of the record before `offset`: what a snapshot that ends at `offset` carries. */
  epochBefore(offset: number): number {
    return this.#starts.findLast((start) => start.startOffset < offset)?.epoch ?? this.#base.epoch
  }

  /** The log was cut to end at `endOffset`. */
  truncateTo(endOffset: number): void {
    this.#starts = this.#starts.filter((start) => start.startOffset < endOffset)
  }

  /** The log now starts at the end of a snapshot. Epochs that ended before are forgotten. */
  startAt(base: OffsetAndEpoch): void {
    this.#base = base
    this.#starts = this.#starts.filter((_, index) => {
      const next = this.#starts[index + 1]
      return next === undefined || next.startOffset > base.offset
    })
    const first = this.#starts[0]
    if (first !== undefined && first.startOffset < base.offset) {
      this.#starts[0] = { epoch: first.epoch, startOffset: base.offset }
    }
  }

  /** The log is empty and starts at the end of a snapshot. */
  reset(base: OffsetAndEpoch): void {
    this.#base = base
    this.#starts = []
  }
}
