/** Which leader epoch wrote which offsets: the epochs of a log with their first offsets, rising in both (reference 2.12). */
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts'
import { StorageError } from './errors.ts'

export const leaderEpochFileName = 'leader-epoch-checkpoint'

export interface EpochEntry {
  readonly epoch: number
  readonly startOffset: number
}

export interface EpochEnd {
  /** -1 when undefined. */
  readonly epoch: number
  /** Exclusive; -1 when undefined. */
  readonly endOffset: number
}

/** The arrays it hands out never change, so that one of them kept is an undo. */
export class LeaderEpochs {
  #entries: readonly EpochEntry[]

  constructor(entries: readonly EpochEntry[] = []) {
    this.#entries = entries
  }

  get entries(): readonly EpochEntry[] {
    return this.#entries
  }

  /** Puts back what {@link entries} gave before. */
  restore(entries: readonly EpochEntry[]): void {
    this.#entries = entries
  }

  /** The newest epoch; -1 when there is none. */
  get latest(): number {
    return this.#entries.at(-1)?.epoch ?? -1
  }

  /** Records that `epoch` starts at `startOffset`. Entries that would no longer rise are dropped. True when something changed. */
  assign(epoch: number, startOffset: number): boolean {
    const last = this.#entries.at(-1)
    if (last !== undefined && epoch === last.epoch && startOffset >= last.startOffset) return false
    let kept = this.#entries.length
    while (kept > 0) {
      const entry = this.#entries[kept - 1] as EpochEntry
      if (entry.epoch < epoch && entry.startOffset < startOffset) break
      kept--
    }
    this.#entries = [...this.#entries.slice(0, kept), { epoch, startOffset }]
    return true
  }

  /** The epoch that wrote `offset`; -1 when unknown. */
  epochAt(offset: number): number {
    return this.#entries.findLast((entry) => entry.startOffset <= offset)?.epoch ?? -1
  }

  /** Where `epoch` ends, in the words of OffsetForLeaderEpoch. */
  endOffsetFor(epoch: number, logEndOffset: number): EpochEnd {
    if (epoch >= 0 && epoch === this.latest) return { epoch, endOffset: logEndOffset }
    const higher = this.#entries.findIndex((entry) => entry.epoch > epoch)
    if (epoch < 0 || higher < 0) return { epoch: -1, endOffset: -1 }
    const endOffset = (this.#entries[higher] as EpochEntry).startOffset
    return { epoch: this.#entries[higher - 1]?.epoch ?? epoch, endOffset }
  }

  /** Drops epochs that start at `endOffset` or later. True when something changed. */
  truncateFromEnd(endOffset: number): boolean {
    return this.#replace(this.#entries.filter((entry) => entry.startOffset < endOffset))
  }

  /** Drops epochs that end at or before `startOffset`; the one it falls into starts there. True when something changed. */
  truncateFromStart(startOffset: number): boolean {
    const first = this.#entries.findLast((entry) => entry.startOffset <= startOffset)
    if (first === undefined || first.startOffset === startOffset) {
      return this.#replace(this.#entries.filter((entry) => entry.startOffset >= startOffset))
    }
    const rest = this.#entries.filter((entry) => entry.startOffset > startOffset)
    return this.#replace([{ epoch: first.epoch, startOffset }, ...rest], true)
  }

  #replace(entries: readonly EpochEntry[], isChanged = entries.length !== this.#entries.length): boolean {
    if (isChanged) this.#entries = entries
    return isChanged
  }

  encode(): Buffer {
    return encodeCheckpoint(this.#entries.map(({ epoch, startOffset }) => `${epoch} ${startOffset}`))
  }

  /** Throws `invalid-file` for entries that do not rise. */
  static decode(bytes: Buffer, path: string): LeaderEpochs {
    const entries: EpochEntry[] = []
    for (const line of decodeCheckpoint(bytes, path)) {
      const match = /^(\d{1,10}) (\d{1,16})$/.exec(line)
      const [epoch, startOffset] = [Number(match?.[1]), Number(match?.[2])]
      const last = entries.at(-1)
      const rises = last === undefined || (epoch > last.epoch && startOffset > last.startOffset)
      if (match === null || epoch > 0x7fffffff || !Number.isSafeInteger(startOffset) || !rises) {
        throw new StorageError('invalid-file', `checkpoint ${path} is not valid: ${line.slice(0, 80)}`, { path })
      }
      entries.push({ epoch, startOffset })
    }
    return new LeaderEpochs(entries)
  }
}
